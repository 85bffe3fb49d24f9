"""SQL of the sessions. The refresh is one statement: one round trip on PostgreSQL, no read before the write."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vestibule.core.users.store import SUBJECT_COLUMNS, SUBJECT_JOIN, Subject
from vestibule.storage import Statement

ROTATING: Final = "rotating"
FIXED: Final = "fixed"

# The tape in `rotations`: the times of the last rotations, newest first, each as 16 digits of microseconds.
TAPE_DIGITS: Final = 16
_TAPE_LENGTH: Final = 256


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in on one device. `claims` are what the access token repeats until the next sign-in."""

    id: UUID
    user_id: UUID
    dialect: str
    client_id: UUID | None
    account_id: UUID | None
    rotation: str
    created_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    scope: str | None
    claims: dict[str, Any] | None
    method: str


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session together with its user, read in one go."""

    session: Session
    subject: Subject


@dataclass(frozen=True, slots=True)
class SessionState:
    """What is needed to judge a secret that did not rotate: the row's own hashes and times."""

    step_hash: bytes
    rotations: str
    keeps_account: bool
    session: Session
    subject: Subject


@dataclass(frozen=True, slots=True)
class ImportedToken:
    """A refresh token that another server gave out, not yet exchanged for a session of ours."""

    id: UUID
    user_id: UUID


# Spelled with the table's name, since SQLite knows no alias inside RETURNING.
_SESSION_COLUMNS: Final = """
    vestibule_sessions.id, vestibule_sessions.user_id, vestibule_sessions.dialect, vestibule_sessions.client_id,
    vestibule_sessions.account_id, vestibule_sessions.rotation, vestibule_sessions.created_at,
    vestibule_sessions.refreshed_at, vestibule_sessions.expires_at, vestibule_sessions.scope,
    vestibule_sessions.claims, vestibule_sessions.method
"""

# Whether the session still has the account it works in, if it works in one.
_KEEPS_ACCOUNT: Final = """
    (vestibule_sessions.account_id IS NULL OR EXISTS (
        SELECT 1 FROM vestibule_memberships AS m
        WHERE m.project_id = vestibule_sessions.project_id AND m.user_id = vestibule_sessions.user_id
          AND m.account_id = vestibule_sessions.account_id
    ))
"""

# A secret rotates if it is current, at its own door and client, and alive, and if the session has not lost the
# account it works in. Whoever fails here is judged by `STATE`.
_IS_CURRENT: Final = f"""
    vestibule_sessions.project_id = :project_id AND vestibule_sessions.handle_hash = :handle_hash
    AND vestibule_sessions.step_hash = :step_hash AND vestibule_sessions.rotation = 'rotating'
    AND vestibule_sessions.dialect = :dialect AND vestibule_sessions.expires_at > :now
    AND (:any_client OR vestibule_sessions.client_id = :client_id)
    AND {_KEEPS_ACCOUNT}
"""

_USER_MAY_STAY: Final = """
    u.project_id = vestibule_sessions.project_id AND u.id = vestibule_sessions.user_id AND u.status = 'active'
    AND (c.verified_at IS NOT NULL OR NOT :verified_required OR (c.id IS NULL AND NOT u.is_anonymous))
"""

_ADVANCED: Final = f"""
    handle_hash = :next_handle_hash, step_hash = :next_step_hash, root_key_id = :root_key_id,
    rotations = substr(:rotated || rotations, 1, {_TAPE_LENGTH}), refreshed_at = :now
"""

# SQLite's RETURNING sees no joined table, so each column of the user is fetched by a subquery of its own.
_USER_BY_SUBQUERIES: Final = ", ".join(
    f"(SELECT {column} FROM {SUBJECT_JOIN} WHERE u.project_id = vestibule_sessions.project_id"
    " AND u.id = vestibule_sessions.user_id)"
    for column in (part.partition(" AS ")[0].strip() for part in SUBJECT_COLUMNS.split(","))
)

