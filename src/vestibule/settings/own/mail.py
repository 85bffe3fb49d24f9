"""Mail, beyond what Nhost Auth's variables say of it."""

from typing import Any, Final

from vestibule.settings.environ import Variable, one_of, switch, text

SMTP_STARTTLS: Final = Variable(
    "VESTIBULE_SMTP_STARTTLS",
    one_of("auto", "required", "off"),
    "auto",
    "Upgrade the mail connection when offered, insist on it, or never.",
)
SMTP_CA_FILE: Final = Variable[str | None](
    "VESTIBULE_SMTP_CA_FILE",
    text,
    None,
    "Certificate authorities to trust for the mail server, instead of the system's.",
)
POSTMARK_TEMPLATES: Final = switch(
    "VESTIBULE_POSTMARK_TEMPLATES",
    "Use the templates that are kept at Postmark, `<locale>.<template>`; false sends our own letters through it.",
    default=True,
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    SMTP_STARTTLS,
    SMTP_CA_FILE,
    POSTMARK_TEMPLATES,
)
