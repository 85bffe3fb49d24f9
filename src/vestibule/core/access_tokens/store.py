"""SQL of personal access tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class AccessTokenRow:
    """A token that is alive, without its secret."""

    id: UUID
    user_id: UUID
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedAccessToken:
    """What its owner is told of a token: nothing that signs in."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    metadata: dict[str, Any] | None
    last_used_at: datetime | None


INSERT: Final = Statement(
    None,
    """
    INSERT INTO vestibule_access_tokens (project_id, id, user_id, secret_hash, metadata, created_at, expires_at)
    VALUES (:project_id, :id, :user_id, :secret_hash, :metadata, :now, :expires_at)
    """,
)

INSERT_IMPORTED: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_access_tokens (project_id, id, user_id, secret_hash, metadata, created_at, expires_at)
    VALUES (:project_id, :id, :user_id, :secret_hash, :metadata, :created_at, :expires_at)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)

COUNT_OF_USER: Final = Statement(
    int,
    """
    SELECT COUNT(*) FROM vestibule_access_tokens
    WHERE project_id = :project_id AND user_id = :user_id AND expires_at > :now
    """,
)

OF_USER: Final = Statement(
    ListedAccessToken,
    """
    SELECT id, created_at, expires_at, metadata, last_used_at FROM vestibule_access_tokens
    WHERE project_id = :project_id AND user_id = :user_id AND expires_at > :now
    ORDER BY created_at, id
    """,
)

LIVE: Final = Statement(
    AccessTokenRow,
    """
    SELECT id, user_id, last_used_at FROM vestibule_access_tokens
    WHERE project_id = :project_id AND secret_hash IN (:secret_hash, :imported_hash) AND expires_at > :now
    """,
)

TOUCH: Final = Statement(
    None, "UPDATE vestibule_access_tokens SET last_used_at = :now WHERE project_id = :project_id AND id = :id"
)

DELETE: Final = Statement(
    AccessTokenRow,
    """
    DELETE FROM vestibule_access_tokens
    WHERE project_id = :project_id AND secret_hash IN (:secret_hash, :imported_hash)
    RETURNING id, user_id, last_used_at
    """,
)

DELETE_OWN: Final = Statement(
    None, "DELETE FROM vestibule_access_tokens WHERE project_id = :project_id AND user_id = :user_id AND id = :id"
)

DELETE_OF_USER: Final = Statement(
    None, "DELETE FROM vestibule_access_tokens WHERE project_id = :project_id AND user_id = :user_id"
)
