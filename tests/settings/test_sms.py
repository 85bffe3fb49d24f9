"""Nhost's variables about text messages: who carries them, and what stops the start."""

from datetime import timedelta
from pathlib import Path

import pytest

from vestibule.delivery.sms import DevTexts, GenericTexts, ModicaTexts, TwilioTexts, TwilioVerification
from vestibule.kernel.secret import Secret
from vestibule.settings import Flags, SettingsError, load, read

Environ = dict[str, str]

ON = {"AUTH_SMS_PASSWORDLESS_ENABLED": "true"}
TWILIO = {
    "AUTH_SMS_TWILIO_ACCOUNT_SID": "AC1",
    "AUTH_SMS_TWILIO_AUTH_TOKEN": "token",
    "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID": "MG1",
}
MODICA = {"AUTH_SMS_PROVIDER": "modica", "AUTH_SMS_MODICA_USERNAME": "acme", "AUTH_SMS_MODICA_PASSWORD": "pw"}
GENERIC = {
    "AUTH_SMS_PROVIDER": "generic",
    "AUTH_SMS_GENERIC_URL": "https://sms.acme.example/send",
    "AUTH_SMS_GENERIC_BODY_TEMPLATE": '{"to":"${to}","text":"${body}"}',
}


def problems_of(environ: Environ, flags: Flags | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environ, flags=flags)
    return str(caught.value)


def test_texts_need_no_provider_until_they_are_switched_on(own_environment: Environ) -> None:
    """Nhost's compose files set the provider also where nobody uses it."""
    assert load(own_environment | {"AUTH_SMS_PROVIDER": "twilio"}).texts is None


def test_twilio_is_the_default(own_environment: Environ) -> None:
    """As in Nhost Auth."""
    assert load(own_environment | ON | TWILIO).texts == TwilioTexts("AC1", Secret("token"), "MG1")


@pytest.mark.parametrize(("account", "service"), [("AC1", "VA1"), ("VA1", "AC1"), ("SK1", "VA1")])
def test_a_sid_of_verify_chooses_it(own_environment: Environ, account: str, service: str) -> None:
    """Nhost Auth looks for it in the account's variable; by its beginning it is known in either."""
    changes = {"AUTH_SMS_TWILIO_ACCOUNT_SID": account, "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID": service}
    found = load(own_environment | ON | TWILIO | changes).texts
    assert isinstance(found, TwilioVerification)
    assert (found.service, found.account[:2]) == ("VA1", "SK" if account == "SK1" else "AC")


def test_modica_and_generic(own_environment: Environ) -> None:
    """With their own variables."""
    assert load(own_environment | ON | MODICA).texts == ModicaTexts("acme", Secret("pw"))
    more = {"AUTH_SMS_GENERIC_HEADERS": '{"X-Api-Key":"k"}', "AUTH_SMS_GENERIC_TIMEOUT": "3s"}
    assert load(own_environment | ON | GENERIC | more).texts == GenericTexts(
        "https://sms.acme.example/send",
        '{"to":"${to}","text":"${body}"}',
        headers={"X-Api-Key": Secret("k")},
        timeout=timedelta(seconds=3),
    )


@pytest.mark.parametrize("given", [TWILIO, MODICA, GENERIC])
def test_missing_credentials_stop_the_start(own_environment: Environ, given: Environ) -> None:
    """Each is named (security 110)."""
    for missing in given:
        if missing != "AUTH_SMS_PROVIDER":
            told = problems_of(own_environment | ON | given | {missing: ""})
            assert f"{missing} is unset" in told


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({**TWILIO, "AUTH_SMS_TWILIO_ACCOUNT_SID": "acme"}, "starts with AC"),
        ({**TWILIO, "AUTH_SMS_TWILIO_ACCOUNT_SID": "VA1"}, "starts with AC"),
        ({**GENERIC, "AUTH_SMS_GENERIC_HEADERS": "X-Key: k"}, "JSON object"),
        ({**GENERIC, "AUTH_SMS_GENERIC_TIMEOUT": "1h"}, "at most 30s"),
        ({**GENERIC, "AUTH_SMS_GENERIC_BODY_TEMPLATE": "${to}"}, "template"),
        ({**GENERIC, "AUTH_SMS_GENERIC_URL": "ftp://sms.acme.example"}, "https://"),
        ({"AUTH_SMS_PROVIDER": "dev"}, "--dev"),
        ({"AUTH_SMS_PROVIDER": "pigeon"}, "one of twilio"),
    ],
)
def test_what_cannot_work_stops_the_start(own_environment: Environ, changes: Environ, says: str) -> None:
    """Not the first text."""
    assert says in problems_of(own_environment | ON | changes)


def test_a_developer_needs_no_provider(tmp_path: Path) -> None:
    """Texts are shown; with credentials they are sent after all."""
    dev = Flags(dev=True)
    assert read({}, dev, dev_folder=tmp_path).settings.texts == DevTexts()
    folder = {"AUTH_SMS_PROVIDER": "dev", "AUTH_SMS_DEV_OUTPUT_DIR": "texts"}
    assert read(folder, dev, dev_folder=tmp_path).settings.texts == DevTexts(Path("texts"))
    assert isinstance(read(TWILIO, dev, dev_folder=tmp_path).settings.texts, TwilioTexts)
