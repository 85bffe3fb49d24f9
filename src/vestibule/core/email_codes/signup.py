"""Registers somebody without a password, who comes in by the code that is mailed."""

from dataclasses import dataclass

from vestibule.core.email_codes.wish import (
    EmailCodeWish,
    MailCode,
    admitted,
    refuse_kept_out,
    refuse_unless_enabled,
)
from vestibule.core.guesses import GuessCode
from vestibule.core.letters import Postage, even_pace
from vestibule.core.projects import Visit
from vestibule.core.signup import refuse_if_disabled
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory
from vestibule.kernel.errors import EmailTaken, SignUpDisabled
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class SignUpWithEmailCode:
    """Mails a code to who is new. Whoever has the address already is sent nothing, and nobody told (security 83)."""

    db: Database
    users: UserDirectory
    postage: Postage
    guesses: GuessCode
    mail: MailCode

    async def __call__(self, visit: Visit, wish: EmailCodeWish) -> None:
        """Raises: EndpointDisabled, SignUpDisabled, InvalidEmail, EmailRefused, UserNotActive, AnonymousNotAllowed.

        And what targets and options raise, and TooManyAttempts. UserNotActive may mean: created, but disabled.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        if not policy.sign_up_enabled:
            raise SignUpDisabled
        newcomer = admitted(policy, wish)
        await self.postage.count_request(visit, newcomer.address.key)
        await self.guesses.begin_anew(visit, Purpose.EMAIL_CODE, newcomer.address.key)
        async with even_pace(self.postage.clock):
            # Counted for whoever is known as well: a spent amount must not tell the two apart.
            await self.postage.count_letter(visit)
            subject = await self.users.subject_by_email(self.db, visit.project.id, newcomer.address.key)
            if subject is not None:
                refuse_kept_out(policy, subject)
                return
            try:
                subject = await self.mail.to_new(visit, newcomer)
            except EmailTaken:  # by somebody else this moment
                return
            refuse_if_disabled(subject)
