"""A mail as bytes on the wire: headers that cannot be broken out of, HTML with its plain-text twin."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Final

from vestibule.core.outbox import one_line
from vestibule.delivery.mail import Mail, MailRefused
from vestibule.delivery.settings import MailSettings

# RFC 5322 section 2.1.1. Up to there a header stays unfolded: folding would turn a long X-Link into encoded words.
_LINE_LIMIT: Final = 998
_MAX_HEADER: Final = 8192
# Narrower than RFC 5322: no comments, no quoted parts, nothing that means something to SMTP or to a header.
_ADDRESS: Final = re.compile(r"""([^\s\x00-\x1f\x7f"(),:;<>@\[\\\]]{1,64})@([^\s\x00-,/:-@\[-`{-\x7f]{1,253})""")


def sender_address(settings: MailSettings) -> Address:
    """Return the sender. Raises: ValueError when it is no address."""
    return _address(settings.sender_address, display_name=settings.sender_name)


def recipient_address(recipient: str) -> Address:
    """Return the one address that `recipient` is, its domain in ASCII (RFC 5891).

    Raises: MailRefused when it is anything else.
    """
    try:
        return _address(recipient)
    except ValueError as error:
        raise MailRefused("the recipient is not an address") from error


def mime(mail: Mail, sender: Address, recipient: Address, x_smtpapi: str = "") -> bytes:
    """Return the message with CRLF line ends; the same mail has the same Message-ID in every attempt."""
    policy = SMTP if recipient.addr_spec.isascii() else SMTPUTF8
    message = EmailMessage(policy.clone(max_line_length=_LINE_LIMIT))
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5
    if x_smtpapi:
        message["X-SMTPAPI"] = x_smtpapi
    for name, value in mail.headers.items():
        message[name] = one_line(value, _MAX_HEADER)
    if mail.text:
        message.set_content(mail.text, cte="quoted-printable")
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    else:
        message.set_content(mail.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _address(text: str, display_name: str = "") -> Address:
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError("not an address")
    local, domain = match.groups()
    if not domain.isascii():
        import idna  # noqa: PLC0415 (its tables are large and seldom needed)

        domain = idna.encode(domain, uts46=True).decode()
    parsed = Address(display_name=display_name, username=local, domain=domain)
    if parsed.addr_spec != f"{local}@{domain}":  # it had to be quoted
        raise ValueError("not an address")
    return parsed
