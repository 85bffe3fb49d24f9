"""What environment files of working Nhost Auth servers hold, and what becomes of it here."""

from datetime import timedelta

import pytest

from vestibule.settings import Flags, SettingsError, load, read

Environ = dict[str, str]
STRICT = Flags(strict=True)


def warnings_of(environ: Environ, name: str) -> list[str]:
    return [str(warning) for warning in read(environ, Flags()).warnings if warning.variable == name]


def problems_of(environ: Environ, flags: Flags | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ, flags=flags)
    return str(caught.value)


@pytest.fixture
def with_passkeys(nhost_environment: Environ) -> Environ:
    """Passkeys of acme.example; the client's page is none of its."""
    told = {"AUTH_CLIENT_URL": "acme://open", "AUTH_WEBAUTHN_ENABLED": "true", "AUTH_WEBAUTHN_RP_ID": "acme.example"}
    return nhost_environment | told


@pytest.mark.parametrize(("written", "life"), [("604800", timedelta(days=7)), ("1", timedelta(seconds=1))])
def test_access_tokens_live_as_long_as_the_file_says(nhost_environment: Environ, written: str, life: timedelta) -> None:
    """Also where that is unwise: strictness does not change what is taken as written."""
    environ = nhost_environment | {"AUTH_ACCESS_TOKEN_EXPIRES_IN": written}
    assert load(environ, flags=STRICT).policy.access_token_life == life


def test_access_tokens_that_outlive_a_day_are_warned_about(nhost_environment: Environ) -> None:
    """Hasura takes those of whoever is disabled or has signed out as well (security 40)."""
    name = "AUTH_ACCESS_TOKEN_EXPIRES_IN"
    (warning,) = warnings_of(nhost_environment | {name: "86401"}, name)
    assert warning.startswith(f"{name} is 86401: whoever only verifies tokens")
    assert warnings_of(nhost_environment | {name: "86400"}, name) == []


@pytest.mark.parametrize("written", ["0", "1", "2"])
def test_a_shorter_password_than_three_characters_is_not_asked_for(nhost_environment: Environ, written: str) -> None:
    """The bodies of Nhost Auth take no shorter one either; with --strict such a setting stops the start."""
    name = "AUTH_PASSWORD_MIN_LENGTH"
    environ = nhost_environment | {name: written}
    assert load(environ).policy.password_min_length == 3
    assert warnings_of(environ, name) == [f"{name} is {written}; 3 characters are the least"]
    assert name in problems_of(environ, STRICT)


def test_a_folder_of_templates_that_is_not_there_means_our_own_letters(nhost_environment: Environ) -> None:
    """Files often name the one in Nhost Auth's own image; with --strict it must be there."""
    name = "AUTH_EMAIL_TEMPLATES_PATH"
    environ = nhost_environment | {name: "/nowhere/email-templates"}
    assert load(environ).mail_templates is None
    assert warnings_of(environ, name) == [
        f"{name} names /nowhere/email-templates, which is no folder; the built-in letters are used"
    ]
    assert name in problems_of(environ, STRICT)


@pytest.mark.parametrize(
    "written", ["https://app.acme.example/", "https://App.acme.example", "HTTPS://APP.acme.example/"]
)
def test_an_origin_is_taken_as_browsers_write_it(with_passkeys: Environ, written: str) -> None:
    """With a slash, or in other letters, it still says the same."""
    environ = with_passkeys | {"AUTH_WEBAUTHN_RP_ORIGINS": written}
    assert load(environ, flags=STRICT).policy.webauthn.origins == ("https://app.acme.example",)


@pytest.mark.parametrize(
    ("origin", "why"),
    [
        ("http://localhost:3000", "its host does not end in acme.example"),
        ("https://acme.example.evil.example", "its host does not end in acme.example"),
        ("http://acme.example", "passkeys need https, except on localhost"),
        ("https://acme.example/app", "an origin is scheme, host and unusual port"),
    ],
)
def test_an_origin_that_no_browser_would_speak_for_is_left_out(with_passkeys: Environ, origin: str, why: str) -> None:
    """One file serves development and production; with --strict each must fit (security 92)."""
    name = "AUTH_WEBAUTHN_RP_ORIGINS"
    environ = with_passkeys | {name: f"https://app.acme.example/,{origin}"}
    assert load(environ).policy.webauthn.origins == ("https://app.acme.example",)
    (warning,) = warnings_of(environ, name)
    assert warning.startswith(f"{name} has {origin!r}: {why}")
    assert warning.endswith("; it is left out")
    assert why in problems_of(environ, STRICT)


def test_passkeys_without_any_page_stop_the_start(with_passkeys: Environ) -> None:
    """Users would meet keys that never work (security 92, 110)."""
    told = problems_of(with_passkeys | {"AUTH_WEBAUTHN_RP_ORIGINS": "http://localhost:3000,http://acme.example"})
    assert "its host does not end in acme.example" in told
    assert "passkeys need https" in told
    assert "AUTH_WEBAUTHN_RP_ORIGINS is empty" in problems_of(with_passkeys)


@pytest.mark.parametrize(
    ("written", "minutes"), [("60000", 5), ("0", 5), ("300000", 5), ("600000", 10), ("3600000", 10)]
)
def test_a_passkey_ceremony_has_five_minutes_at_least(with_passkeys: Environ, written: str, minutes: int) -> None:
    """A minute is Nhost Auth's default in writing, and five are what it allows; longer than ten is told."""
    name = "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT"
    environ = with_passkeys | {"AUTH_WEBAUTHN_RP_ORIGINS": "https://acme.example", name: written}
    assert load(environ).policy.webauthn.timeout == timedelta(minutes=minutes)
    too_long = [f"{name} is more than 600000; ten minutes are the most"]
    assert warnings_of(environ, name) == (too_long if written == "3600000" else [])


@pytest.mark.parametrize("written", ["http://auth:4000", "http://192.168.1.20:4000/v1"])
def test_a_server_in_the_clear_says_how_it_may_start(nhost_environment: Environ, written: str) -> None:
    """Mailed links and what they bring would be read on the way, so that an operator has to mean it (security 110)."""
    environ = nhost_environment | {"AUTH_SERVER_URL": written}
    told = problems_of(environ)
    assert "tokens could be read on the way" in told
    assert "VESTIBULE_ALLOW_HTTP=true" in told
    assert load(environ | {"VESTIBULE_ALLOW_HTTP": "true"}).nhost.server_url == written
