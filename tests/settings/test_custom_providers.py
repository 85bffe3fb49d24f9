"""Providers that the operator describes in JSON."""

import json
from typing import Any, Final

import pytest

from tests.settings.providing import OIDC, Environ, custom, one_of, problems_of
from vestibule.providers import ClientAuthentication, Discovery, IdTokens
from vestibule.settings import Flags, load, read

OAUTH2: Final = {
    "type": "oauth2",
    "clientId": "us",
    "clientSecret": "s3cret",
    "authorizationUrl": "https://forum.acme.example/authorize",
    "tokenUrl": "https://forum.acme.example/token",
    "userinfoUrl": "https://forum.acme.example/me",
}


def test_a_seventeenth_is_configuration_only(own_environment: Environ) -> None:
    """Any OpenID Connect issuer; its word on addresses is not taken (security 3)."""
    found = one_of(own_environment | custom(acme_id=OIDC))
    row = found.row
    assert (row.name, row.issuer) == ("c:acme-id", "https://id.acme.example")
    assert row.endpoints == Discovery("https://id.acme.example/.well-known/openid-configuration")
    assert row.id_tokens == IdTokens(issuer="https://id.acme.example")
    assert not row.vouches
    assert found.scopes == ("openid", "email", "profile")


def test_its_members_are_read(own_environment: Environ) -> None:
    """All that there are."""
    written = {
        **OIDC,
        "issuer": "https://id.acme.example/",
        "discoveryUrl": "https://id.acme.example/elsewhere",
        "disableNonce": True,
        "scopes": ["openid"],
        "audiences": ["app-1", "app-2"],
        "trustEmail": True,
        "tokenEndpointAuthMethod": "client_secret_post",
        "idTokenAlgorithm": "ES256",
    }
    settings = load(own_environment | custom(acme=written)).providers
    row = settings.oauth2[0].row
    assert row.issuer == "https://id.acme.example/"
    assert row.endpoints == Discovery("https://id.acme.example/elsewhere")
    assert row.id_tokens == IdTokens(issuer="https://id.acme.example/", algorithm="ES256", has_nonce=False)
    assert row.vouches
    assert row.authentication is ClientAuthentication.FORM
    assert settings.oauth2[0].scopes == ("openid",)
    assert settings.oauth2[0].audiences == ("app-1", "app-2")
    assert [(each.row.name, each.audiences) for each in settings.id_tokens] == [("c:acme", ("app-1", "app-2"))]


def test_an_issuer_is_found_in_the_discovery_url(own_environment: Environ) -> None:
    """Where that has the usual form."""
    written = {**OIDC, "issuer": "", "discoveryUrl": "https://id.acme.example/x/.well-known/openid-configuration"}
    assert one_of(own_environment | custom(acme=written)).row.issuer == "https://id.acme.example/x"


def test_an_oauth2_server_is_configured(own_environment: Environ) -> None:
    """By its addresses, and what the members of its profile are called (security 4)."""
    found = one_of(own_environment | custom(forum={**OAUTH2, "scopes": ["me"], "claims": {"id": "uid"}}))
    assert (found.row.issuer, found.row.has_known_iss) == ("c:forum", False)  # no address: those change
    assert found.row.id_tokens is None
    assert not found.row.vouches
    assert found.scopes == ("me",)


def test_an_oauth2_server_may_have_an_issuer(own_environment: Environ) -> None:
    """The one that it puts into its answers (security 45)."""
    found = one_of(own_environment | custom(forum={**OAUTH2, "issuer": "https://forum.acme.example"}))
    assert (found.row.issuer, found.row.has_known_iss) == ("https://forum.acme.example", True)
    told = problems_of(own_environment | custom(forum={**OAUTH2, "issuer": "forum"}))
    assert "'forum' has no https URL as issuer" in told


@pytest.mark.parametrize(
    "written", ["{", "[]", '"x"', "{1:2}", '{"acme":7}', '{"acme":{}}', '{"acme":{"type":"saml"}}']
)
def test_json_that_is_none_stops_the_start(own_environment: Environ, written: str) -> None:
    """By the variable's name (security 110)."""
    assert "AUTH_PROVIDER_CUSTOM" in problems_of(own_environment | {"AUTH_PROVIDER_CUSTOM": written})


@pytest.mark.parametrize("slug", ["", "a", "Acme", "-acme", "acme-", "a" * 41, "a_b", "ac me", "../x", "\u00e4\u00e4"])
def test_a_slug_is_part_of_a_path(own_environment: Environ, slug: str) -> None:
    """So it is plain (security 110)."""
    written = {"AUTH_PROVIDER_CUSTOM": json.dumps({slug: OIDC})}
    assert "is no name for a provider" in problems_of(own_environment | written)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"clientId": ""}, "clientId"),
        ({"clientSecret": " "}, "clientSecret"),
        ({"issuer": ""}, "issuer"),
        ({"issuer": "", "discoveryUrl": "https://id.acme.example/other"}, "issuer"),
        ({"issuer": "http://id.acme.example"}, "https"),
        ({"discoveryUrl": "http://id.acme.example/x"}, "https"),
        ({"idTokenAlgorithm": "HS256"}, "RS256"),
        ({"idTokenAlgorithm": "none"}, "RS256"),
        ({"tokenEndpointAuthMethod": "none"}, "client_secret_basic"),
        ({"scopes": ["email"]}, "openid"),
        ({"scopes": "openid"}, "array"),
        ({"trustEmail": "yes"}, "bool"),
        ({"trustEmail": 1}, "bool"),
        ({"clientSecret": 12345678}, "str"),
    ],
    ids=str,
)
def test_what_cannot_work_stops_the_start(own_environment: Environ, changes: dict[str, Any], says: str) -> None:
    """Not the first sign-in; no secret is quoted (security 110, 117)."""
    told = problems_of(own_environment | custom(acme={**OIDC, **changes}))
    assert "AUTH_PROVIDER_CUSTOM" in told
    assert "'acme'" in told
    assert says in told
    assert "s3cret" not in told
    assert "12345678" not in told


@pytest.mark.parametrize("member", ["authorizationUrl", "tokenUrl", "userinfoUrl"])
@pytest.mark.parametrize("url", ["", "http://forum.acme.example/x", "javascript:alert(1)", "/x"])
def test_an_oauth2_server_has_tls(own_environment: Environ, member: str, url: str) -> None:
    """At each address (security 110)."""
    assert member in problems_of(own_environment | custom(forum={**OAUTH2, member: url}))


def test_a_misspelt_member_is_told(own_environment: Environ) -> None:
    """With the nearest right one; a provider that other versions can be told more about starts nevertheless."""
    reading = read(own_environment | custom(acme={**OIDC, "trustEmails": True}), Flags())
    (warning,) = [each for each in reading.warnings if each.variable == "AUTH_PROVIDER_CUSTOM"]
    assert "did you mean trustEmail?" in str(warning)
    assert not reading.settings.providers.oauth2[0].row.vouches
