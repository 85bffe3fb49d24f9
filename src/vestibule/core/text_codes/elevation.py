"""Proves somebody again who is signed in: by a code that is sent to their own number."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.guesses import Guess, GuessCode
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.text_codes.sending import SendText
from vestibule.core.text_codes.wish import phone_of, refuse_unless_enabled
from vestibule.core.texts import PhoneNumber, TextPostage
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import Subject, UserDirectory
from vestibule.kernel.errors import EndpointDisabled, InvalidTextCode, InvalidTicket
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class RequestElevationText:
    """Sends a code that elevates and does nothing else; the older one dies (security 75)."""

    db: Database
    users: UserDirectory
    postage: TextPostage
    guesses: GuessCode
    texts: SendText

    async def __call__(self, visit: Visit, user_id: UUID) -> None:
        """Raises: EndpointDisabled, also for users without a proven number; CannotSendText, TooManyAttempts.

        And UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed.
        """
        project = visit.project
        refuse_unless_enabled(project.policy)
        subject = await self.users.welcome(self.db, project.id, project.policy, user_id)
        phone = _proven_number(visit, subject)
        await self.postage.count_request(visit, phone)
        await self.guesses.begin_anew(visit, Purpose.ELEVATION_TEXT_CODE, phone.e164)
        await self.texts.start(phone, subject.locale)
        async with self.db.write() as tx:
            held = await self.users.held(tx, project.id, user_id)
            await self.texts.write(tx, visit, Purpose.ELEVATION_TEXT_CODE, subject=held, phone=phone)
        await self.texts.record(visit, phone)


@dataclass(frozen=True, slots=True)
class ElevateWithTextCode:
    """Takes that code from the user it was sent to, who is known by their session, and starts an elevated one."""

    db: Database
    users: UserDirectory
    guesses: GuessCode
    tickets: TicketDesk
    postage: TextPostage
    finish: FinishSignIn

    async def __call__(
        self, visit: Visit, user_id: UUID, code: str, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Raises: EndpointDisabled, also for users without a proven number; TooManyAttempts, CannotSendText.

        InvalidTextCode, TooManyTextGuesses, and what FinishSignIn raises, before the code is looked at and after.
        """
        project = visit.project
        refuse_unless_enabled(project.policy)
        phone = _proven_number(visit, await self.users.welcome(self.db, project.id, project.policy, user_id))
        guess = Guess(purpose=Purpose.ELEVATION_TEXT_CODE, address=phone.e164, code=code, user_id=user_id)
        right = await self.guesses(visit, guess)
        async with self.db.write() as tx:
            await self.guesses.forget(tx, visit, guess)
            await self.users.held(tx, project.id, user_id)
            try:
                await self.tickets.spend(tx, right.ticket)
            except InvalidTicket as error:  # somebody else was faster with the same code
                raise InvalidTextCode from error
            outcome = await self.finish(tx, visit, Identified(user_id, Method.ELEVATION), terms)
        await self.postage.record_confirmed(visit, phone)
        return outcome


def _proven_number(visit: Visit, subject: Subject) -> PhoneNumber:
    if subject.phone_number is None or subject.phone_verified_at is None:
        raise EndpointDisabled
    return phone_of(visit.project.policy, subject.phone_number)
