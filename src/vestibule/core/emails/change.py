"""Changing an email address: the new one must be proven first, and the old one hears of it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import LetterForm, Postage, SendLetter, SendNotice
from vestibule.core.projects import Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.tickets import Purpose, Ticket, TicketDesk
from vestibule.core.users import (
    CreateUser,
    CredentialRow,
    EmailAddress,
    Subject,
    UserDirectory,
    parse_email,
    refuse_address_outside_lists,
    refuse_unless_welcome,
)
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import EmailTaken, InvalidTicket, UserNotFound
from vestibule.storage import Database, Queries

# In the payload of the ticket.
_NEW_EMAIL: Final = "new_email"
_SESSION: Final = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """A user wants another address. `session_id` is the session that asks; it outlives the change."""

    user_id: UUID
    new_email: str
    letter: LetterForm
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RequestEmailChange:
    """Mails a letter to the new address; nothing changes before it comes back, and only the newest one counts."""

    db: Database
    users: UserDirectory
    postage: Postage
    letters: SendLetter

    async def __call__(self, visit: Visit, wish: EmailChange) -> None:
        """Raises: UserNotFound, UserNotActive, EmailNotVerified, AnonymousNotAllowed, about the user.

        EmailRefused, TooManyAttempts about either address; InvalidEmail, EmailTaken about the new one.
        """
        project = visit.project
        await self.users.welcome(self.db, project.id, project.policy, wish.user_id)
        address = parse_email(wish.new_email)
        refuse_address_outside_lists(project.policy, address)
        await self.postage.count_request(visit, address.key)
        if await self.users.subject_by_email(self.db, project.id, address.key) is not None:
            raise EmailTaken
        await self._count_farewell(visit, wish.user_id)
        await self.postage.count_letter(visit)
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, wish.user_id)
            refuse_unless_welcome(project.policy, subject)
            await self._send(tx, visit, wish, subject, address)

    async def _count_farewell(self, visit: Visit, user_id: UUID) -> None:
        # The old address will hear of it, and one that nobody proved may be a stranger's (security 96).
        current = await _current(self.users, self.db, visit, user_id)
        if current is not None and current.verified_at is None:
            await self.postage.count_request(visit, current.email_key)

    async def _send(
        self, tx: Queries, visit: Visit, wish: EmailChange, subject: Subject, address: EmailAddress
    ) -> None:
        current = await _current(self.users, tx, visit, subject.id)
        payload = {_NEW_EMAIL: address.text}
        if wish.session_id is not None:
            payload[_SESSION] = str(wish.session_id)
        await self.letters(
            tx,
            visit,
            Purpose.EMAIL_CHANGE,
            wish.letter,
            subject=subject,
            credential=current,
            new_address=address,
            payload=payload,
        )


@dataclass(frozen=True, slots=True)
class ChangeAddress:
    """Takes the ticket of that letter: the user has the new address, proven, and nothing of the old one is left."""

    users: UserDirectory
    create: CreateUser
    tickets: TicketDesk
    sessions: RevokeSessions
    notice: SendNotice
    audit: AuditLog
    clock: Clock

    async def __call__(self, tx: Queries, visit: Visit, ticket: Ticket) -> None:
        """Hold the user, spend the ticket and change the address in the caller's transaction.

        What is pending for the user dies, also what was mailed to the old address (security 14), and the sessions end
        where the project says so, but for the one that asked (security 29). Raises: InvalidTicket, EmailTaken.
        """
        project = visit.project
        if ticket.user_id is None:
            raise InvalidTicket
        try:
            subject = await self.users.held(tx, project.id, ticket.user_id)
        except UserNotFound as error:  # deleted this moment, and the ticket with them
            raise InvalidTicket from error
        await self.tickets.spend(tx, ticket)
        payload = ticket.payload or {}
        address = parse_email(payload[_NEW_EMAIL])
        current = await _current(self.users, tx, visit, subject.id)
        if (current.id if current else None) != ticket.credential_id:
            raise InvalidTicket
        if current is None:
            await self.create.add_address(tx, project.id, subject.id, address, verified_at=self.clock.now())
        else:
            await self.create.move_address(tx, project.id, subject.id, current.id, address)
        await self.tickets.withdraw_all(tx, project.id, subject.id)
        asking = payload.get(_SESSION)
        if project.policy.email_change_ends_other_sessions:
            await self.sessions.all_of(tx, project.id, subject.id, but=UUID(asking) if asking else None)
        entry = AuditEntry(project.id, "email.changed", subject.id, dialect=visit.dialect, request_id=visit.request_id)
        await self.audit.record(tx, entry)
        if current is not None:
            # An address that nobody proved may be a stranger's, who has no business with the new one.
            told = address.text if current.verified_at is not None else ""
            await self.notice(tx, visit, subject, "email-changed", recipient=current.email, new_email=told)


async def _current(users: UserDirectory, tx: Queries, visit: Visit, user_id: UUID) -> CredentialRow | None:
    credentials = await users.credentials(tx, visit.project.id, user_id)
    return credentials[0] if credentials else None
