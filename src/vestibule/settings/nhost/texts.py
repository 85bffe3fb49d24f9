"""Who carries text messages."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, duration, one_of, text

SMS_PROVIDER: Final = Variable(
    "AUTH_SMS_PROVIDER",
    one_of("twilio", "modica", "generic", "dev"),
    "twilio",
    "Who carries text messages. With `--dev` and without credentials dev.",
)
SMS_TWILIO_ACCOUNT: Final = Variable(
    "AUTH_SMS_TWILIO_ACCOUNT_SID", text, "", "Twilio's account, `AC...`. See [sms.md](sms.md) for Twilio Verify."
)
SMS_TWILIO_TOKEN: Final = Variable("AUTH_SMS_TWILIO_AUTH_TOKEN", str.strip, "", "Its token.", secret=True)
SMS_TWILIO_SERVICE: Final = Variable(
    "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID",
    text,
    "",
    "The sender: a messaging service `MG...`, a number or a name; or `VA...` for Twilio Verify.",
)
SMS_MODICA_USERNAME: Final = Variable("AUTH_SMS_MODICA_USERNAME", text, "", "Modica's application.")
SMS_MODICA_PASSWORD: Final = Variable("AUTH_SMS_MODICA_PASSWORD", str, "", "Its password.", secret=True)
SMS_GENERIC_URL: Final = Variable("AUTH_SMS_GENERIC_URL", text, "", "Where a POST sends a text.")
SMS_GENERIC_TYPE: Final = Variable(
    "AUTH_SMS_GENERIC_CONTENT_TYPE",
    text,
    "application/json",
    "The body's type: JSON, a form, XML or text/plain. Values are encoded by it.",
)
SMS_GENERIC_HEADERS: Final = Variable(
    "AUTH_SMS_GENERIC_HEADERS", text, "{}", "Headers as a JSON object, like an API key.", secret=True
)
SMS_GENERIC_TIMEOUT: Final = Variable(
    "AUTH_SMS_GENERIC_TIMEOUT", duration, timedelta(seconds=10), "How long to wait, at most 30s.", shown="10s"
)
SMS_GENERIC_TEMPLATE: Final = Variable(
    "AUTH_SMS_GENERIC_BODY_TEMPLATE", text, "", 'The body, like `{"to":"${to}","text":"${body}"}`.'
)
SMS_DEV_OUTPUT: Final = Variable[str | None](
    "AUTH_SMS_DEV_OUTPUT_DIR", text, None, "Folder that gets a file for each text. With `--dev` only."
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    SMS_PROVIDER,
    SMS_TWILIO_ACCOUNT,
    SMS_TWILIO_TOKEN,
    SMS_TWILIO_SERVICE,
    SMS_MODICA_USERNAME,
    SMS_MODICA_PASSWORD,
    SMS_GENERIC_URL,
    SMS_GENERIC_TYPE,
    SMS_GENERIC_HEADERS,
    SMS_GENERIC_TIMEOUT,
    SMS_GENERIC_TEMPLATE,
    SMS_DEV_OUTPUT,
)
