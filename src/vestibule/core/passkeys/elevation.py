"""Lets somebody who is signed in prove themselves again, with a passkey of their own and no other."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.passkeys import store
from vestibule.core.passkeys.answers import PresentedAssertion, to_base64url
from vestibule.core.passkeys.ceremonies import RequestOptions
from vestibule.core.passkeys.challenges import Asked, Challenges, relying_party
from vestibule.core.passkeys.proving import EnterWithPasskey
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory
from vestibule.kernel.errors import NoPasskey
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class ElevateWithPasskey:
    """Begins a new session, never touching the old one: what was gained before is not lifted along (security 34)."""

    db: Database
    users: UserDirectory
    challenges: Challenges
    enter: EnterWithPasskey

    async def begin(self, visit: Visit, user_id: UUID) -> RequestOptions:
        """Raises: EndpointDisabled, NoPasskey, and what UserDirectory.welcome raises."""
        project = visit.project
        party = relying_party(visit)
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        allow = await self.db.all(store.CREDENTIAL_IDS_OF_USER, project_id=project.id, user_id=user_id)
        if not allow:
            raise NoPasskey
        asked = Asked(allowed=[to_base64url(credential_id) for credential_id in allow])
        challenge = await self.challenges.issue(visit, Purpose.PASSKEY_ELEVATION, asked, user_id)
        return RequestOptions(party=party, challenge=challenge, allow=allow)

    async def finish(
        self, visit: Visit, user_id: UUID, presented: PresentedAssertion, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Raises: EndpointDisabled, PasskeyRefused, and what UserDirectory.welcome and FinishSignIn raise."""
        project = visit.project
        relying_party(visit)
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        return await self.enter(visit, Purpose.PASSKEY_ELEVATION, Method.ELEVATION, presented, terms, user_id=user_id)
