"""Sends a code by text: one of ours in a message of ours, or one that a provider makes, sends and checks itself."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from vestibule.core.letters import ANSWER_AFTER_SECONDS, CODE_TRIES, SendCode
from vestibule.core.outbox import MailVariables, Message, Outbox
from vestibule.core.projects import Visit
from vestibule.core.texts import PhoneNumber, RemoteVerification, TextPostage
from vestibule.core.tickets import NewTicket, Purpose, TicketDesk
from vestibule.core.users import Subject
from vestibule.kernel.ids import UserId
from vestibule.storage import Queries

_LIFE: Final = timedelta(minutes=5)
_REMOTE_LIFE: Final = timedelta(minutes=10)  # as the provider's codes
REMOTE_ANSWER_AFTER_SECONDS: Final = 2.0
_PURPOSES: Final = (Purpose.TEXT_CODE, Purpose.ELEVATION_TEXT_CODE, Purpose.PHONE_CHANGE, Purpose.PHONE_NAMING)


@dataclass(frozen=True, slots=True)
class SendText:
    """The three steps of sending: `start` before the transaction, `write` in it, `record` after it."""

    tickets: TicketDesk
    codes: SendCode
    outbox: Outbox
    postage: TextPostage
    remote: RemoteVerification | None

    @property
    def answer_after_seconds(self) -> float:
        """How late to answer where nobody is to learn whether a text was sent; asking a provider takes a while."""
        return ANSWER_AFTER_SECONDS if self.remote is None else REMOTE_ANSWER_AFTER_SECONDS

    async def start(self, phone: PhoneNumber, locale: str) -> None:
        """Have the provider send its code, if it makes them. Raises: CannotSendText."""
        if self.remote is not None:
            await self.remote.start(phone.e164, locale)

    async def write(
        self,
        tx: Queries,
        visit: Visit,
        purpose: Purpose,
        *,
        subject: Subject,
        phone: PhoneNumber,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Write ticket and message in the caller's transaction, which holds the user; the older code dies.

        `payload` is kept with the ticket.
        """
        if self.remote is not None:
            # A provider has one code for a number, whatever for: it is good for what was asked last (security 75).
            for other in _PURPOSES:
                await self.tickets.withdraw(tx, visit.project.id, other, subject.id)
        ticket = NewTicket(
            project_id=visit.project.id,
            purpose=purpose,
            dialect=visit.dialect,
            life=_LIFE if self.remote is None else _REMOTE_LIFE,
            user_id=subject.id,
            client_id=visit.client_id,
            address=phone.e164,
            tries=CODE_TRIES,
            payload=payload or {},
        )
        code = await self.codes.issue(tx, ticket)  # where a provider has its own, nobody is told this one
        if self.remote is None:
            await self.outbox.enqueue(tx, _message(visit, subject, phone, code))

    async def record(self, visit: Visit, phone: PhoneNumber) -> None:
        """Note that a code goes out to this number."""
        await self.postage.record_sent(visit, phone)


def _message(visit: Visit, subject: Subject, phone: PhoneNumber, code: str) -> Message:
    variables = MailVariables(
        product=visit.project.name, display_name=subject.display_name, locale=subject.locale, code=code
    )
    return Message(
        project_id=visit.project.id,
        template="signin-passwordless-sms",
        recipient=phone.e164,
        variables=variables,
        locale=subject.locale,
        user_id=UserId(subject.id),
        channel="sms",
    )
