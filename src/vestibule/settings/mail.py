"""Nhost's mail variables as the settings of our mail transport."""

from pathlib import Path
from typing import Final, cast

from vestibule.delivery.folders import OwnTemplates
from vestibule.delivery.settings import (
    AuthMethod,
    MailSettings,
    PostmarkSettings,
    SmtpSettings,
    StartTls,
    require_sender,
)
from vestibule.kernel.secret import Secret
from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader

_POSTMARK: Final = "postmark"  # no host: Nhost Auth's word for the API instead of SMTP


def mail_settings(reader: Reader) -> MailSettings | None:
    """Return how mail leaves; None when no mail server is named. Problems are noted in `reader`."""
    host = reader.get(nhost.mail.SMTP_HOST)
    if not host:
        return None
    if not reader.is_set(nhost.mail.SMTP_SENDER):
        reader.refuse(nhost.mail.SMTP_SENDER.name, "is unset", "set it to an address, like auth@acme.example")
        return None
    try:
        require_sender(reader.get(nhost.mail.SMTP_SENDER))
    except ValueError as error:
        reader.refuse(nhost.mail.SMTP_SENDER.name, f"cannot be used: {error}")
        return None
    try:
        if host == _POSTMARK:
            return PostmarkSettings(
                token=Secret(reader.get(nhost.mail.SMTP_PASS).strip()),
                sender=reader.get(nhost.mail.SMTP_SENDER),
                templates=reader.get(own.mail.POSTMARK_TEMPLATES),
                default_locale=reader.get(nhost.users.DEFAULT_LOCALE),
            )
        return SmtpSettings(
            host=host,
            sender=reader.get(nhost.mail.SMTP_SENDER),
            port=reader.get(nhost.mail.SMTP_PORT),
            secure=reader.get(nhost.mail.SMTP_SECURE),
            user=reader.get(nhost.mail.SMTP_USER),
            password=Secret(reader.get(nhost.mail.SMTP_PASS)),
            auth_method=cast("AuthMethod", reader.get(nhost.mail.SMTP_METHOD)),  # one_of() has checked both
            starttls=cast("StartTls", reader.get(own.mail.SMTP_STARTTLS)),
            x_smtpapi=reader.get(nhost.mail.SMTP_API_HEADER),
            ca_file=reader.get(own.mail.SMTP_CA_FILE),
        )
    except ValueError as error:
        mend = (
            f"set {nhost.mail.SMTP_PASS.name}" if host == _POSTMARK and not reader.is_set(nhost.mail.SMTP_PASS) else ""
        )
        reader.refuse(nhost.mail.SMTP_HOST.name, f"cannot be used: {error}", mend)
        return None


def mail_templates(reader: Reader) -> Path | None:
    """Return the folder of the operator's own templates; None when there is none, whatever is set."""
    variable = nhost.mail.TEMPLATES_PATH
    folder = Path(reader.get(variable))
    if not folder.is_dir():
        if reader.is_set(variable):
            reader.adjust(variable.name, f"names {folder}, which is no folder", "the built-in letters are used")
        return None
    if next(folder.glob("*/*/body.*"), None) is None:
        reader.warn(variable.name, f"names {folder}, which has no <locale>/<template>/body.html", "see docs/mail.md")
    for fault in OwnTemplates(folder).faults():
        reader.refuse(variable.name, f"has a template that cannot be used: {fault}", "correct it, or take it away")
    return folder
