"""SQL of second factors: the secrets of authenticator applications, and recovery codes."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class TotpRow:
    """A user's secrets, sealed. `secret` is what codes count for, once one was confirmed; `offered` is what was made
    last and not confirmed. `last_step` is the last step of `secret` whose code was taken.
    """

    project_id: UUID
    user_id: UUID
    secret: bytes | None
    offered: bytes | None
    last_step: int


_COLUMNS: Final = "project_id, user_id, secret, offered, last_step"

OF_USER: Final = Statement(
    TotpRow, f"SELECT {_COLUMNS} FROM vestibule_totp WHERE project_id = :project_id AND user_id = :user_id"
)

OFFER: Final = Statement(
    None,
    """
    INSERT INTO vestibule_totp (project_id, user_id, offered, created_at)
    VALUES (:project_id, :user_id, :offered, :now)
    ON CONFLICT (project_id, user_id) DO UPDATE SET offered = excluded.offered
    """,
)

CONFIRM: Final = Statement(
    None,
    """
    UPDATE vestibule_totp
    SET secret = :secret, offered = NULL, last_step = :step, activated_at = :now
    WHERE project_id = :project_id AND user_id = :user_id
    """,
)

INSERT_ARRIVAL: Final = Statement(
    None,
    """
    INSERT INTO vestibule_totp (project_id, user_id, secret, created_at, activated_at)
    VALUES (:project_id, :user_id, :secret, :now, :now)
    """,
)

# The step is taken by whoever comes first; everybody after that finds that it is not later than the last one.
TAKE_STEP: Final = Statement(
    None,
    """
    UPDATE vestibule_totp SET last_step = :step, secret = :resealed
    WHERE project_id = :project_id AND user_id = :user_id AND secret = :secret AND last_step < :step
    """,
)

FORGET: Final = Statement(None, "DELETE FROM vestibule_totp WHERE project_id = :project_id AND user_id = :user_id")

SET_MFA_TYPE: Final = Statement(
    None,
    """
    UPDATE vestibule_users SET mfa_type = :mfa_type, updated_at = :now
    WHERE project_id = :project_id AND id = :user_id
    """,
)

# A sealed value begins with the eight bytes that name its root key.
SEALED_WITH: Final = Statement(
    TotpRow,
    f"""
    SELECT {_COLUMNS} FROM vestibule_totp
    WHERE substr(secret, 1, 8) = :key_id OR substr(offered, 1, 8) = :key_id
    LIMIT :limit
    """,
)

KEY_IDS: Final = Statement(
    bytes,
    """
    SELECT substr(secret, 1, 8) FROM vestibule_totp WHERE secret IS NOT NULL
    UNION SELECT substr(offered, 1, 8) FROM vestibule_totp WHERE offered IS NOT NULL
    """,
)

RESEAL: Final = Statement(
    None,
    """
    UPDATE vestibule_totp SET secret = :secret, offered = :offered
    WHERE project_id = :project_id AND user_id = :user_id
      AND (secret = :old_secret OR (secret IS NULL AND :old_secret IS NULL))
      AND (offered = :old_offered OR (offered IS NULL AND :old_offered IS NULL))
    """,
)

ADD_RECOVERY_CODE: Final = Statement(
    None,
    """
    INSERT INTO vestibule_recovery_codes (project_id, id, user_id, code_hash, created_at)
    VALUES (:project_id, :id, :user_id, :code_hash, :now)
    """,
)

TAKE_RECOVERY_CODE: Final = Statement(
    None,
    """
    DELETE FROM vestibule_recovery_codes
    WHERE project_id = :project_id AND user_id = :user_id AND code_hash = :code_hash
    """,
)

DELETE_RECOVERY_CODES: Final = Statement(
    None, "DELETE FROM vestibule_recovery_codes WHERE project_id = :project_id AND user_id = :user_id"
)

COUNT_RECOVERY_CODES: Final = Statement(
    int, "SELECT COUNT(*) FROM vestibule_recovery_codes WHERE project_id = :project_id AND user_id = :user_id"
)
