"""For development: mail that goes nowhere but into a page of the same process."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from vestibule.delivery.mail import Mail

_MAX_MAILS: Final = 200


class Mailbox:
    """The newest mails, in memory; the oldest fall out."""

    def __init__(self, limit: int = _MAX_MAILS) -> None:
        self._mails: deque[Mail] = deque(maxlen=limit)

    def put(self, mail: Mail) -> None:
        """Add `mail` on top."""
        self._mails.appendleft(mail)

    def newest(self) -> Sequence[Mail]:
        """Return all mails, the newest first."""
        return tuple(self._mails)


class MailboxTransport:
    """Delivers into a `Mailbox` and announces each mail in one line, so that a developer can follow the link."""

    def __init__(self, mailbox: Mailbox, announce: Callable[[str], None]) -> None:
        self._mailbox = mailbox
        self._announce = announce

    async def send(self, mail: Mail) -> None:
        """Keep the mail. Never fails."""
        self._mailbox.put(mail)
        self._announce(
            " ".join(part for part in ("mail:", mail.subject, "->", mail.recipient, mail.link or mail.code) if part)
        )

    async def rest(self) -> None:
        """Do nothing: there is no connection."""
