"""Nhost's variables about providers: what they make, and what stops the start."""

from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.settings.providing import OIDC, Environ, custom, one_of, problems_of
from tests.support.providers.identity import ec_key
from vestibule.kernel.secret import Secret
from vestibule.providers import ROWS, AppleKey, ConfiguredProvider, Endpoints, ProviderSettings, TwitterSettings
from vestibule.settings import Flags, load, read
from vestibule.settings.nhost.providers import PROVIDERS

PEM: Final = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PARTS: Final = {name: name.upper() for name in PROVIDERS} | {"windowslive": "WINDOWS_LIVE"}
APPLE: Final = {
    "AUTH_PROVIDER_APPLE_ENABLED": "true",
    "AUTH_PROVIDER_APPLE_CLIENT_ID": "example.acme.web",
    "AUTH_PROVIDER_APPLE_TEAM_ID": "TEAM",
    "AUTH_PROVIDER_APPLE_KEY_ID": "KEY",
    "AUTH_PROVIDER_APPLE_PRIVATE_KEY": PEM.replace("\n", "\\n"),
}
TWITTER: Final = {
    "AUTH_PROVIDER_TWITTER_ENABLED": "true",
    "AUTH_PROVIDER_TWITTER_CONSUMER_KEY": "key",
    "AUTH_PROVIDER_TWITTER_CONSUMER_SECRET": "s3cret",
}


def usual(name: str) -> Environ:
    """Return the variables that every provider has."""
    part = f"AUTH_PROVIDER_{PARTS[name]}"
    return {f"{part}_ENABLED": "true", f"{part}_CLIENT_ID": "us", f"{part}_CLIENT_SECRET": "s3cret"}


def test_nobody_is_there_by_default(own_environment: Environ) -> None:
    """Each has to be switched on; without that its other variables mean nothing, as in compose files that name all."""
    assert load(own_environment).providers == ProviderSettings()
    unfinished = {"AUTH_PROVIDER_GITHUB_CLIENT_ID": "us", "AUTH_PROVIDER_APPLE_PRIVATE_KEY": "no key"}
    assert load(own_environment | unfinished).providers == ProviderSettings()


@pytest.mark.parametrize("name", sorted(set(PROVIDERS) - {"apple", "azuread", "entraid"}))
def test_a_provider_is_switched_on(own_environment: Environ, name: str) -> None:
    """By its client id and secret; it is asked for the usual."""
    assert one_of(own_environment | usual(name)) == ConfiguredProvider(
        row=ROWS[name], client_id="us", client_secret=Secret("s3cret"), scopes=ROWS[name].scopes
    )


@pytest.mark.parametrize("name", sorted(set(PROVIDERS) - {"apple"}))
def test_what_is_missing_is_named(own_environment: Environ, name: str) -> None:
    """With the switch that needs it (security 110)."""
    for part in ("CLIENT_ID", "CLIENT_SECRET"):
        missing = f"AUTH_PROVIDER_{PARTS[name]}_{part}"
        assert f"{missing} is unset" in problems_of(own_environment | usual(name) | {missing: ""})


def test_other_scopes_replace_the_usual(own_environment: Environ) -> None:
    """Empty items are dropped."""
    assert one_of(
        own_environment | usual("github") | {"AUTH_PROVIDER_GITHUB_SCOPE": "read:user,,user:email"}
    ).scopes == (
        "read:user",
        "user:email",
    )
    assert one_of(own_environment | usual("github") | {"AUTH_PROVIDER_GITHUB_SCOPE": ","}).scopes == ("user:email",)


def test_secrets_are_not_shown(own_environment: Environ) -> None:
    """Settings are printed in errors and logs (security 117)."""
    environ = own_environment | usual("github") | APPLE | TWITTER | custom(acme=OIDC)
    shown = repr(load(environ).providers)
    assert "s3cret" not in shown
    assert PEM.splitlines()[1] not in shown


def test_apple_has_a_key(own_environment: Environ) -> None:
    """No secret."""
    found = one_of(own_environment | APPLE)
    assert found.row == ROWS["apple"]
    assert found.client_secret == AppleKey(team_id="TEAM", key_id="KEY", private_key=Secret(PEM.strip()))


@pytest.mark.parametrize("missing", sorted(APPLE.keys() - {"AUTH_PROVIDER_APPLE_ENABLED"}))
def test_apple_needs_all_of_it(own_environment: Environ, missing: str) -> None:
    """Each is named (security 110)."""
    assert f"{missing} is unset" in problems_of(own_environment | APPLE | {missing: ""})


def test_a_key_that_is_none_stops_the_start(own_environment: Environ) -> None:
    """Not the first sign-in; and it is not quoted (security 110, 117)."""
    told = problems_of(own_environment | APPLE | {"AUTH_PROVIDER_APPLE_PRIVATE_KEY": "hunter2"})
    assert "AUTH_PROVIDER_APPLE_PRIVATE_KEY" in told
    assert "hunter2" not in told


def test_id_tokens_are_taken_where_an_audience_is_listed(own_environment: Environ) -> None:
    """Also while the way through the browser is off."""
    audiences = {"AUTH_PROVIDER_APPLE_AUDIENCE": "a.b, c.d", "AUTH_PROVIDER_GOOGLE_AUDIENCE": "x"}
    accepted = load(own_environment | audiences).providers.id_tokens
    assert [(each.row.name, each.audiences) for each in accepted] == [("apple", ("a.b", "c.d")), ("google", ("x",))]


