"""URLs as they are shown."""

import pytest

from vestibule.settings import SettingsError, load
from vestibule.settings.urls import is_safe_url, without_secrets


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://acme.example/v1/claims", "https://acme.example/v1/claims"),
        ("https://acme.example/v1?token=tuna&more=1", "https://acme.example/v1?***"),
        ("https://acme.example?tuna", "https://acme.example?***"),
        ("https://acme.example/v1#tuna?tuna", "https://acme.example/v1#***"),
        ("https://tuna@acme.example:8443/", "https://***@acme.example:8443/"),
        ("https://me:tuna@tuna@acme.example/", "https://***@acme.example/"),
        ("https://me:tuna/tuna@acme.example/", "https://***"),
        ("https://me:tuna?tuna@acme.example/", "https://***"),
        ("https://acme.example:8443/@team", "https://acme.example:8443/@team"),
        ("http://[::1/?tuna", "http://[::1/?***"),
        ("HTTPS://acme.example/?tuna", "HTTPS://acme.example/?***"),
        ("https://a.example/?tuna,https://b.example/x", "https://a.example/?***,https://b.example/x"),
        ("https://a.example/?tuna,tuna", "https://a.example/?***"),
        ("see https://a.example/?tuna there", "see https://a.example/?*** there"),
        ("{to}: is it ${body}?", "{to}: is it ${body}?"),
    ],
)
def test_a_url_shows_where_it_leads_and_no_more(written: str, shown: str) -> None:
    """Keys are often given in a query, and passwords before the host (security 117)."""
    assert without_secrets(written) == shown


@pytest.mark.parametrize("name", ["AUTH_SERVER_URL", "VESTIBULE_TURNSTILE_URL"])
def test_a_refused_url_is_quoted_without_its_secrets(own_environment: dict[str, str], name: str) -> None:
    """What stops the start is in the log (security 117)."""
    with pytest.raises(SettingsError) as caught:
        load(own_environment | {name: "https://acme.example/?key=tuna"})
    assert name in str(caught.value)
    assert "tuna" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://id.acme.example/token", True),
        ("http://127.0.0.1:8080/token", True),
        ("http://localhost/token", True),
        ("http://id.acme.example/token", False),
        ("https://me@id.acme.example/token", False),
        ("https://id.acme.example/token#part", False),
        ("https://id.acme.example:0/token", False),
        ("https:///token", False),
        ("ftp://localhost/token", False),
    ],
)
def test_secrets_go_by_tls_or_stay_on_this_machine(url: str, *, is_safe: bool) -> None:
    """And nowhere that two programs could read differently (security 110)."""
    assert is_safe_url(url) is is_safe
