"""Signs in with a code that came by text: charge, compare, prove the number, finish."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.guesses import Guess, GuessCode, RightGuess
from vestibule.core.letters import SendNotice
from vestibule.core.projects import Policy, Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.signup import RegisterUser, refuse_if_disabled
from vestibule.core.text_codes.naming import NameByNumber
from vestibule.core.text_codes.wish import phone_of, refuse_unless_enabled
from vestibule.core.texts import PhoneNumber, TextPostage
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import NewUser, Subject, UserDirectory, UserOptions, chosen_options
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import InvalidPhoneNumber, InvalidTextCode, InvalidTicket, UserNotFound
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True)
class TextCodeAttempt:
    """Somebody types the code that came to a number of theirs."""

    phone_number: str
    code: str


@dataclass(frozen=True, slots=True)
class ProveNumber:
    """Spends a right code: its number is the user's, or by now somebody else's (security 15)."""

    users: UserDirectory
    tickets: TicketDesk
    register: RegisterUser
    notice: SendNotice
    audit: AuditLog
    clock: Clock

    async def __call__(self, tx: Queries, visit: Visit, right: RightGuess, phone: PhoneNumber) -> UUID:
        """Return whose number it is, in the caller's transaction: the user's, or that of somebody new.

        Raises: InvalidTextCode, SignUpDisabled.
        """
        project = visit.project
        try:
            subject = await self.users.held(tx, project.id, right.user_id)
            await self.tickets.spend(tx, right.ticket)
        except (UserNotFound, InvalidTicket) as error:  # deleted this moment, or somebody else was faster
            raise InvalidTextCode from error
        if subject.phone_number != phone.e164:
            raise InvalidTextCode
        if _is_given_up(project.policy, subject, self.clock.now()):
            subject = await self._succeed(tx, visit, subject, phone)
        await self.users.mark_phone_verified(tx, project.id, subject.id, phone.e164)
        return subject.id

    async def _succeed(self, tx: Queries, visit: Visit, former: Subject, phone: PhoneNumber) -> Subject:
        project = visit.project
        await self.users.release_phone(tx, project.id, former.id)
        entry = AuditEntry(project.id, "phone.given_up", former.id, dialect=visit.dialect, request_id=visit.request_id)
        await self.audit.record(tx, entry)
        await self.notice(tx, visit, former, "security-changed", event="phone-changed")
        options = chosen_options(project.policy, UserOptions(), phone.e164)
        return await self.register(tx, visit, NewUser(phone_number=phone.e164, options=options))


@dataclass(frozen=True, slots=True)
class SignInWithTextCode:
    """Takes codes that were asked for to sign in, and no others."""

    db: Database
    users: UserDirectory
    guesses: GuessCode
    prove: ProveNumber
    naming: NameByNumber
    postage: TextPostage
    finish: FinishSignIn

    async def __call__(
        self, visit: Visit, attempt: TextCodeAttempt, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """The right code proves the number, and a user's state shows only after it.

        Raises: EndpointDisabled, TooManyAttempts, InvalidTextCode, TooManyTextGuesses, CannotSendText (a provider that
        makes the codes is away), and what FinishSignIn raises. A refused sign-in leaves the code unspent.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        try:
            phone = phone_of(policy, attempt.phone_number)
        except InvalidPhoneNumber as error:  # then no code can have come to it
            raise InvalidTextCode from error
        purpose, user_id = await self._asked(visit, phone)
        guess = Guess(purpose=purpose, address=phone.e164, code=attempt.code, user_id=user_id)
        right = await self.guesses(visit, guess)
        if purpose is Purpose.PHONE_NAMING:
            await self._name(visit, guess, right, phone)
        async with self.db.write() as tx:
            await self.guesses.forget(tx, visit, guess)
            if purpose is Purpose.TEXT_CODE:
                user_id = await self.prove(tx, visit, right, phone)
            outcome = await self.finish(tx, visit, Identified(user_id or right.user_id, Method.TEXT_CODE), terms)
        await self.postage.record_confirmed(visit, phone)
        return outcome

    async def _asked(self, visit: Visit, phone: PhoneNumber) -> tuple[Purpose, UUID | None]:
        """Return what a code for this number is for, and whose it is: that of the user who has it, or who wants it."""
        subject = await self.users.subject_by_phone(self.db, visit.project.id, phone.e164)
        if subject is not None:
            return Purpose.TEXT_CODE, subject.id
        user_id = await self.naming.candidate(visit, phone)
        return Purpose.TEXT_CODE if user_id is None else Purpose.PHONE_NAMING, user_id

    async def _name(self, visit: Visit, guess: Guess, right: RightGuess, phone: PhoneNumber) -> None:
        # In a transaction of its own: who is disabled as all new users are stays named, and is refused.
        async with self.db.write() as tx:
            await self.guesses.forget(tx, visit, guess)
            named = await self.naming(tx, visit, right, phone)
        refuse_if_disabled(named)


def _is_given_up(policy: Policy, subject: Subject, now: datetime) -> bool:
    """Tell whether nobody has seen the user for so long that operators may have given the number to somebody else."""
    if not policy.phone_kept_days or subject.phone_verified_at is None:
        return False
    last = max(subject.phone_verified_at, subject.last_seen_at or subject.phone_verified_at)
    return now - last > timedelta(days=policy.phone_kept_days)
