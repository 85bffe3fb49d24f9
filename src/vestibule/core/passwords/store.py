"""SQL of the passwords: the only statements that touch a hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class PasswordCredential:
    """An address with its password hash; `password_hash` is None when none was ever set (security 87).

    `changed_at` is when the user's password was last changed; a rehash of the same one is no change.
    """

    id: UUID
    user_id: UUID
    email: str
    email_key: str
    password_hash: str | None
    changed_at: datetime | None


_CREDENTIAL: Final = """
    SELECT c.id, c.user_id, c.email, c.email_key, c.password_hash, u.password_changed_at AS changed_at
    FROM vestibule_credentials AS c
    JOIN vestibule_users AS u ON u.project_id = c.project_id AND u.id = c.user_id
"""

BY_EMAIL: Final = Statement(
    PasswordCredential, f"{_CREDENTIAL} WHERE c.project_id = :project_id AND c.email_key = :email_key"
)

PRIMARY_OF_USER: Final = Statement(
    PasswordCredential, f"{_CREDENTIAL} WHERE c.project_id = :project_id AND c.user_id = :user_id AND c.is_primary"
)

# Two digits, so text stands in order. The index of migration 0005 has these expressions word for word.
DEAREST_BCRYPT: Final = Statement(
    str,
    """
    SELECT substr(password_hash, 5, 2) FROM vestibule_credentials
    WHERE project_id = :project_id AND substr(password_hash, 1, 2) = '$2'
        AND substr(password_hash, 5, 2) <= :highest
    ORDER BY substr(password_hash, 5, 2) DESC LIMIT 1
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
