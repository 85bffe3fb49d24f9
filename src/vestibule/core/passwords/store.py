"""SQL of the passwords: the only statements that touch a hash."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """An address with its password hash; `password_hash` is None when none was ever set (security 87)."""

    id: UUID
    user_id: UUID
    email: str
    password_hash: str | None


BY_EMAIL: Final = Statement(
    PasswordCredential,
    """
    SELECT id, user_id, email, password_hash
    FROM vestibule_credentials WHERE project_id = :project_id AND email_key = :email_key
    """,
)

PRIMARY_OF_USER: Final = Statement(
    PasswordCredential,
    """
    SELECT id, user_id, email, password_hash
    FROM vestibule_credentials WHERE project_id = :project_id AND user_id = :user_id AND is_primary
    """,
)

SET_HASH: Final = Statement(
    None,
    """
    UPDATE vestibule_credentials SET password_hash = :password_hash
    WHERE project_id = :project_id AND id = :credential_id
    """,
)

REPLACE_HASH: Final = Statement(
    None,
    """
    UPDATE vestibule_credentials SET password_hash = :password_hash
    WHERE project_id = :project_id AND id = :credential_id AND password_hash = :old_hash
    """,
)

PASSWORD_CHANGED: Final = Statement(
    None,
    """
    UPDATE vestibule_users SET password_changed_at = :now, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id
    """,
)
