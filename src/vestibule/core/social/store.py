"""SQL of identities. `user_id` is written once, with the row: an identity never changes hands (security 12)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """Who a user is to a provider. `email` is what the provider said last; nothing is decided by it."""

    id: UUID
    user_id: UUID
    provider: str
    issuer: str
    subject: str
    email: str | None
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SealedRow:
    """What the application may call the provider with, as it is stored; None where it was taken already."""

    id: UUID
    tokens: bytes | None


_COLUMNS: Final = "id, user_id, provider, issuer, subject, email, created_at, last_used_at"

BY_SUBJECT: Final = Statement(
    IdentityRow,
    f"""
    SELECT {_COLUMNS} FROM vestibule_identities
    WHERE project_id = :project_id AND issuer = :issuer AND subject = :subject
    """,
)

OF_USER: Final = Statement(
    IdentityRow,
    f"""
    SELECT {_COLUMNS} FROM vestibule_identities
    WHERE project_id = :project_id AND user_id = :user_id
    ORDER BY created_at, id
    """,
)

INSERT: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_identities
        (project_id, id, user_id, provider, issuer, subject, email, created_at, last_used_at, tokens)
    VALUES (:project_id, :id, :user_id, :provider, :issuer, :subject, :email, :now, :last_used_at, :tokens)
    ON CONFLICT (project_id, issuer, subject) DO NOTHING
    RETURNING id
    """,
)

USED: Final = Statement(
    None,
    """
    UPDATE vestibule_identities SET last_used_at = :now, email = :email, tokens = COALESCE(:tokens, tokens)
    WHERE project_id = :project_id AND id = :id AND user_id = :user_id
    """,
)

DELETE: Final = Statement(
    None, "DELETE FROM vestibule_identities WHERE project_id = :project_id AND user_id = :user_id AND id = :id"
)

# With or without tokens: those of another account, which was used before, are not what is asked for.
NEWEST: Final = Statement(
    SealedRow,
    """
    SELECT id, tokens FROM vestibule_identities
    WHERE project_id = :project_id AND user_id = :user_id AND provider = :provider
    ORDER BY COALESCE(last_used_at, created_at) DESC, id DESC LIMIT 1
    """,
)

# Of many who have read the same tokens, the one whose statement finds them still there may hand them out.
BLANK: Final = Statement(
    None,
    """
    UPDATE vestibule_identities SET tokens = NULL
    WHERE project_id = :project_id AND id = :id AND tokens = :tokens
    """,
)