def test_github_may_be_elsewhere(own_environment: Environ) -> None:
    """Its users are other people, so the issuer is another one."""
    there = {
        "AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL": "https://git.acme.example/login/oauth/authorize",
        "AUTH_PROVIDER_GITHUB_TOKEN_URL": "https://git.acme.example/login/oauth/access_token",
        "AUTH_PROVIDER_GITHUB_USER_PROFILE_URL": "https://git.acme.example/api/v3/user",
    }
    row = one_of(own_environment | usual("github") | there).row
    assert row.issuer == "https://git.acme.example/login/oauth"
    assert not row.has_known_iss
    assert row.endpoints == Endpoints(
        authorize="https://git.acme.example/login/oauth/authorize",
        token="https://git.acme.example/login/oauth/access_token",
        profile="https://git.acme.example/api/v3/user",
        emails="https://git.acme.example/api/v3/user/emails",
    )


@pytest.mark.parametrize(
    ("authorize", "issuer"),
    [
        ("https://git.acme.example/oauth/authorize?allow_signup=false", "https://git.acme.example/login/oauth"),
        ("https://GIT.acme.example:443/x", "https://git.acme.example/login/oauth"),
        ("https://git.acme.example:8443/x", "https://git.acme.example:8443/login/oauth"),
        ("https://github.com/login/oauth/authorize?allow_signup=false", "https://github.com/login/oauth"),
    ],
)
def test_who_githubs_users_are_depends_on_the_host(own_environment: Environ, authorize: str, issuer: str) -> None:
    """A changed path or query makes nobody new (security 4); of the real one the `iss` is known (security 45)."""
    environ = usual("github") | {"AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL": authorize}
    row = one_of(own_environment | environ).row
    assert row.issuer == issuer
    assert row.has_known_iss == (issuer == ROWS["github"].issuer)


@pytest.mark.parametrize("part", ["AUTHORIZATION_URL", "TOKEN_URL", "USER_PROFILE_URL"])
@pytest.mark.parametrize(
    "url", ["http://git.acme.example/x", "git.acme.example", "https://", "https://u:p@h/x", "https://h:x/"]
)
def test_github_elsewhere_has_tls(own_environment: Environ, part: str, url: str) -> None:
    """A secret goes there (security 110)."""
    assert f"AUTH_PROVIDER_GITHUB_{part} is no https URL" in problems_of(
        own_environment | usual("github") | {f"AUTH_PROVIDER_GITHUB_{part}": url}
    )


def test_on_this_machine_no_tls_is_needed(own_environment: Environ) -> None:
    """For stand-ins."""
    local = {"AUTH_PROVIDER_GITHUB_TOKEN_URL": "http://127.0.0.1:9000/token"}
    endpoints = one_of(own_environment | usual("github") | local).row.endpoints
    assert isinstance(endpoints, Endpoints)
    assert endpoints.token == "http://127.0.0.1:9000/token"


@pytest.mark.parametrize("name", ["azuread", "entraid"])
@pytest.mark.parametrize(
    ("tenant", "pinned"),
    [
        ("", None),
        ("common", None),
        ("organizations", None),
        ("acme.onmicrosoft.com", None),
        ("consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        ("3F2A1B4C-0d5e-4f60-8a7b-9c0d1e2f3a4b", "3f2a1b4c-0d5e-4f60-8a7b-9c0d1e2f3a4b"),
    ],
)
def test_a_tenant_is_pinned_where_its_id_is_known(
    own_environment: Environ, name: str, tenant: str, pinned: str | None
) -> None:
    """Tokens of other tenants are refused then (security 5)."""
    row = one_of(own_environment | usual(name) | {f"AUTH_PROVIDER_{name.upper()}_TENANT": tenant}).row
    assert isinstance(row.endpoints, Endpoints)
    assert row.endpoints.token.startswith(f"https://login.microsoftonline.com/{tenant or 'common'}/oauth2/")
    assert row.id_tokens is not None
    assert (pinned or "{tenantid}") in row.id_tokens.issuer
    assert row.issuer == ROWS[name].issuer  # it names people, and a changed tenant does not change those


@pytest.mark.parametrize("tenant", ["a/b", "../x", "a b", "evil.example/", "?x", "."])
def test_a_tenant_is_a_name(own_environment: Environ, tenant: str) -> None:
    """It becomes part of a path (security 110)."""
    environ = own_environment | usual("entraid") | {"AUTH_PROVIDER_ENTRAID_TENANT": tenant}
    assert "AUTH_PROVIDER_ENTRAID_TENANT" in problems_of(environ)


def test_workos_has_defaults(own_environment: Environ) -> None:
    """Those that are set."""
    environ = own_environment | usual("workos") | {"AUTH_PROVIDER_WORKOS_DEFAULT_ORGANIZATION": "org_1"}
    assert one_of(environ).extra == {"organization": "org_1"}


def test_twitter_has_a_consumer(own_environment: Environ) -> None:
    """Both of it (security 110)."""
    assert load(own_environment | TWITTER).providers.twitter == TwitterSettings(
        consumer_key="key", consumer_secret=Secret("s3cret")
    )
    for missing in TWITTER.keys() - {"AUTH_PROVIDER_TWITTER_ENABLED"}:
        assert f"{missing} is unset" in problems_of(own_environment | TWITTER | {missing: ""})


def test_a_misspelt_variable_is_told(own_environment: Environ) -> None:
    """With the nearest right one."""
    reading = read(own_environment | {"AUTH_PROVIDER_GITHUB_CLIENTID": "x"}, Flags())
    (warning,) = [each for each in reading.warnings if each.variable == "AUTH_PROVIDER_GITHUB_CLIENTID"]
    assert "did you mean AUTH_PROVIDER_GITHUB_CLIENT_ID?" in str(warning)
