"""The mail itself, to somebody who is known and to somebody who is registered by it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from vestibule.core.projects import Visit
from vestibule.core.signup import RegisterUser
from vestibule.core.tickets import Purpose
from vestibule.core.users import ChosenOptions, CredentialRow, EmailAddress, NewUser, Subject, UserDirectory
from vestibule.kernel.errors import UserNotFound
from vestibule.storage import Database, Queries

F = TypeVar("F")  # how this kind of mail is written: a LetterForm or a CodeForm
_F_contra = TypeVar("_F_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Newcomer(Generic[F]):
    """Somebody whose address and options the project's rules let pass; who is known already needs no options."""

    address: EmailAddress
    options: ChosenOptions
    form: F


class WriteMail(Protocol[_F_contra]):
    """Queues a mail of this form in the caller's transaction, which holds the user."""

    async def __call__(
        self,
        tx: Queries,
        visit: Visit,
        purpose: Purpose,
        form: _F_contra,
        *,
        subject: Subject,
        credential: CredentialRow,
    ) -> None:
        """Issue the ticket and queue the mail."""


@dataclass(frozen=True, slots=True)
class MailToEnter(Generic[F]):
    """Writes the mail, with the user's row where there is none yet. It was counted by `Postage`."""

    db: Database
    users: UserDirectory
    register: RegisterUser
    write: WriteMail[F]
    purpose: Purpose

    async def to_known(self, visit: Visit, subject: Subject, wish: Newcomer[F]) -> None:
        """Mail somebody who has the address; the older ticket dies. Nobody is mailed who is gone this moment."""
        project = visit.project
        async with self.db.write() as tx:
            with suppress(UserNotFound):
                await self.users.held(tx, project.id, subject.id)
            for credential in await self.users.credentials(tx, project.id, subject.id):
                if credential.email_key == wish.address.key:
                    await self.write(tx, visit, self.purpose, wish.form, subject=subject, credential=credential)

    async def to_new(self, visit: Visit, wish: Newcomer[F]) -> Subject:
        """Register somebody and mail them, unless they are disabled as every new user is: the caller says so.

        Raises: SignUpDisabled, EmailTaken.
        """
        async with self.db.write() as tx:
            subject = await self.register(tx, visit, NewUser(address=wish.address, options=wish.options))
            if subject.status == "active":
                [credential] = await self.users.credentials(tx, visit.project.id, subject.id)
                await self.write(tx, visit, self.purpose, wish.form, subject=subject, credential=credential)
        return subject
