"""Registers somebody without a password, who comes in by the link that is mailed."""

from dataclasses import dataclass

from vestibule.core.letters import LetterForm
from vestibule.core.links.wish import LinkWish, admitted, refuse_unless_enabled
from vestibule.core.mailed import EntryByMail
from vestibule.core.projects import Visit
from vestibule.core.signup import refuse_unless_open


@dataclass(frozen=True, slots=True)
class SignUpWithLink:
    """Mails a link to who is new. Whoever has the address already is sent nothing, and nobody told (security 83)."""

    entry: EntryByMail[LetterForm]

    async def __call__(self, visit: Visit, wish: LinkWish) -> None:
        """Raises: EndpointDisabled, SignUpDisabled, InvalidEmail, EmailRefused, UserNotActive, AnonymousNotAllowed.

        And what the rules on options raise, and TooManyAttempts. UserNotActive may mean: created, but disabled.
        """
        policy = visit.project.policy
        refuse_unless_enabled(policy)
        refuse_unless_open(policy)
        newcomer = admitted(policy, wish)
        await self.entry.postage.count_request(visit, newcomer.address.key)
        await self.entry.sign_up(visit, newcomer)
