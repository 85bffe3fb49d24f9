"""A rendered message, the transports that take it, and the ways in which they fail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from vestibule.delivery.undelivered import Undelivered


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it leaves. `html` and `text` say the same; `headers` are extra ones, single lines.

    `locale` and `values` are what it was made from, for transports whose other end has templates of its own.
    """

    id: UUID
    template: str
    recipient: str
    subject: str
    html: str
    text: str
    link: str
    ticket: str
    code: str
    created_at: datetime
    headers: Mapping[str, str]
    locale: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


class MailRefused(Undelivered):
    """This message will never be taken: unknown recipient, unusable address, refused content."""


class MailDelayed(Undelivered):
    """Not now: the server is away, busy, or does not let us in. Try again later."""


class Transport(Protocol):
    """Takes mails off our hands."""

    async def send(self, mail: Mail) -> None:
        """Return when somebody else is responsible for the mail. Raises: MailRefused, MailDelayed."""
        ...

    async def rest(self) -> None:
        """Let go of idle connections: nothing is waiting right now."""
        ...
