"""SQL of accounts and memberships."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A membership with its account."""

    id: UUID
    user_id: UUID
    account_id: UUID
    role: str
    created_at: datetime
    account_parent_id: UUID | None
    account_name: str | None
    account_avatar_url: str | None
    account_status: str
    account_paid_until: datetime | None


INSERT_ACCOUNT: Final = Statement(
    None,
    """
    INSERT INTO vestibule_accounts (project_id, id, parent_account_id, name, status, created_at, updated_at)
    VALUES (:project_id, :id, NULL, :name, 'active', :now, :now)
    """,
)

INSERT_MEMBERSHIP: Final = Statement(
    None,
    """
    INSERT INTO vestibule_memberships (project_id, id, user_id, account_id, role, created_at)
    VALUES (:project_id, :id, :user_id, :account_id, :role, :now)
    """,
)

MEMBERSHIPS_OF_USER: Final = Statement(
    MembershipRow,
    """
    SELECT m.id, m.user_id, m.account_id, m.role, m.created_at, a.parent_account_id AS account_parent_id,
           a.name AS account_name, a.avatar_url AS account_avatar_url, a.status AS account_status,
           a.paid_until AS account_paid_until
    FROM vestibule_memberships AS m
    JOIN vestibule_accounts AS a ON a.project_id = m.project_id AND a.id = m.account_id
    WHERE m.project_id = :project_id AND m.user_id = :user_id
    ORDER BY m.created_at, m.id
    """,
)
