"""Asking for another letter that proves an address."""

from contextlib import suppress
from dataclasses import dataclass

from vestibule.core.letters import LetterForm, Postage, SendLetter
from vestibule.core.projects import Visit
from vestibule.core.tickets import Purpose
from vestibule.core.users import Subject, UserDirectory, parse_email, refuse_unless_welcome
from vestibule.kernel.errors import EmailAlreadyVerified, EmailNotVerified, UserNotFound
from vestibule.storage import Database


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
