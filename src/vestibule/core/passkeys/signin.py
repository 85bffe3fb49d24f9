"""Signs in with a passkey: of a user who says who they are, or of whoever the authenticator knows."""

from dataclasses import dataclass

from vestibule.core.passkeys import store
from vestibule.core.passkeys.answers import PresentedAssertion, to_base64url
from vestibule.core.passkeys.ceremonies import RequestOptions
from vestibule.core.passkeys.challenges import Asked, Challenges, relying_party
from vestibule.core.passkeys.decoys import decoy_ids
from vestibule.core.passkeys.proving import EnterWithPasskey
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory, parse_email, refuse_unless_welcome
from vestibule.kernel.errors import NoPasskey, UserNotFound
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class SignInWithPasskey:
    """Who has passkeys, and whether a user may come in, shows only after a right answer (security 93)."""

    db: Database
    users: UserDirectory
    challenges: Challenges
    keyring: Keyring
    enter: EnterWithPasskey

    async def begin(self, visit: Visit, email: str | None = None) -> RequestOptions:
        """Return options for any passkey, or for those of an address; an address without any gets decoys.

        Where the project wants no decoys it is said why there are none: UserNotFound, NoPasskey, EmailRefused,
        UserNotActive, EmailNotVerified, AnonymousNotAllowed. Raises: EndpointDisabled, InvalidEmail, and those.
        """
        party = relying_party(visit)
        if email is None:
            challenge = await self.challenges.issue(visit, Purpose.PASSKEY_SIGN_IN, Asked())
            return RequestOptions(party=party, challenge=challenge)
        address = parse_email(email)
        if not party.decoys:
            await self._refuse_openly(visit, address.key)
        owned = await self.db.all(store.CREDENTIAL_IDS_OF_ADDRESS, project_id=visit.project.id, email_key=address.key)
        if not owned and not party.decoys:
            raise NoPasskey
        decoys = decoy_ids(self.keyring, visit.project.id, address.key)
        allow = [row.credential_id for row in owned] or decoys
        asked = Asked(allowed=[to_base64url(credential_id) for credential_id in allow])
        user_id = owned[0].user_id if owned else None
        challenge = await self.challenges.issue(visit, Purpose.PASSKEY_SIGN_IN, asked, user_id)
        return RequestOptions(party=party, challenge=challenge, allow=allow)

    async def finish(
        self, visit: Visit, presented: PresentedAssertion, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Raises: EndpointDisabled, PasskeyRefused, and what FinishSignIn raises."""
        return await self.enter(visit, Purpose.PASSKEY_SIGN_IN, Method.PASSKEY, presented, terms)

    async def _refuse_openly(self, visit: Visit, email_key: str) -> None:
        subject = await self.users.subject_by_email(self.db, visit.project.id, email_key)
        if subject is None:
            raise UserNotFound
        refuse_unless_welcome(visit.project.policy, subject)
