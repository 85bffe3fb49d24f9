"""A mail as bytes on the wire: headers that cannot be broken out of, HTML with its plain-text twin."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Final

from vestibule.core.outbox import one_line
from vestibule.delivery.mail import Mail, MailRefused

# RFC 5322 section 2.1.1. Up to there a header stays unfolded: folding would turn a long X-Link into encoded words.
_LINE_LIMIT: Final = 998
_MAX_HEADER: Final = 8192


def sender_address(sender: str) -> Address:
    """Return the parsed `Name <address>` or bare address. Raises: ValueError."""
    name, address = parseaddr(sender)
    return _address(address, display_name=name)


def recipient_address(recipient: str) -> Address:
    """Return the one address that `recipient` is, its domain in ASCII (RFC 5891).

    Raises: MailRefused when it is anything else.
    """
    try:
        return _address(recipient)
    except (ValueError, IndexError, MessageError) as error:
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
    # Built from its parts, so that commas, brackets or line breaks can never make two recipients of one.
    local, _, domain = text.rpartition("@")
    ascii_domain = domain if domain.isascii() else domain.encode("idna").decode()
    parsed = Address(display_name=display_name, addr_spec=f"{local}@{ascii_domain}")
    if not parsed.username or not parsed.domain or parsed.addr_spec != f"{local}@{ascii_domain}":
        raise ValueError("not an address")
    return parsed
