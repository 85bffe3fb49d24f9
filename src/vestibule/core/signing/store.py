"""SQL of the signing keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


class KeyState(StrEnum):
    """pending: published, not signing yet; active: signing; retired: published until its last token is dead."""

    PENDING = "pending"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One signing key as stored; `private_key` is sealed."""

    project_id: UUID
    id: UUID
    client_id: UUID | None
    kid: str
    algorithm: str
    private_key: bytes
    state: str
    created_at: datetime
    activated_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class SealedKey:
    """The private part of a signing key, to be sealed anew."""

    project_id: UUID
    id: UUID
    kid: str
    private_key: bytes


HELD_PROJECT: Final = Statement(
    UUID,
    postgres="SELECT id FROM vestibule_projects WHERE id = :project_id FOR NO KEY UPDATE",
    sqlite="SELECT id FROM vestibule_projects WHERE id = :project_id",
)

LIVE: Final = Statement(
    KeyRow,
    """
    SELECT project_id, id, client_id, kid, algorithm, private_key, state, created_at, activated_at, expires_at
    FROM vestibule_signing_keys
    WHERE project_id = :project_id
      AND (client_id = :client_id OR (client_id IS NULL AND :client_id IS NULL))
      AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY created_at
    """,
)

INSERT: Final = Statement(
    None,
    """
    INSERT INTO vestibule_signing_keys
        (project_id, id, client_id, kid, algorithm, public_jwk, private_key, state, created_at, activated_at)
    VALUES
        (:project_id, :id, :client_id, :kid, :algorithm, :public_jwk, :private_key, :state, :created_at, :activated_at)
    """,
)

ACTIVATE: Final = Statement(
    None,
    """
    UPDATE vestibule_signing_keys SET state = 'active', activated_at = :now
    WHERE project_id = :project_id AND id = :id AND state = 'pending'
    """,
)

RETIRE_OTHERS: Final = Statement(
    None,
    """
    UPDATE vestibule_signing_keys SET state = 'retired', retired_at = :now, expires_at = :expires_at
    WHERE project_id = :project_id AND id <> :id AND state = 'active'
      AND (client_id = :client_id OR (client_id IS NULL AND :client_id IS NULL))
    """,
)

REVOKE: Final = Statement(
    None,
    """
    UPDATE vestibule_signing_keys SET state = 'retired', retired_at = :now, expires_at = :now
    WHERE project_id = :project_id AND kid = :kid AND (expires_at IS NULL OR expires_at > :now)
    """,
)

PENDING_SINCE: Final = Statement(
    KeyRow,
    """
    SELECT project_id, id, client_id, kid, algorithm, private_key, state, created_at, activated_at, expires_at
    FROM vestibule_signing_keys
    WHERE state = 'pending' AND created_at <= :before
    """,
)

INSERT_ROOT_KEY_CHECK: Final = Statement(
    None,
    "INSERT INTO vestibule_meta (name, value) VALUES ('root_key_check', :value) ON CONFLICT (name) DO NOTHING",
)

ROOT_KEY_CHECK: Final = Statement(str, "SELECT value FROM vestibule_meta WHERE name = 'root_key_check'")

BUMP_GENERATION: Final = Statement(
    None,
    "UPDATE vestibule_meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'generation'",
)

RESEAL_ROOT_KEY_CHECK: Final = Statement(
    None, "UPDATE vestibule_meta SET value = :value WHERE name = 'root_key_check' AND value = :old_value"
)

SEALED_KEYS: Final = Statement(SealedKey, "SELECT project_id, id, kid, private_key FROM vestibule_signing_keys")

RESEAL_KEY: Final = Statement(
    None,
    """
    UPDATE vestibule_signing_keys SET private_key = :private_key
    WHERE project_id = :project_id AND id = :id AND private_key = :old_private_key
    """,
)
