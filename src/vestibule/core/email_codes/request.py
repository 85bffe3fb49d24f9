"""Asks for a code to sign in with. Whoever is unknown is registered by it, unless the project wants sign-ups apart."""

from dataclasses import dataclass

from vestibule.core.email_codes.wish import EmailCodeWish, admitted, refuse_unless_enabled
from vestibule.core.guesses import GuessCode
from vestibule.core.letters import CodeForm
from vestibule.core.mailed import EntryByMail
from vestibule.core.projects import Visit
from vestibule.core.tickets import Purpose


@dataclass(frozen=True, slots=True)
class RequestEmailCode:
    """Mails a code; the older one dies. Known and unknown addresses get one answer, as late (security 82)."""

    guesses: GuessCode
    entry: EntryByMail[CodeForm]

    async def __call__(self, visit: Visit, wish: EmailCodeWish) -> None:
        """Raises: EndpointDisabled, InvalidEmail, EmailRefused, TooManyAttempts, and what targets and options raise.

        Where it may register who is unknown, also SignUpDisabled, UserNotActive and AnonymousNotAllowed. Where it may
        not, nothing more is told: whoever is unknown or kept out is sent nothing.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        newcomer = admitted(policy, wish)
        await self.entry.postage.count_request(visit, newcomer.address.key)
        await self.guesses.begin_anew(visit, Purpose.EMAIL_CODE, newcomer.address.key)
        await self.entry.sign_in(visit, newcomer)
