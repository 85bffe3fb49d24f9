"""The mail server, and the templates of letters."""

from typing import Any, Final

from vestibule.settings.environ import Variable, one_of, switch, text, whole

SMTP_HOST: Final = Variable(
    "AUTH_SMTP_HOST", text, "", "Mail server, or `postmark` for its API. Without one messages wait in the outbox."
)
SMTP_PORT: Final = Variable("AUTH_SMTP_PORT", whole(1, 65535), 587, "Its port.")
SMTP_SECURE: Final = switch("AUTH_SMTP_SECURE", "TLS from the first byte.")
SMTP_USER: Final = Variable("AUTH_SMTP_USER", text, "", "User name.")
SMTP_PASS: Final = Variable("AUTH_SMTP_PASS", str, "", "Password; for Postmark the server's token.", secret=True)
SMTP_SENDER: Final = Variable("AUTH_SMTP_SENDER", text, "", "`auth@acme.example` or `Acme <auth@acme.example>`.")
SMTP_METHOD: Final = Variable(
    "AUTH_SMTP_AUTH_METHOD", one_of("PLAIN", "LOGIN", "CRAM-MD5"), "PLAIN", "How to log in to the mail server."
)
SMTP_API_HEADER: Final = Variable("AUTH_SMTP_X_SMTPAPI_HEADER", text, "", "Value of an X-SMTPAPI header.")
TEMPLATES_PATH: Final = Variable(
    "AUTH_EMAIL_TEMPLATES_PATH",
    text,
    "/app/email-templates",
    "Folder of your own templates, see [mail.md](mail.md). Without it our own letters are sent.",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    SMTP_HOST,
    SMTP_PORT,
    SMTP_SECURE,
    SMTP_USER,
    SMTP_PASS,
    SMTP_SENDER,
    SMTP_METHOD,
    SMTP_API_HEADER,
    TEMPLATES_PATH,
)
