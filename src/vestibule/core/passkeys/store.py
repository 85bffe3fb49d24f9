"""SQL of the passkeys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """One passkey as stored; `public_key` is a COSE_Key."""

    id: UUID
    user_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    nickname: str | None
    aaguid: bytes | None
    is_backup_eligible: bool
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedPasskey:
    """What its owner is told of a passkey: nothing that a browser, an authenticator or a thief could use."""

    id: UUID
    nickname: str | None
    transports: list[str]
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnedId:
    """Whose a credential id is."""

    user_id: UUID
    credential_id: bytes


INSERT: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_passkeys
        (project_id, id, user_id, credential_id, public_key, sign_count, transports, nickname, aaguid,
         is_backup_eligible, is_backed_up, created_at)
    VALUES
        (:project_id, :id, :user_id, :credential_id, :public_key, :sign_count, :transports, :nickname, :aaguid,
         :is_backup_eligible, :is_backed_up, :now)
    ON CONFLICT (project_id, credential_id) DO NOTHING
    RETURNING id
    """,
)

BY_CREDENTIAL_ID: Final = Statement(
    PasskeyRow,
    """
    SELECT id, user_id, credential_id, public_key, sign_count, transports, nickname, aaguid,
           is_backup_eligible, is_backed_up, created_at, last_used_at
    FROM vestibule_passkeys WHERE project_id = :project_id AND credential_id = :credential_id
    """,
)

OF_USER: Final = Statement(
    ListedPasskey,
    """
    SELECT id, nickname, transports, is_backed_up, created_at, last_used_at FROM vestibule_passkeys
    WHERE project_id = :project_id AND user_id = :user_id
    ORDER BY created_at, id
    """,
)

CREDENTIAL_IDS_OF_USER: Final = Statement(
    bytes,
    """
    SELECT credential_id FROM vestibule_passkeys
    WHERE project_id = :project_id AND user_id = :user_id
    ORDER BY created_at, id
    """,
)

CREDENTIAL_IDS_OF_ADDRESS: Final = Statement(
    OwnedId,
    """
    SELECT p.user_id, p.credential_id
    FROM vestibule_credentials AS c
    JOIN vestibule_passkeys AS p ON p.project_id = c.project_id AND p.user_id = c.user_id
    WHERE c.project_id = :project_id AND c.email_key = :email_key
    ORDER BY p.created_at, p.id
    """,
)

# W3C WebAuthn section 6.1.1: a counter goes up, or stands at zero for ever where the authenticator has none.
USE: Final = Statement(
    None,
    """
    UPDATE vestibule_passkeys
    SET sign_count = :sign_count, is_backup_eligible = :is_backup_eligible, is_backed_up = :is_backed_up,
        last_used_at = :now
    WHERE project_id = :project_id AND id = :id
      AND (sign_count < :sign_count OR (sign_count = 0 AND :sign_count = 0))
    """,
)

DELETE: Final = Statement(
    None, "DELETE FROM vestibule_passkeys WHERE project_id = :project_id AND user_id = :user_id AND id = :id"
)
