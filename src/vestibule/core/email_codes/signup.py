"""Registers somebody without a password, who comes in by the code that is mailed."""

from dataclasses import dataclass

from vestibule.core.email_codes.wish import EmailCodeWish, admitted, refuse_unless_enabled
from vestibule.core.guesses import GuessCode
from vestibule.core.letters import CodeForm
from vestibule.core.mailed import EntryByMail
from vestibule.core.projects import Visit
from vestibule.core.signup import refuse_unless_open
from vestibule.core.tickets import Purpose


@dataclass(frozen=True, slots=True)
class SignUpWithEmailCode:
    """Mails a code to who is new. Whoever has the address already is sent nothing, and nobody told (security 83)."""

    guesses: GuessCode
    entry: EntryByMail[CodeForm]

    async def __call__(self, visit: Visit, wish: EmailCodeWish) -> None:
        """Raises: EndpointDisabled, SignUpDisabled, InvalidEmail, EmailRefused, UserNotActive, AnonymousNotAllowed.

        And what targets and options raise, and TooManyAttempts. UserNotActive may mean: created, but disabled.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        refuse_unless_open(policy)
        newcomer = admitted(policy, wish)
        await self.entry.postage.count_request(visit, newcomer.address.key)
        await self.guesses.begin_anew(visit, Purpose.EMAIL_CODE, newcomer.address.key)
        await self.entry.sign_up(visit, newcomer)
