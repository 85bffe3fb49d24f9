"""Proves somebody again who is signed in: by a code that is mailed to their own address."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.email_codes.wish import refuse_unless_enabled
from vestibule.core.guesses import Guess, GuessCode
from vestibule.core.letters import CodeForm, Postage, SendCode
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import CredentialRow, UserDirectory
from vestibule.kernel.errors import EmailNotVerified, InvalidEmailCode, InvalidTicket
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True)
class RequestElevationEmail:
    """Mails a code that elevates and does nothing else; the older one dies (security 75)."""

    db: Database
    users: UserDirectory
    postage: Postage
    guesses: GuessCode
    codes: SendCode

    async def __call__(self, visit: Visit, user_id: UUID, form: CodeForm) -> None:
        """Raises: EndpointDisabled, UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed.

        And TooManyAttempts. EmailNotVerified also where the project wants no verified address, but the code does.
        """
        project = visit.project
        refuse_unless_enabled(project.policy)
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        address = await _proven_address(self.users, self.db, visit, user_id)
        await self.postage.count_request(visit, address.email_key)
        await self.postage.count_letter(visit)
        await self.guesses.begin_anew(visit, Purpose.ELEVATION_EMAIL_CODE, address.email_key)
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            address = await _proven_address(self.users, tx, visit, user_id)
            await self.codes.mail(tx, visit, Purpose.ELEVATION_EMAIL_CODE, form, subject=subject, credential=address)


@dataclass(frozen=True, slots=True)
class ElevateWithEmailCode:
    """Takes that code from the user it was mailed to, who is known by their session, and starts an elevated one."""

    db: Database
    users: UserDirectory
    guesses: GuessCode
    tickets: TicketDesk
    finish: FinishSignIn

    async def __call__(
        self, visit: Visit, user_id: UUID, code: str, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Raises: EndpointDisabled, TooManyAttempts, InvalidEmailCode, TooManyGuesses, EmailNotVerified.

        And what FinishSignIn raises, before the code is looked at as well as after.
        """
        project = visit.project
        refuse_unless_enabled(project.policy)
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        address = await _proven_address(self.users, self.db, visit, user_id)
        guess = Guess(purpose=Purpose.ELEVATION_EMAIL_CODE, address=address.email_key, code=code, user_id=user_id)
        right = await self.guesses(visit, guess)
        async with self.db.write() as tx:
            await self.guesses.forget(tx, visit, guess)
            await self.users.held(tx, project.id, user_id)
            try:
                await self.tickets.spend(tx, right.ticket)
            except InvalidTicket as error:  # somebody else was faster with the same code
                raise InvalidEmailCode from error
            return await self.finish(tx, visit, Identified(user_id, Method.ELEVATION), terms)


async def _proven_address(users: UserDirectory, db: Queries, visit: Visit, user_id: UUID) -> CredentialRow:
    for credential in await users.credentials(db, visit.project.id, user_id):
        if credential.is_primary and credential.verified_at is not None:
            return credential
    raise EmailNotVerified
