"""Changing one's number: the new one must be proven first, and the user hears of it by mail."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.guesses import Guess, GuessCode
from vestibule.core.letters import SendNotice
from vestibule.core.projects import Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.text_codes.sending import SendText
from vestibule.core.text_codes.wish import phone_of, refuse_unless_enabled
from vestibule.core.texts import PhoneNumber, TextPostage
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import CreateUser, UserDirectory, refuse_unless_welcome
from vestibule.kernel.errors import InvalidPhoneNumber, InvalidTextCode, InvalidTicket, PhoneTaken
from vestibule.storage import Database, Queries

_OF_THE_OLD_NUMBER = (Purpose.TEXT_CODE, Purpose.ELEVATION_TEXT_CODE)


@dataclass(frozen=True, slots=True)
class RequestPhoneChange:
    """Sends a code to the new number; nothing changes before it comes back, and only the newest one counts."""

    db: Database
    users: UserDirectory
    postage: TextPostage
    guesses: GuessCode
    texts: SendText

    async def __call__(self, visit: Visit, user_id: UUID, new_number: str) -> None:
        """Raises: EndpointDisabled; UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed.

        CannotSendText, TooManyAttempts, PhoneTaken: of the new number. One that somebody gave and never proved is free.
        """
        project = visit.project
        refuse_unless_enabled(project.policy)
        subject = await self.users.welcome(self.db, project.id, project.policy, user_id)
        phone = phone_of(project.policy, new_number)
        await self.postage.count_request(visit, phone)
        owner = await self.users.subject_by_phone(self.db, project.id, phone.e164)
        if owner is not None and owner.id != user_id and owner.phone_verified_at is not None:
            raise PhoneTaken
        await self.guesses.begin_anew(visit, Purpose.PHONE_CHANGE, phone.e164)
        await self.texts.start(phone, subject.locale)
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, subject)
            await self.texts.write(tx, visit, Purpose.PHONE_CHANGE, subject=subject, phone=phone)
        await self.texts.record(visit, phone)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneProof:
    """The code that came to the new number. `kept_session` is spared when the user's others end."""

    user_id: UUID
    new_number: str
    code: str
    kept_session: UUID | None = None


@dataclass(frozen=True, slots=True)
class ChangePhone:
    """Takes that code from the user who asked: the number is theirs, proven, and nothing of the old one is left."""

    db: Database
    users: UserDirectory
    create: CreateUser
    guesses: GuessCode
    tickets: TicketDesk
    sessions: RevokeSessions
    postage: TextPostage
    notice: SendNotice
    audit: AuditLog

    async def __call__(self, visit: Visit, proof: PhoneProof) -> None:
        """What was sent to the old number dies, and the other sessions where the project says so (security 14, 29).

        Raises: EndpointDisabled; UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed;
        InvalidTextCode, TooManyTextGuesses, TooManyAttempts, CannotSendText; after the right code PhoneTaken.
        """
        project = visit.project
        refuse_unless_enabled(project.policy)
        await self.users.welcome(self.db, project.id, project.policy, proof.user_id)
        try:
            phone = phone_of(project.policy, proof.new_number)
        except InvalidPhoneNumber as error:  # then no code can have come to it
            raise InvalidTextCode from error
        guess = Guess(purpose=Purpose.PHONE_CHANGE, address=phone.e164, code=proof.code, user_id=proof.user_id)
        right = await self.guesses(visit, guess)
        async with self.db.write() as tx:
            await self.guesses.forget(tx, visit, guess)
            subject = await self.users.held(tx, project.id, proof.user_id)
            refuse_unless_welcome(project.policy, subject)
            try:
                await self.tickets.spend(tx, right.ticket)
            except InvalidTicket as error:  # used this moment, by the same user
                raise InvalidTextCode from error
            await self._change(tx, visit, proof, phone)
            await self.notice(tx, visit, subject, "security-changed", event="phone-changed")
        await self.postage.record_confirmed(visit, phone)

    async def _change(self, tx: Queries, visit: Visit, proof: PhoneProof, phone: PhoneNumber) -> None:
        project, user_id = visit.project, proof.user_id
        await self.create.move_phone(tx, project.id, user_id, phone.e164)
        for purpose in _OF_THE_OLD_NUMBER:
            await self.tickets.withdraw(tx, project.id, purpose, user_id)
        if project.policy.phone_change_ends_other_sessions:
            await self.sessions.all_of(tx, project.id, user_id, but=proof.kept_session)
        entry = AuditEntry(
            project.id,
            "phone.changed",
            user_id,
            proof.kept_session,
            visit.dialect,
            request_id=visit.request_id,
        )
        await self.audit.record(tx, entry)
