"""Nhost's variables about text messages as the settings of one provider."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from vestibule.delivery.sms import DevTexts, GenericTexts, ModicaTexts, TextSettings, TwilioTexts, TwilioVerification
from vestibule.kernel.secret import Secret
from vestibule.settings import nhost
from vestibule.settings.environ import Reader, Variable

_NEEDED: Final[dict[str, tuple[Variable[str], ...]]] = {
    "twilio": (nhost.texts.SMS_TWILIO_ACCOUNT, nhost.texts.SMS_TWILIO_TOKEN, nhost.texts.SMS_TWILIO_SERVICE),
    "modica": (nhost.texts.SMS_MODICA_USERNAME, nhost.texts.SMS_MODICA_PASSWORD),
    "generic": (nhost.texts.SMS_GENERIC_URL, nhost.texts.SMS_GENERIC_TEMPLATE),
}
_LONGEST_TIMEOUT: Final = timedelta(seconds=30)  # a message is given up after a minute, whoever carries it


def text_settings(reader: Reader, *, is_dev: bool) -> TextSettings | None:
    """Return who carries texts; None when nobody is configured. Problems are noted in `reader`.

    Missing credentials are a problem once sign-in by text messages is switched on; while developing nobody needs any.
    """
    provider = reader.get(nhost.texts.SMS_PROVIDER)
    if provider == "dev":
        return _dev(reader, is_dev=is_dev)
    missing = [variable.name for variable in _NEEDED[provider] if not reader.is_set(variable)]
    if not missing:
        return {"twilio": _twilio, "modica": _modica, "generic": _generic}[provider](reader)
    if is_dev:
        return _dev(reader, is_dev=is_dev)
    if reader.get(nhost.ways_in.TEXT_CODES_ENABLED):
        for name in missing:
            reader.refuse(name, f"is unset, and {nhost.ways_in.TEXT_CODES_ENABLED.name} needs it", "see docs/sms.md")
    return None


def _dev(reader: Reader, *, is_dev: bool) -> DevTexts | None:
    if not is_dev:
        reader.refuse(
            nhost.texts.SMS_PROVIDER.name,
            "is dev, which shows codes to everybody who sees the log",
            "use it with --dev",
        )
        return None
    folder = reader.get(nhost.texts.SMS_DEV_OUTPUT)
    return DevTexts(None if folder is None else Path(folder))


def _twilio(reader: Reader) -> TwilioTexts | TwilioVerification | None:
    account, service = reader.get(nhost.texts.SMS_TWILIO_ACCOUNT), reader.get(nhost.texts.SMS_TWILIO_SERVICE)
    token = Secret(reader.get(nhost.texts.SMS_TWILIO_TOKEN))
    if account.startswith("VA") and service.startswith(("AC", "SK")):
        # Nhost Auth looks for Verify's SID here, so that the account's has to stand in the other variable.
        account, service = service, account
    try:
        if service.startswith("VA"):
            return TwilioVerification(account, token, service)
        return TwilioTexts(account, token, service)
    except ValueError as error:
        reader.refuse(nhost.texts.SMS_TWILIO_ACCOUNT.name, f"cannot be used: {error}", "see docs/sms.md")
        return None


def _modica(reader: Reader) -> ModicaTexts:
    return ModicaTexts(reader.get(nhost.texts.SMS_MODICA_USERNAME), Secret(reader.get(nhost.texts.SMS_MODICA_PASSWORD)))


def _generic(reader: Reader) -> GenericTexts | None:
    try:
        headers = msgspec.json.decode(reader.get(nhost.texts.SMS_GENERIC_HEADERS), type=dict[str, str])
    except msgspec.DecodeError:
        reader.refuse(
            nhost.texts.SMS_GENERIC_HEADERS.name, "is no JSON object of texts", 'write it like {"X-Key":"..."}'
        )
        return None
    timeout = reader.get(nhost.texts.SMS_GENERIC_TIMEOUT)
    if not timedelta() < timeout <= _LONGEST_TIMEOUT:
        reader.refuse(nhost.texts.SMS_GENERIC_TIMEOUT.name, "is out of bounds", "use more than 0s and at most 30s")
        return None
    try:
        return GenericTexts(
            url=reader.get(nhost.texts.SMS_GENERIC_URL),
            template=reader.get(nhost.texts.SMS_GENERIC_TEMPLATE),
            content_type=reader.get(nhost.texts.SMS_GENERIC_TYPE),
            headers={name: Secret(value) for name, value in headers.items()},
            timeout=timeout,
        )
    except ValueError as error:
        reader.refuse(nhost.texts.SMS_GENERIC_URL.name, f"cannot be used: {error}", "see docs/sms.md")
        return None
