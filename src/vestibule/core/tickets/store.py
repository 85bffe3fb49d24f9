"""SQL of the tickets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as stored."""

    project_id: UUID
    id: UUID
    purpose: str
    user_id: UUID | None
    credential_id: UUID | None
    client_id: UUID | None
    dialect: str
    address: str | None
    secret_hash: bytes
    attempts_left: int
    expires_at: datetime
    payload: dict[str, Any] | None


INSERT: Final = Statement(
    None,
    """
    INSERT INTO vestibule_tickets
        (project_id, id, purpose, user_id, credential_id, client_id, dialect, address, secret_hash,
         attempts_left, created_at, expires_at, payload)
    VALUES
        (:project_id, :id, :purpose, :user_id, :credential_id, :client_id, :dialect, :address, :secret_hash,
         :attempts_left, :created_at, :expires_at, :payload)
    """,
)

BY_SECRET: Final = Statement(
    Ticket,
    """
    SELECT project_id, id, purpose, user_id, credential_id, client_id, dialect, address, secret_hash,
           attempts_left, expires_at, payload
    FROM vestibule_tickets
    WHERE project_id = :project_id AND purpose = :purpose AND secret_hash = :secret_hash AND dialect = :dialect
    """,
)

SPEND: Final = Statement(
    None,
    "DELETE FROM vestibule_tickets WHERE project_id = :project_id AND id = :id AND expires_at > :now",
)

_TRIED: Final = """
    RETURNING project_id, id, purpose, user_id, credential_id, client_id, dialect, address, secret_hash,
              attempts_left, expires_at, payload
"""

GUESS: Final = Statement(
    Ticket,
    f"""
    UPDATE vestibule_tickets SET attempts_left = attempts_left - 1
    WHERE project_id = :project_id AND purpose = :purpose AND dialect = :dialect AND user_id = :user_id
      AND attempts_left > 0 AND expires_at > :now
    {_TRIED}
    """,
)

TAKE_A_TRY: Final = Statement(
    Ticket,
    f"""
    UPDATE vestibule_tickets SET attempts_left = attempts_left - 1
    WHERE project_id = :project_id AND id = :id AND attempts_left > 0 AND expires_at > :now
    {_TRIED}
    """,
)

USER_OF_ADDRESS: Final = Statement(
    UUID,
    """
    SELECT user_id FROM vestibule_tickets
    WHERE project_id = :project_id AND purpose = :purpose AND dialect = :dialect AND address = :address
      AND user_id IS NOT NULL AND expires_at > :now
    ORDER BY created_at DESC LIMIT 1
    """,
)

DELETE_OF_ADDRESS: Final = Statement(
    None,
    """
    DELETE FROM vestibule_tickets
    WHERE project_id = :project_id AND purpose = :purpose AND address = :address
    """,
)

DELETE_ALL_OF_USER: Final = Statement(
    None,
    """
    DELETE FROM vestibule_tickets
    WHERE project_id = :project_id AND user_id = :user_id AND purpose <> :kept_purpose
    """,
)

DELETE_OF_USER: Final = Statement(
    None,
    """
    DELETE FROM vestibule_tickets
    WHERE project_id = :project_id AND purpose = :purpose AND user_id = :user_id
    """,
)
