"""Asks for a link to sign in with. Whoever is unknown is registered by it, unless the project wants sign-ups apart."""

from contextlib import suppress
from dataclasses import dataclass

from vestibule.core.letters import Postage, even_pace
from vestibule.core.links.wish import LinkWish, MailLink, Newcomer, admitted, refuse_kept_out, refuse_unless_enabled
from vestibule.core.projects import Visit
from vestibule.core.signup import refuse_if_disabled
from vestibule.core.users import Subject, UserDirectory
from vestibule.kernel.errors import EmailTaken, Refusal, SignUpDisabled, TooManyAttempts
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class RequestSignInLink:
    """Mails a link; the older one dies. Known and unknown addresses get one answer, as late (security 82)."""

    db: Database
    users: UserDirectory
    postage: Postage
    mail: MailLink

    async def __call__(self, visit: Visit, wish: LinkWish) -> None:
        """Raises: EndpointDisabled, InvalidEmail, TooManyAttempts, EmailRefused, and what the rules on options raise.

        Where it may register who is unknown, also SignUpDisabled, UserNotActive and AnonymousNotAllowed. Where it may
        not, nothing more is told: whoever is unknown or kept out is sent nothing.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        newcomer = admitted(policy, wish)
        await self.postage.count_request(visit, newcomer.address.key)
        async with even_pace(self.postage.clock):
            subject = await self._known(visit, newcomer)
            if not policy.auto_sign_up_enabled:
                await self._quietly(visit, subject, newcomer)
            elif subject is None:
                await self._newly(visit, newcomer)
            else:
                await self._again(visit, subject, newcomer)

    async def _known(self, visit: Visit, wish: Newcomer) -> Subject | None:
        return await self.users.subject_by_email(self.db, visit.project.id, wish.address.key)

    async def _again(self, visit: Visit, subject: Subject, wish: Newcomer) -> None:
        refuse_kept_out(visit.project.policy, subject)
        await self.postage.count_letter(visit)
        await self.mail.to_known(visit, subject, wish)

    async def _newly(self, visit: Visit, wish: Newcomer) -> None:
        if not visit.project.policy.sign_up_enabled:
            raise SignUpDisabled
        await self.postage.count_letter(visit)
        try:
            refuse_if_disabled(await self.mail.to_new(visit, wish))
        except EmailTaken:  # registered by somebody else this moment
            subject = await self._known(visit, wish)
            if subject is not None:
                refuse_kept_out(visit.project.policy, subject)
                await self.mail.to_known(visit, subject, wish)

    async def _quietly(self, visit: Visit, subject: Subject | None, wish: Newcomer) -> None:
        if subject is None:
            return
        try:
            refuse_kept_out(visit.project.policy, subject)
        except Refusal:
            return
        with suppress(TooManyAttempts):
            await self.postage.count_letter(visit)
            await self.mail.to_known(visit, subject, wish)
