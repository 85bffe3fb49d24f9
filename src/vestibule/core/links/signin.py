"""Asks for a link to sign in with. Whoever is unknown is registered by it, unless the project wants sign-ups apart."""

from dataclasses import dataclass

from vestibule.core.letters import LetterForm
from vestibule.core.links.wish import LinkWish, admitted, refuse_unless_enabled
from vestibule.core.mailed import EntryByMail
from vestibule.core.projects import Visit


@dataclass(frozen=True, slots=True)
class RequestSignInLink:
    """Mails a link; the older one dies. Known and unknown addresses get one answer, as late (security 82)."""

    entry: EntryByMail[LetterForm]

    async def __call__(self, visit: Visit, wish: LinkWish) -> None:
        """Raises: EndpointDisabled, InvalidEmail, TooManyAttempts, EmailRefused, and what the rules on options raise.

        Where it may register who is unknown, also SignUpDisabled, UserNotActive and AnonymousNotAllowed. Where it may
        not, nothing more is told: whoever is unknown or kept out is sent nothing.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        newcomer = admitted(policy, wish)
        await self.entry.postage.count_request(visit, newcomer.address.key)
        await self.entry.sign_in(visit, newcomer)
