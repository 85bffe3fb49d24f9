"""Adds a passkey to a user who is signed in."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.letters import SendNotice
from vestibule.core.passkeys import store
from vestibule.core.passkeys.ceremonies import CreationOptions
from vestibule.core.passkeys.challenges import Asked, Challenges, relying_party
from vestibule.core.passkeys.keeping import MOST_PER_USER, KeepPasskey, NewPasskey
from vestibule.core.projects import Visit
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserDirectory, refuse_unless_welcome
from vestibule.kernel.errors import PasskeyRefused
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class AddPasskey:
    """Another way in for a user; they are told by mail, in case it was somebody else."""

    db: Database
    users: UserDirectory
    challenges: Challenges
    keep: KeepPasskey
    notices: SendNotice

    async def begin(self, visit: Visit, user_id: UUID) -> CreationOptions:
        """Raises: EndpointDisabled, PasskeyRefused for one too many, and what UserDirectory.welcome raises."""
        project = visit.project
        party = relying_party(visit)
        subject = await self.users.welcome(self.db, project.id, project.policy, user_id)
        known = await self.db.all(store.CREDENTIAL_IDS_OF_USER, project_id=project.id, user_id=user_id)
        if len(known) >= MOST_PER_USER:
            raise PasskeyRefused
        challenge = await self.challenges.issue(visit, Purpose.PASSKEY_ADDITION, Asked(), user_id)
        name = subject.display_name or subject.email or str(user_id)
        return CreationOptions(party=party, challenge=challenge, user_id=user_id, name=name, exclude=known)

    async def finish(self, visit: Visit, user_id: UUID, new: NewPasskey) -> UUID:
        """Return the new passkey's id.

        Raises: EndpointDisabled, PasskeyRefused, and what UserDirectory.welcome raises.
        """
        project = visit.project
        party = relying_party(visit)
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        attestation = new.presented.read()
        answered = await self.challenges.take(visit, Purpose.PASSKEY_ADDITION, attestation, user_id)
        key = await self.keep.verified(attestation, answered.expected(party))
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, subject)
            kept = await self.keep(tx, visit, user_id, key, new.nickname)
            await self.notices(tx, visit, subject, "security-changed", event="passkey-added")
            return kept
