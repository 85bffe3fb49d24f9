"""ID tokens that an application got from a provider by itself: signing in, signing up, linking with one."""

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from vestibule.core.attempts import AttemptBudget, Budget
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms
from vestibule.core.signup import refuse_unless_open
from vestibule.core.social.enter import Entered, EnterWithIdentity, Entry
from vestibule.core.social.identities import stranger_of
from vestibule.core.social.link import LinkIdentity
from vestibule.core.social.model import IdentityProviders, Vouched
from vestibule.core.users import refuse_address_outside_lists
from vestibule.kernel.errors import EmailRefused, EndpointDisabled, InvalidIdToken, TooManyAttempts
from vestibule.kernel.secret import Secret
from vestibule.storage import Database

_LONGEST_LIFE: Final = timedelta(days=365)
_CLOCKS_DIFFER: Final = timedelta(minutes=10)  # more than any verifier forgives


@dataclass(frozen=True, slots=True)
class PresentedIdToken:
    """A token as it came; `nonce` is the application's own, of which the token has the SHA-256."""

    provider: str
    token: Secret
    nonce: str | None = None


class _Claims(msgspec.Struct, frozen=True):
    exp: float
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class ReadIdToken:
    """Knows who a token speaks of, and lets each nonce be used once; a project may insist on one (security 7)."""

    db: Database
    attempts: AttemptBudget
    identities: IdentityProviders

    async def __call__(self, visit: Visit, presented: PresentedIdToken) -> Vouched:
        """Return who it is. Raises: EndpointDisabled, InvalidIdToken."""
        verify = self.identities.verifier(visit.project.id, presented.provider)
        if verify is None:
            raise EndpointDisabled
        token = presented.token.reveal()
        identity = await verify(token, presented.nonce)
        await self._use_nonce(visit, presented.provider, token)
        return Vouched(identity)

    async def _use_nonce(self, visit: Visit, provider: str, verified: str) -> None:
        claims = _claims(verified)
        if claims.nonce is None:
            if visit.project.policy.id_token_nonce_required:
                raise InvalidIdToken
            return
        left = claims.exp - self.attempts.clock.now().timestamp()
        life = timedelta(seconds=min(max(left, 0.0), _LONGEST_LIFE.total_seconds())) + _CLOCKS_DIFFER
        try:
            await self.attempts.charge(self.db, visit.project.id, f"nonce:{provider}:{claims.nonce}", Budget(1, life))
        except TooManyAttempts as error:
            raise InvalidIdToken from error


def _claims(verified: str) -> _Claims:
    """Return what a token says that has been verified. Raises: InvalidIdToken."""
    try:
        _, payload, _ = verified.split(".")
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise InvalidIdToken from error


@dataclass(frozen=True, slots=True)
class EnterWithIdToken:
    """Signs in, or up, whoever a token speaks of."""

    read: ReadIdToken
    enter: EnterWithIdentity

    async def __call__(self, visit: Visit, presented: PresentedIdToken, entry: Entry, terms: DoorTerms) -> Entered:
        """Raises: SignUpDisabled (where signing up is meant), EndpointDisabled, InvalidIdToken, ProviderProfileFailed.

        EmailRefused too, also where the token has no address. And what EnterWithIdentity raises.
        """
        policy = visit.project.policy
        if entry.flow == "sign-up":
            refuse_unless_open(policy)
        vouched = await self.read(visit, presented)
        address = stranger_of(vouched).address
        if address is None:
            raise EmailRefused
        refuse_address_outside_lists(policy, address)
        return await self.enter(visit, vouched, entry, terms)


@dataclass(frozen=True, slots=True)
class LinkWithIdToken:
    """Links whoever a token speaks of to the user who is signed in."""

    read: ReadIdToken
    link: LinkIdentity

    async def __call__(self, visit: Visit, user_id: UUID, presented: PresentedIdToken) -> None:
        """Raises: EndpointDisabled, InvalidIdToken, and what LinkIdentity raises."""
        await self.link(visit, user_id, await self.read(visit, presented))
