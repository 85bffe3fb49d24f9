"""Every variable of Nhost Auth: known, checked, and near enough to be recognised when misspelt."""

from pathlib import Path

import pytest

from tests.support.nhost_environment import IMPOSSIBLE, NAMES, deployment
from vestibule.settings import Flags, SettingsError, load, nhost, read
from vestibule.settings.nhost.unused import SWITCHES, UNUSED, why_unused

DECLARED = {variable.name for section in nhost.SECTIONS.values() for variable in section}


def problems_of(environ: dict[str, str], flags: Flags | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ, flags=flags)
    return str(caught.value)


def test_every_variable_of_nhost_auth_is_known() -> None:
    """Declared, or listed with the reason why it has no effect."""
    assert set(NAMES) - DECLARED - UNUSED == set()
    assert all(why_unused(name) for name in UNUSED)


def test_every_known_variable_of_nhost_auth_is_in_the_list() -> None:
    """The list is that of Nhost Auth; names that it does not have begin with VESTIBULE_."""
    assert DECLARED - set(NAMES) == set()


def test_a_deployment_that_sets_every_variable_warns_about_none(tmp_path: Path) -> None:
    """It is read without a problem, and without a warning."""
    reading = read(deployment(tmp_path), Flags(strict=True))
    assert reading.warnings == ()


@pytest.mark.parametrize("name", sorted(set(IMPOSSIBLE) - (UNUSED - SWITCHES.keys())))
def test_an_impossible_value_stops_the_start_and_is_named(tmp_path: Path, name: str) -> None:
    """Also where nothing would ask for it as things are set (security 110)."""
    told = problems_of(deployment(tmp_path, **{name: IMPOSSIBLE[name]}))
    assert {line.split()[0] for line in told.splitlines()} == {name}


def test_every_typed_variable_has_an_impossible_value_to_try() -> None:
    """What takes any text has none."""
    typed = set()
    for section in nhost.SECTIONS.values():
        for variable in section:
            try:
                variable.parse("no value at all")
            except ValueError:
                typed.add(variable.name)
    assert typed - set(IMPOSSIBLE) == set()


MISSPELT = {
    "AUTH_SERVER_URI": "AUTH_SERVER_URL",
    "AUTH_LOG_FORMAT_TXT": "AUTH_LOG_FORMAT_TEXT",
    "POSTGRES_CONNECTIONS": "POSTGRES_CONNECTION",
    "HASURA_GRAPHQL_DATABASE_URI": "HASURA_GRAPHQL_DATABASE_URL",
    "HASURA_GRAPHQL_JWTSECRET": "HASURA_GRAPHQL_JWT_SECRET",
    "AUTH_ACCESS_TOKEN_EXPIRES": "AUTH_ACCESS_TOKEN_EXPIRES_IN",
    "AUTH_JWT_CUSTOM_CLAIM": "AUTH_JWT_CUSTOM_CLAIMS",
    "AUTH_DISABLE_SIGN_UP": "AUTH_DISABLE_SIGNUP",
    "AUTH_USERS_DEFAULT_ROLE": "AUTH_USER_DEFAULT_ROLE",
    "AUTH_LOCALE_ALLOWED_LOCALE": "AUTH_LOCALE_ALLOWED_LOCALES",
    "AUTH_GRAVATAR_RATE": "AUTH_GRAVATAR_RATING",
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAIN": "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS",
    "AUTH_OTP_EMAIL_ENABLE": "AUTH_OTP_EMAIL_ENABLED",
    "AUTH_SMS_TWILIO_ACCOUNT_ID": "AUTH_SMS_TWILIO_ACCOUNT_SID",
    "AUTH_MFA_ISSUER": "AUTH_MFA_TOTP_ISSUER",
    "AUTH_WEBAUTHN_RP_ORIGIN": "AUTH_WEBAUTHN_RP_ORIGINS",
    "AUTH_SMTP_PASSWORD": "AUTH_SMTP_PASS",
    "AUTH_EMAIL_TEMPLATE_PATH": "AUTH_EMAIL_TEMPLATES_PATH",
    "AUTH_RATELIMIT_ENABLE": "AUTH_RATE_LIMIT_ENABLE",
    "AUTH_RATE_LIMIT_MEMCACHED_SERVER": "AUTH_RATE_LIMIT_MEMCACHE_SERVER",
    "AUTH_TURNSTILE_SECRETS": "AUTH_TURNSTILE_SECRET",
    "AUTH_PROVIDER_GITHUB_CLIENTID": "AUTH_PROVIDER_GITHUB_CLIENT_ID",
    "AUTH_PROVIDER_WINDOWSLIVE_ENABLED": "AUTH_PROVIDER_WINDOWS_LIVE_ENABLED",
    "AUTH_OAUTH2_PROVIDER_ENABLE": "AUTH_OAUTH2_PROVIDER_ENABLED",
}


@pytest.mark.parametrize(("misspelt", "meant"), MISSPELT.items())
def test_a_misspelt_name_warns_with_the_nearest_right_one(tmp_path: Path, misspelt: str, meant: str) -> None:
    """A warning that says what was meant; with --strict it stops the start (security 110)."""
    environ = deployment(tmp_path, **{misspelt: "true"})
    (warning,) = read(environ, Flags()).warnings
    assert str(warning) == f"{misspelt} is not a setting; did you mean {meant}?"
    assert problems_of(environ, Flags(strict=True)) == str(warning)


@pytest.mark.parametrize(
    "name",
    [
        *("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "POSTGRES_HOST_AUTH_METHOD"),
        *("HASURA_GRAPHQL_ENABLE_CONSOLE", "HASURA_GRAPHQL_UNAUTHORIZED_ROLE", "HASURA_GRAPHQL_JWT_SECRETS"),
        *("HASURA_GRAPHQL_METADATA_DATABASE_URL", "HASURA_GRAPHQL_ADMIN_SECRETS", "NHOST_SUBDOMAIN"),
    ],
)
def test_variables_of_its_neighbours_are_left_alone(tmp_path: Path, name: str) -> None:
    """Hasura and PostgreSQL often share the file."""
    assert read(deployment(tmp_path, **{name: "true"}), Flags(strict=True)).warnings == ()