ROTATE: Final = Statement(
    LiveSession,
    postgres=f"""
    UPDATE vestibule_sessions
    SET {_ADVANCED}, expires_at = :now + make_interval(secs => vestibule_sessions.life_seconds)
    FROM {SUBJECT_JOIN}
    WHERE {_IS_CURRENT} AND {_USER_MAY_STAY}
    RETURNING {_SESSION_COLUMNS}, {SUBJECT_COLUMNS}
    """,
    sqlite=f"""
    UPDATE vestibule_sessions
    SET {_ADVANCED}, expires_at = :now + life_seconds * 1000000
    WHERE {_IS_CURRENT} AND EXISTS (SELECT 1 FROM {SUBJECT_JOIN} WHERE {_USER_MAY_STAY})
    RETURNING {_SESSION_COLUMNS}, {_USER_BY_SUBQUERIES}
    """,
)

STATE: Final = Statement(
    SessionState,
    f"""
    SELECT vestibule_sessions.step_hash, vestibule_sessions.rotations, {_KEEPS_ACCOUNT} AS keeps_account,
           {_SESSION_COLUMNS}, {SUBJECT_COLUMNS}
    FROM vestibule_sessions
    JOIN vestibule_users AS u
        ON u.project_id = vestibule_sessions.project_id AND u.id = vestibule_sessions.user_id
    LEFT JOIN vestibule_credentials AS c
        ON c.project_id = u.project_id AND c.user_id = u.id AND c.is_primary
    WHERE vestibule_sessions.project_id = :project_id AND vestibule_sessions.handle_hash = :handle_hash
    """,
)

INSERT: Final = Statement(
    None,
    """
    INSERT INTO vestibule_sessions
        (project_id, id, user_id, dialect, client_id, account_id, rotation, root_key_id, handle_hash, step_hash,
         rotations, created_at, refreshed_at, expires_at, life_seconds, scope, claims, method)
    VALUES
        (:project_id, :id, :user_id, :dialect, :client_id, :account_id, :rotation, :root_key_id, :handle_hash,
         :step_hash, :rotations, :now, :now, :expires_at, :life_seconds, :scope, :claims, :method)
    """,
)

DELETE: Final = Statement(
    UUID, "DELETE FROM vestibule_sessions WHERE project_id = :project_id AND id = :session_id RETURNING id"
)

DELETE_OF_USER: Final = Statement(
    None,
    """
    DELETE FROM vestibule_sessions
    WHERE project_id = :project_id AND user_id = :user_id AND id <> :kept_session_id
    """,
)

SESSIONS_OF_USER: Final = Statement(
    Session,
    f"""
    SELECT {_SESSION_COLUMNS} FROM vestibule_sessions
    WHERE project_id = :project_id AND user_id = :user_id AND expires_at > :now
    ORDER BY created_at
    """,
)

IS_LIVE: Final = Statement(
    UUID,
    """
    SELECT id FROM vestibule_sessions
    WHERE project_id = :project_id AND id = :session_id AND user_id = :user_id AND expires_at > :now
    """,
)

INSERT_IMPORTED: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_imported_tokens (project_id, id, user_id, token_hash, created_at, expires_at)
    VALUES (:project_id, :id, :user_id, :token_hash, :created_at, :expires_at)
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)

IMPORTED: Final = Statement(
    ImportedToken,
    """
    SELECT id, user_id FROM vestibule_imported_tokens
    WHERE project_id = :project_id AND token_hash = :token_hash AND expires_at > :now
    """,
)

# Spent by whoever deletes it.
TAKE_IMPORTED: Final = Statement(
    UUID, "DELETE FROM vestibule_imported_tokens WHERE project_id = :project_id AND id = :id RETURNING id"
)

DELETE_IMPORTED_OF_USER: Final = Statement(
    None, "DELETE FROM vestibule_imported_tokens WHERE project_id = :project_id AND user_id = :user_id"
)
