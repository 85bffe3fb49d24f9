"""Forgotten passwords: a mailed ticket, and what it lets its holder do."""

from dataclasses import dataclass

from vestibule.core.letters import LetterForm, Postage, SendLetter, even_pace
from vestibule.core.passwords import store
from vestibule.core.passwords.change import SetPassword
from vestibule.core.passwords.hashing import Hashing
from vestibule.core.passwords.leaks import VetPassword
from vestibule.core.passwords.rules import NewPassword
from vestibule.core.projects import Visit
from vestibule.core.proofs import ProveAddress
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import UserDirectory, parse_email, refuse_address_outside_lists, refuse_unless_active
from vestibule.kernel.errors import EmailRefused, InvalidEmail, InvalidTicket, Refusal, TooManyAttempts, UserNotFound
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    """Mails a reset letter if there is somebody to mail it to; the caller never learns which (security 82)."""

    db: Database
    users: UserDirectory
    postage: Postage
    letters: SendLetter

    async def __call__(self, visit: Visit, email: str, form: LetterForm) -> None:
        """Answer nothing, as late, whether the address is unknown, refused, disabled, mailed too often or fine."""
        async with even_pace(self.postage.clock):
            await self._mail(visit, email, form)

    async def _mail(self, visit: Visit, email: str, form: LetterForm) -> None:
        project = visit.project
        try:
            address = parse_email(email)
            refuse_address_outside_lists(project.policy, address)
            await self.postage.count_request(visit, address.key)
        except (InvalidEmail, EmailRefused, TooManyAttempts):
            return
        subject = await self.users.subject_by_email(self.db, project.id, address.key)
        if subject is None:
            return
        try:
            refuse_unless_active(project.policy, subject)
        except Refusal:
            return
        credentials = await self.users.credentials(self.db, project.id, subject.id)
        credential = next((row for row in credentials if row.email_key == address.key), None)
        if credential is None:
            return
        try:
            await self.postage.count_letter(visit)
        except TooManyAttempts:
            return
        async with self.db.write() as tx:
            try:
                await self.users.held(tx, project.id, subject.id)
            except UserNotFound:  # deleted this moment
                return
            await self.letters(tx, visit, Purpose.PASSWORD_RESET, form, subject=subject, credential=credential)


@dataclass(frozen=True, slots=True)
class ResetPassword:
    """Sets a new password for the holder of a reset ticket; every session ends."""

    db: Database
    users: UserDirectory
    tickets: TicketDesk
    hashing: Hashing
    vet: VetPassword
    prove: ProveAddress
    set_password: SetPassword

    async def __call__(self, visit: Visit, secret: bytes, new: NewPassword) -> None:
        """Check everything first and spend the ticket last: a bad password does not burn the link.

        Raises: InvalidTicket, ExpiredTicket, UserNotActive, EmailNotVerified, Overloaded, and the password rules'.
        """
        project = visit.project
        ticket = await self.tickets.examine(
            self.db, project.id, Purpose.PASSWORD_RESET, visit.dialect, secret, visit.client_id
        )
        if ticket.user_id is None:
            raise InvalidTicket
        refuse_unless_active(project.policy, await self.users.subject(self.db, project.id, ticket.user_id))
        credential = await self.db.one(store.PRIMARY_OF_USER, project_id=project.id, user_id=ticket.user_id)
        if credential is None:
            raise InvalidTicket
        await self.vet(project.policy, new, email=credential.email)
        password_hash = await self.hashing.hash(new.secret)
        async with self.db.write() as tx:
            try:
                refuse_unless_active(project.policy, await self.users.held(tx, project.id, ticket.user_id))
            except UserNotFound as error:  # deleted this moment, and the ticket with them
                raise InvalidTicket from error
            await self.prove(tx, visit, ticket)  # whoever holds the letter reads that mailbox
            await self.set_password(tx, visit, credential, password_hash, kept=None)
