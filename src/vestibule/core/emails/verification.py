"""Proving an address: a letter goes out, its ticket comes back, and whoever brings it may be signed in."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from vestibule.core.letters import LetterForm, Postage, SendLetter
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose, Ticket, TicketDesk
from vestibule.core.users import Subject, UserDirectory, parse_email, refuse_unless_welcome
from vestibule.kernel.errors import EmailAlreadyVerified, EmailNotVerified, InvalidTicket, UserNotFound
from vestibule.storage import Database, Queries

_PROVES_ADDRESS: Final = frozenset({Purpose.EMAIL_VERIFICATION, Purpose.SIGN_IN_LINK, Purpose.PASSWORD_RESET})


@dataclass(frozen=True, slots=True)
class RequestVerification:
    """Sends another verification letter; the older one dies."""

    db: Database
    users: UserDirectory
    postage: Postage
    letters: SendLetter

    async def __call__(self, visit: Visit, email: str, form: LetterForm) -> None:
        """Raises: UserNotFound, EmailRefused, UserNotActive, AnonymousNotAllowed, EmailAlreadyVerified, InvalidEmail.

        And TooManyAttempts, for known and unknown addresses alike.
        """
        project = visit.project
        address = parse_email(email)
        await self.postage.count_request(visit, address.key)
        subject = await self.users.subject_by_email(self.db, project.id, address.key)
        if subject is None:
            raise UserNotFound
        await self._send(visit, subject, address.key, form)

    async def _send(self, visit: Visit, subject: Subject, email_key: str, form: LetterForm) -> None:
        with suppress(EmailNotVerified):  # that is what the letter is for
            refuse_unless_welcome(visit.project.policy, subject)
        credentials = await self.users.credentials(self.db, visit.project.id, subject.id)
        credential = next((row for row in credentials if row.email_key == email_key), None)
        if credential is None:
            raise UserNotFound
        if credential.verified_at is not None:
            raise EmailAlreadyVerified
        await self.postage.count_letter(visit)
        async with self.db.write() as tx:
            await self.users.held(tx, visit.project.id, subject.id)
            await self.letters(tx, visit, Purpose.EMAIL_VERIFICATION, form, subject=subject, credential=credential)


@dataclass(frozen=True, slots=True)
class TicketVisit:
    """A ticket that came back by a link."""

    purpose: Purpose
    secret: bytes


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Takes a mailed ticket: the address is proven, and at doors that want it a session begins."""

    db: Database
    users: UserDirectory
    tickets: TicketDesk
    finish: FinishSignIn

    async def __call__(self, visit: Visit, came: TicketVisit) -> Ticket:
        """Prove the address and sign nobody in. Raises: InvalidTicket, ExpiredTicket."""
        ticket = await self._examined(visit, came)
        async with self.db.write() as tx:
            await self._take(tx, visit, ticket)
        return ticket

    async def and_sign_in(self, visit: Visit, came: TicketVisit, terms: DoorTerms) -> SignedIn | SecondFactorRequired:
        """Prove the address and finish a sign-in; a refused sign-in leaves the ticket unspent.

        Raises: InvalidTicket, ExpiredTicket, and what FinishSignIn raises.
        """
        ticket = await self._examined(visit, came)
        if ticket.user_id is None:
            raise InvalidTicket
        async with self.db.write() as tx:
            await self._take(tx, visit, ticket)
            return await self.finish(tx, visit, Identified(ticket.user_id, Method.EMAIL_LINK), terms)

    async def _examined(self, visit: Visit, came: TicketVisit) -> Ticket:
        if came.purpose not in _PROVES_ADDRESS:
            raise InvalidTicket
        return await self.tickets.examine(
            self.db, visit.project.id, came.purpose, visit.dialect, came.secret, visit.client_id
        )

    async def _take(self, tx: Queries, visit: Visit, ticket: Ticket) -> None:
        if ticket.user_id is not None:
            try:
                await self.users.held(tx, visit.project.id, ticket.user_id)
            except UserNotFound as error:  # deleted this moment, and the ticket with them
                raise InvalidTicket from error
        await self.tickets.spend(tx, ticket)
        if ticket.credential_id is not None and ticket.address is not None:
            await self.users.mark_verified(tx, visit.project.id, ticket.credential_id, ticket.address)
