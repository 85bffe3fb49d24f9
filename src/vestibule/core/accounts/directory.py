"""Creates an account with its first owner, and chooses the account a sign-in works in."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.accounts import store
from vestibule.core.accounts.store import MembershipRow
from vestibule.core.users import Subject
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import NotAMember
from vestibule.kernel.ids import AccountId, ProjectId, UserId
from vestibule.storage import Queries


@dataclass(frozen=True, slots=True)
class AccountDirectory:
    """Accounts of a project; every ownership is an explicit membership."""

    clock: Clock
    entropy: Entropy

    async def open_with_owner(self, tx: Queries, project_id: ProjectId, owner: UserId, name: str) -> AccountId:
        """Create an account and make `owner` its owner, in the caller's transaction."""
        now = self.clock.now()
        account_id = AccountId(new_uuid7(self.entropy, to_micros(now)))
        await tx.run(store.INSERT_ACCOUNT, project_id=project_id, id=account_id, name=name, now=now)
        await tx.run(
            store.INSERT_MEMBERSHIP,
            project_id=project_id,
            id=new_uuid7(self.entropy, to_micros(now)),
            user_id=owner,
            account_id=account_id,
            role="owner",
            now=now,
        )
        return account_id

    async def memberships(self, db: Queries, project_id: ProjectId, user_id: UUID) -> list[MembershipRow]:
        """Return the user's memberships with their accounts, the oldest first."""
        return await db.all(store.MEMBERSHIPS_OF_USER, project_id=project_id, user_id=user_id)


def chosen_membership(
    subject: Subject, memberships: Sequence[MembershipRow], requested: UUID | None
) -> MembershipRow | None:
    """Return the membership to work in: the requested account, else the preferred one, else the oldest.

    None when the user is in no account. Raises: NotAMember when the requested account is not theirs.
    """
    if requested is not None:
        for membership in memberships:
            if membership.account_id == requested:
                return membership
        raise NotAMember
    for membership in memberships:
        if membership.id == subject.preferred_membership_id:
            return membership
    return memberships[0] if memberships else None
