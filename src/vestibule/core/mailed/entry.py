"""Asking for a mail to come in with. Known and unknown addresses get one answer, as late (security 82)."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Generic

from vestibule.core.letters import Postage, even_pace
from vestibule.core.mailed.mailing import F, MailToEnter, Newcomer
from vestibule.core.projects import Policy, Visit
from vestibule.core.signup import refuse_if_disabled, refuse_unless_open
from vestibule.core.users import Subject, UserDirectory, refuse_unless_welcome
from vestibule.kernel.errors import EmailNotVerified, EmailTaken, Refusal, TooManyAttempts
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class EntryByMail(Generic[F]):
    """Mails somebody what they come in with; the older one dies. The wish was counted by the caller."""

    db: Database
    users: UserDirectory
    postage: Postage
    mail: MailToEnter[F]

    async def sign_in(self, visit: Visit, newcomer: Newcomer[F]) -> None:
        """Mail whoever has the address. Whoever is unknown is registered, unless the project wants sign-ups apart.

        Raises: where it may register, TooManyAttempts, SignUpDisabled, UserNotActive, EmailRefused and
        AnonymousNotAllowed. Where it may not, nothing: whoever is unknown or kept out is sent nothing, and not told.
        """
        async with even_pace(self.postage.clock):
            subject = await self._known(visit, newcomer)
            if not visit.project.policy.auto_sign_up_enabled:
                await self._quietly(visit, subject, newcomer)
            elif subject is None:
                await self._newly(visit, newcomer)
            else:
                await self._again(visit, subject, newcomer)

    async def sign_up(self, visit: Visit, newcomer: Newcomer[F]) -> None:
        """Register and mail who is new. Whoever has the address is sent nothing, and nobody told (security 83).

        Raises: TooManyAttempts, SignUpDisabled, UserNotActive, EmailRefused, AnonymousNotAllowed. UserNotActive may
        mean: created, but disabled.
        """
        async with even_pace(self.postage.clock):
            # Counted for whoever is known as well: a spent amount must not tell the two apart.
            await self.postage.count_letter(visit)
            subject = await self._known(visit, newcomer)
            if subject is not None:
                _refuse_kept_out(visit.project.policy, subject)
                return
            try:
                subject = await self.mail.to_new(visit, newcomer)
            except EmailTaken:  # by somebody else this moment
                return
            refuse_if_disabled(subject)

    async def _known(self, visit: Visit, wish: Newcomer[F]) -> Subject | None:
        return await self.users.subject_by_email(self.db, visit.project.id, wish.address.key)

    async def _again(self, visit: Visit, subject: Subject, wish: Newcomer[F]) -> None:
        _refuse_kept_out(visit.project.policy, subject)
        await self.postage.count_letter(visit)
        await self.mail.to_known(visit, subject, wish)

    async def _newly(self, visit: Visit, wish: Newcomer[F]) -> None:
        refuse_unless_open(visit.project.policy)
        await self.postage.count_letter(visit)
        try:
            refuse_if_disabled(await self.mail.to_new(visit, wish))
        except EmailTaken:  # registered by somebody else this moment
            subject = await self._known(visit, wish)
            if subject is not None:
                _refuse_kept_out(visit.project.policy, subject)
                await self.mail.to_known(visit, subject, wish)

    async def _quietly(self, visit: Visit, subject: Subject | None, wish: Newcomer[F]) -> None:
        if subject is None:
            return
        try:
            _refuse_kept_out(visit.project.policy, subject)
        except Refusal:
            return
        with suppress(TooManyAttempts):
            await self.postage.count_letter(visit)
            await self.mail.to_known(visit, subject, wish)


def _refuse_kept_out(policy: Policy, subject: Subject) -> None:
    """Let pass whoever is merely unverified: what is mailed is the proof."""
    with suppress(EmailNotVerified):
        refuse_unless_welcome(policy, subject)
