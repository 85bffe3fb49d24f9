"""What `config check --explain` says about each name."""

from pathlib import Path

import pytest

from tests.support.nhost_environment import NAMES, as_env_file, deployment
from vestibule.settings import Flags
from vestibule.settings.nhost.unused import UNUSED
from vestibule.settings.reading import read, what_can_be_read
from vestibule.settings.verdicts import Use, Verdict, verdicts

Environ = dict[str, str]


def told(environ: Environ, flags: Flags | None = None) -> dict[str, Verdict]:
    flags = flags or Flags()
    reader, _ = what_can_be_read(environ, flags)
    return {verdict.name: verdict for verdict in verdicts(reader, is_dev=flags.dev)}


def test_every_variable_of_a_deployment_gets_a_verdict_and_a_reason(tmp_path: Path) -> None:
    """Used or ignored; nothing of Nhost's is unknown."""
    environ = deployment(tmp_path, AUTH_SMTP_X_SMTPAPI_HEADER="", AUTH_MFA_TOTP_ISSUER="")
    found = told(environ)
    assert set(found) == set(environ)
    assert {verdict.use for verdict in found.values()} == {Use.USED, Use.IGNORED, Use.EMPTY}
    assert {name for name, verdict in found.items() if verdict.use is Use.EMPTY} == {
        name for name, value in environ.items() if not value
    }
    assert all(verdict.why for verdict in found.values())
    assert {name for name in NAMES if name in UNUSED and environ.get(name)} <= {
        name for name, verdict in found.items() if verdict.use is Use.IGNORED
    }


@pytest.mark.parametrize(
    ("changes", "name", "why"),
    [
        (
            {"AUTH_SMTP_HOST": "postmark"},
            "AUTH_SMTP_PORT",
            "AUTH_SMTP_HOST is postmark: mail goes to its API, not by SMTP",
        ),
        ({"AUTH_SMTP_HOST": ""}, "AUTH_SMTP_SENDER", "AUTH_SMTP_HOST is unset, so no mail leaves"),
        ({"VESTIBULE_POSTMARK_TEMPLATES": "false"}, "VESTIBULE_POSTMARK_TEMPLATES", "AUTH_SMTP_HOST is not postmark"),
        ({"VESTIBULE_DATABASE_URL": "sqlite:///a.db"}, "POSTGRES_CONNECTION", "VESTIBULE_DATABASE_URL is used instead"),
        ({}, "HASURA_GRAPHQL_DATABASE_URL", "POSTGRES_CONNECTION is used instead"),
        ({"VESTIBULE_PORT": "4001"}, "AUTH_PORT", "VESTIBULE_PORT is used instead"),
        ({"VESTIBULE_SECRET_KEYS": "a" * 32}, "AUTH_ENCRYPTION_KEY", "VESTIBULE_SECRET_KEYS is set"),
        ({}, "AUTH_SMS_MODICA_PASSWORD", "AUTH_SMS_PROVIDER is twilio"),
        ({"AUTH_SMS_PROVIDER": "generic"}, "AUTH_SMS_TWILIO_AUTH_TOKEN", "AUTH_SMS_PROVIDER is generic"),
        ({}, "AUTH_SMS_DEV_OUTPUT_DIR", "AUTH_SMS_PROVIDER is twilio"),
        ({"AUTH_RATE_LIMIT_ENABLE": "false"}, "AUTH_RATE_LIMIT_SMS_BURST", "AUTH_RATE_LIMIT_ENABLE is not on"),
        ({"AUTH_WEBAUTHN_ENABLED": "false"}, "AUTH_WEBAUTHN_RP_NAME", "AUTH_WEBAUTHN_ENABLED is not on"),
        ({"AUTH_MFA_ENABLED": "false"}, "AUTH_MFA_TOTP_ISSUER", "AUTH_MFA_ENABLED is not on"),
        ({"AUTH_GRAVATAR_ENABLED": "false"}, "AUTH_GRAVATAR_RATING", "AUTH_GRAVATAR_ENABLED is not on"),
        (
            {"AUTH_JWT_CUSTOM_CLAIMS": ""},
            "HASURA_GRAPHQL_ADMIN_SECRET",
            "AUTH_JWT_CUSTOM_CLAIMS is unset, and nothing else is asked of Hasura",
        ),
        ({"AUTH_PROVIDER_STRAVA_ENABLED": "0"}, "AUTH_PROVIDER_STRAVA_SCOPE", "AUTH_PROVIDER_STRAVA_ENABLED is not on"),
        ({}, "AUTH_OAUTH2_PROVIDER_LOGIN_URL", "this version is no OAuth 2 provider"),
        ({}, "AUTH_RATE_LIMIT_OAUTH2_SERVER_BURST", "this version is no OAuth 2 provider"),
        ({}, "AUTH_ENABLE_CHANGE_ENV", "settings are never changed by a request"),
    ],
)
def test_what_means_nothing_beside_other_settings_says_so(
    tmp_path: Path, changes: Environ, name: str, why: str
) -> None:
    """Each with the setting that decides."""
    verdict = told(deployment(tmp_path, **changes))[name]
    assert (verdict.use, verdict.why) == (Use.IGNORED, why)


