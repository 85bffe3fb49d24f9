from typing import Any

import pytest

from vestibule.dialects.accountmaker import check_client_settings


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"methods": ["oauth_google"]}, "methods"),
        ({"hide_email_existence": "yes"}, "hide_email_existence"),
        ({"access_token_config": {"expires_in": 5}}, "access_token_config.expires_in"),
        ({"refresh_token_config": {"expires_in": 10**9}}, "refresh_token_config.expires_in"),
        ({"refresh_token_config": {"cookie_options": {"name": "a b"}}}, "name"),
        ({"refresh_token_config": {"cookie_options": {"domain": "a;b"}}}, "domain"),
        ({"refresh_token_config": {"cookie_options": {"path": "a"}}}, "path"),
        ({"access_token_config": {"cookie_options": {"same_site": "none", "secure": False}}}, "access_token_config"),
        ({"refresh_token_config": {"cookie_options": {"name": "__Host-x", "path": "/a"}}}, "refresh_token_config"),
    ],
)
def test_settings_that_make_no_sense_are_named_before_they_are_stored(settings: dict[str, Any], named: str) -> None:
    """Security 110: an operator learns it when writing them, not a user when signing in."""
    with pytest.raises(ValueError, match=named):
        check_client_settings(settings)


def test_good_settings_and_those_of_other_doors_pass() -> None:
    """Members that this door does not know are somebody else's."""
    options = {"name": "__Host-rt", "same_site": "strict"}
    check_client_settings({"refresh_token_config": {"expires_in": 600, "cookie_options": options}, "grants": ["code"]})
