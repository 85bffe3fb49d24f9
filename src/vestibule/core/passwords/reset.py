"""Forgotten passwords: a mailed ticket, and what it lets its holder do."""

import asyncio
from dataclasses import dataclass
from typing import Final

from vestibule.core.letters import LetterForm, Postage, SendLetter
from vestibule.core.passwords import store
from vestibule.core.passwords.change import SetPassword
from vestibule.core.passwords.hashing import Hashing
from vestibule.core.passwords.rules import NewPassword, refuse_unfit
from vestibule.core.projects import Visit
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import (
    UserDirectory,
    parse_email,
    refuse_address_outside_lists,
    refuse_unless_active,
)
from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.errors import EmailRefused, InvalidEmail, InvalidTicket, Refusal, TooManyAttempts, UserNotFound
from vestibule.storage import Database

# A letter costs a transaction, nobody's address costs none: 7 against 1 ms on PostgreSQL. Both are answered this late.
ANSWER_AFTER_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    """Mails a reset letter if there is somebody to mail it to; the caller never learns which (security 82)."""

    db: Database
    users: UserDirectory
    postage: Postage
    letters: SendLetter

    async def __call__(self, visit: Visit, email: str, form: LetterForm) -> None:
        """Answer nothing, as late, whether the address is unknown, refused, disabled, mailed too often or fine."""
        answer_at_seconds = monotonic_seconds() + ANSWER_AFTER_SECONDS
        await self._mail(visit, email, form)
        await asyncio.sleep(answer_at_seconds - monotonic_seconds())

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
        refuse_unfit(project.policy, new, email=credential.email)
        password_hash = await self.hashing.hash(new.secret)
        async with self.db.write() as tx:
            try:
                refuse_unless_active(project.policy, await self.users.held(tx, project.id, ticket.user_id))
            except UserNotFound as error:  # deleted this moment, and the ticket with them
                raise InvalidTicket from error
            await self.tickets.spend(tx, ticket)
            if ticket.credential_id is not None and ticket.address is not None:
                # Whoever holds the letter reads that mailbox: the address is proven along the way.
                await self.users.mark_verified(tx, project.id, ticket.credential_id, ticket.address)
            await self.set_password(tx, visit, credential, password_hash, kept=None)