def test_what_is_used_says_what_it_does(tmp_path: Path) -> None:
    """With its value, unless that is a secret."""
    found = told(deployment(tmp_path))
    assert found["AUTH_PASSWORD_MIN_LENGTH"] == Verdict(
        "AUTH_PASSWORD_MIN_LENGTH", Use.USED, "9", "the environment", "Shortest new password. Below 3 it counts as 3."
    )
    assert found["AUTH_SMTP_PASS"].value == "***"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("AUTH_PASSWORD_MIN_LENGTH", "the default: 3"),
        ("AUTH_LOCALE_ALLOWED_LOCALES", "the default: en"),
        ("AUTH_SMS_TWILIO_AUTH_TOKEN", "the default"),
        ("AUTH_LOG_LEVEL", "nothing reads it"),
    ],
)
def test_a_name_that_is_set_to_nothing_is_told_with_what_applies(tmp_path: Path, name: str, why: str) -> None:
    """Example files name everything; whoever looks for a line finds it."""
    file = tmp_path / "some.env"
    file.write_text(f"{name}=\n")
    assert told({}, Flags(env_file=str(file)))[name] == Verdict(name, Use.EMPTY, "", str(file), why)


def test_a_name_that_nhost_auth_reads_no_longer_is_known(tmp_path: Path) -> None:
    """It is no misspelling of another, and the table says what to set instead."""
    environ = deployment(tmp_path, AUTH_LOG_LEVEL="info", AUTH_TEMPLATE_FETCH_URL="http://x")
    found = told(environ)
    assert (found["AUTH_LOG_LEVEL"].use, found["AUTH_LOG_LEVEL"].why) == (
        Use.IGNORED,
        "no longer read by Nhost Auth; AUTH_DEBUG=true logs more",
    )
    assert found["AUTH_TEMPLATE_FETCH_URL"].why.endswith("AUTH_EMAIL_TEMPLATES_PATH names a folder of templates")
    warnings = [str(warning) for warning in read(environ, Flags(strict=True)).warnings]
    assert "AUTH_LOG_LEVEL is no longer read by Nhost Auth; AUTH_DEBUG=true logs more" in warnings


def test_a_name_that_is_like_no_other_gets_no_guess(tmp_path: Path) -> None:
    """A wrong guess costs more time than none."""
    found = told(deployment(tmp_path, AUTH_LOGO_LEVEL="x", AUTH_THEME="true"))
    assert found["AUTH_LOGO_LEVEL"].why == found["AUTH_THEME"].why == "is not a setting"


def test_the_position_of_a_switch_is_no_secret(tmp_path: Path) -> None:
    """Whether or not the name means anything here."""
    found = told(deployment(tmp_path))
    assert found["AUTH_ENABLE_CHANGE_ENV"].value == "false"


def test_links_of_the_documentation_are_shown_as_where_they_lead(tmp_path: Path) -> None:
    """A terminal shows no Markdown."""
    found = told(deployment(tmp_path))
    assert "see docs/mail.md." in found["AUTH_EMAIL_TEMPLATES_PATH"].why
    assert not [verdict for verdict in found.values() if "](" in verdict.why]


def test_a_wrong_value_and_an_unknown_name_stand_out(tmp_path: Path) -> None:
    """With what is wrong, and what was meant; their values may be misplaced secrets (security 117)."""
    found = told(deployment(tmp_path, AUTH_SMTP_PORT="smtp", AUTH_SMTP_PASSWORD="hunter2"))
    assert found["AUTH_SMTP_PORT"].use is Use.WRONG
    assert found["AUTH_SMTP_PORT"].why == "is a whole number from 1 to 65535, not 'smtp'"
    unknown = found["AUTH_SMTP_PASSWORD"]
    assert (unknown.use, unknown.value, unknown.why) == (Use.UNKNOWN, "***", "did you mean AUTH_SMTP_PASS?")


def test_the_environment_beats_the_file_and_only_the_file_is_told_in_full(tmp_path: Path) -> None:
    """A file is asked about as a whole; an environment holds much that is nobody's business."""
    file = tmp_path / "some.env"
    file.write_text(as_env_file(deployment(tmp_path, AUTH_PASSWORD_MIN_LENGTH="9", NHOST_SUBDOMAIN="local")))
    found = told({"AUTH_PASSWORD_MIN_LENGTH": "10", "LANG": "C", "POSTGRES_USER": "app"}, Flags(env_file=str(file)))
    assert (found["AUTH_PASSWORD_MIN_LENGTH"].value, found["AUTH_PASSWORD_MIN_LENGTH"].origin) == (
        "10",
        "the environment",
    )
    assert found["AUTH_SERVER_URL"].origin == str(file)
    assert found["NHOST_SUBDOMAIN"].use is found["POSTGRES_USER"].use is Use.FOREIGN
    assert "LANG" not in found
