"""Links a provider's account to a user who is signed in, unlinks it, and lists what is linked."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.projects import Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.social import store
from vestibule.core.social.identities import KeepIdentity, stranger_of
from vestibule.core.social.model import Vouched
from vestibule.core.social.store import IdentityRow
from vestibule.core.users import UserDirectory, refuse_unless_welcome
from vestibule.core.ways_in import WaysIn
from vestibule.kernel.errors import IdentityNotFound, LastWayIn
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class LinkIdentity:
    """Another way in for a user, who is told by mail. The provider's address counts for nothing here."""

    db: Database
    users: UserDirectory
    keep: KeepIdentity
    notices: SendNotice

    async def __call__(self, visit: Visit, user_id: UUID, vouched: Vouched) -> None:
        """Raises: ProviderProfileFailed, IdentityTaken, also if it is the user's own, and what `welcome` raises."""
        who = stranger_of(vouched)
        project = visit.project
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, subject)
            await self.keep.add(tx, visit, user_id, who, is_used=False)
            await self.notices(tx, visit, subject, "security-changed", event="provider-added")


@dataclass(frozen=True, slots=True)
class ListIdentities:
    """Shows users what is linked to them."""

    db: Database
    users: UserDirectory

    async def __call__(self, visit: Visit, user_id: UUID) -> Sequence[IdentityRow]:
        """Return them, the oldest first. Raises: what UserDirectory.welcome raises."""
        project = visit.project
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        return await self.db.all(store.OF_USER, project_id=project.id, user_id=user_id)


@dataclass(frozen=True, slots=True)
class UnlinkIdentity:
    """Takes a way in away, unless it is the last one; the user is told by mail."""

    db: Database
    users: UserDirectory
    ways_in: WaysIn
    sessions: RevokeSessions
    notices: SendNotice
    audit: AuditLog

    async def __call__(
        self, visit: Visit, user_id: UUID, identity_id: UUID, *, kept_session: UUID | None = None
    ) -> None:
        """End the user's other sessions too, where the project wants that; `kept_session` is the caller's.

        Raises: IdentityNotFound, LastWayIn, and what UserDirectory.welcome raises.
        """
        project = visit.project
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, subject)
            linked = await tx.all(store.OF_USER, project_id=project.id, user_id=user_id)
            unlinked = next((row for row in linked if row.id == identity_id), None)
            if unlinked is None:
                raise IdentityNotFound
            await tx.run(store.DELETE, project_id=project.id, user_id=user_id, id=identity_id)
            if not await self.ways_in.any_is_left(tx, project, subject):
                raise LastWayIn
            if project.policy.provider_change_ends_other_sessions:
                await self.sessions.all_of(tx, project.id, user_id, but=kept_session)
            entry = AuditEntry(
                project.id,
                "identity.unlinked",
                user_id,
                kept_session,
                visit.dialect,
                request_id=visit.request_id,
                detail={"identity": str(identity_id), "provider": unlinked.provider},
            )
            await self.audit.record(tx, entry)
            await self.notices(tx, visit, subject, "security-changed", event="provider-removed")
