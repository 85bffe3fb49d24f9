"""What is written into the outbox, and what a worker takes out of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from vestibule.kernel.ids import MessageId, ProjectId, UserId

Channel = Literal["email", "sms"]
TemplateName = Literal[
    "email-verify",
    "email-confirm-change",
    "signin-passwordless",
    "signin-otp",
    "password-reset",
    # Told afterwards, to somebody who may not have done it:
    "email-changed",
    "password-changed",
    "security-changed",
    # Text messages:
    "signin-passwordless-sms",
]
SecurityEvent = Literal[
    "totp-added",
    "totp-removed",
    "passkey-added",
    "passkey-removed",
    "recovery-codes-made",
    "recovery-code-used",
    "second-factor-locked",
    "phone-changed",
    "provider-added",
    "provider-removed",
    "session-stolen",
]

MAX_LOCALE_CHARACTERS: Final = 35  # RFC 5646 section 4.4.1
MAX_RECIPIENT_CHARACTERS: Final = 320
MAX_ERROR_CHARACTERS: Final = 300


class MailVariables(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a template may show. Everything is text, and empty where it does not apply.

    `link` is complete and built from the public URL; `ticket` is the secret within it, `code` one that people type.
    `product` is the name of the project, as it was when the message was written;
    `email` is the recipient's current address, `new_email` the one that a change would make current.
    `event` says which of its sentences the template `security-changed` tells.
    """

    product: str = ""
    link: str = ""
    ticket: str = ""
    redirect_to: str = ""
    email: str = ""
    new_email: str = ""
    display_name: str = ""
    locale: str = ""
    server_url: str = ""
    client_url: str = ""
    code: str = ""
    link_type: str = ""
    event: SecurityEvent | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one recipient, not yet rendered; the variables are encrypted at rest.

    A `recipient` is an email address, or on the channel "sms" a phone number in E.164.
    """

    project_id: ProjectId
    template: TemplateName
    recipient: str
    variables: MailVariables
    locale: str = "en"
    user_id: UserId | None = None
    channel: Channel = "email"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that one worker may send until its lease ends.

    `attempts` counts this claim too. It also proves the claim: whoever claims later makes it larger.
    """

    project_id: UUID
    id: UUID
    channel: str
    template: str
    locale: str
    recipient: str
    payload: bytes | None
    attempts: int
    created_at: datetime

    @property
    def message_id(self) -> MessageId:
        """The id under which the delivery log knows the message."""
        return MessageId(self.id)


def one_line(text: str, limit: int) -> str:
    """Return `text` without control characters and line breaks, at most `limit` characters of it."""
    return "".join(symbol if symbol.isprintable() else " " for symbol in text)[:limit].strip()
