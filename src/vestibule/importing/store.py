"""SQL of the other server's database, the schema `auth` of Nhost Auth; PostgreSQL only, and only ever read.

Users are read in pages by their ids. What they have is read beside them, in the same order, through cursors: its tables
have no index by user, and one sort of each is better than a scan for every page.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class OldUser:
    """A row of auth.users; JSON is text still, since it may be nothing that we can read."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    last_seen: datetime | None
    disabled: bool
    display_name: str
    avatar_url: str
    locale: str
    email: str | None
    phone_number: str | None
    password_hash: str | None = field(repr=False)
    email_verified: bool
    phone_number_verified: bool
    default_role: str
    is_anonymous: bool
    totp_secret: str | None = field(repr=False)
    active_mfa_type: str | None
    metadata: str | None


@dataclass(frozen=True, slots=True)
class OldRole:
    """A role that a user may take."""

    user_id: UUID
    role: str


@dataclass(frozen=True, slots=True)
class OldSecurityKey:
    """A security key; `transports` is a list with commas, mostly empty."""

    user_id: UUID
    credential_id: str
    credential_public_key: bytes | None
    counter: int
    transports: str
    nickname: str | None


@dataclass(frozen=True, slots=True)
class OldLink:
    """Who a user is to a provider."""

    user_id: UUID
    provider_id: str | None
    provider_user_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OldToken:
    """A refresh token or personal access token that has not expired."""

    user_id: UUID
    type: str
    refresh_token_hash: str | None
    created_at: datetime
    expires_at: datetime
    metadata: str | None


@dataclass(frozen=True, slots=True)
class OldColumn:
    """A column that the database has, and that we may read."""

    table_name: str
    column_name: str


# One picture of everything, however long the reading takes, as pg_dump has it.
SNAPSHOT: Final = Statement(None, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
# However long the sort of all tokens takes, and we with what came before we ask for more.
NO_STATEMENT_TIMEOUT: Final = Statement(None, "SET LOCAL statement_timeout = 0")
NO_IDLE_TIMEOUT: Final = Statement(None, "SET LOCAL idle_in_transaction_session_timeout = 0")

COLUMNS: Final = Statement(
    OldColumn,
    """
    SELECT CAST(table_name AS text) AS table_name, CAST(column_name AS text) AS column_name
    FROM information_schema.columns WHERE table_schema = 'auth'
    ORDER BY table_name, column_name
    """,
)

COUNT: Final = Statement(int, "SELECT COUNT(*) FROM auth.users")


def _moment(column: str) -> str:
    # Not every moment that PostgreSQL can store is one that we can: it knows infinity, and years before the first.
    return f"LEAST(GREATEST({column}, TIMESTAMPTZ '1970-01-01Z'), TIMESTAMPTZ '9999-12-31Z') AS {column}"


USERS: Final = Statement(
    OldUser,
    f"""
    SELECT id, {_moment("created_at")}, {_moment("updated_at")},
           CASE WHEN last_seen IS NOT NULL THEN LEAST(GREATEST(last_seen, TIMESTAMPTZ '1970-01-01Z'),
                                                      TIMESTAMPTZ '9999-12-31Z') END AS last_seen,
           disabled, display_name, avatar_url, CAST(locale AS text) AS locale, CAST(email AS text) AS email,
           phone_number, password_hash, email_verified, phone_number_verified, default_role, is_anonymous, totp_secret,
           active_mfa_type, CAST(metadata AS text) AS metadata
    FROM auth.users WHERE id > :after
    ORDER BY id
    LIMIT :limit
    """,
)

OPEN_ROLES: Final = Statement(
    None,
    """
    DECLARE vestibule_roles NO SCROLL CURSOR FOR
    SELECT user_id, role FROM auth.user_roles ORDER BY user_id, created_at, id
    """,
)
ROLES: Final = Statement(OldRole, "FETCH 2000 FROM vestibule_roles")

OPEN_KEYS: Final = Statement(
    None,
    """
    DECLARE vestibule_keys NO SCROLL CURSOR FOR
    SELECT user_id, credential_id, credential_public_key, counter, CAST(transports AS text) AS transports, nickname
    FROM auth.user_security_keys ORDER BY user_id, id
    """,
)
KEYS: Final = Statement(OldSecurityKey, "FETCH 1000 FROM vestibule_keys")

OPEN_LINKS: Final = Statement(
    None,
    f"""
    DECLARE vestibule_links NO SCROLL CURSOR FOR
    SELECT user_id, provider_id, provider_user_id, {_moment("created_at")}
    FROM auth.user_providers ORDER BY user_id, id
    """,
)
LINKS: Final = Statement(OldLink, "FETCH 1000 FROM vestibule_links")

OPEN_TOKENS: Final = Statement(
    None,
    f"""
    DECLARE vestibule_tokens NO SCROLL CURSOR FOR
    SELECT user_id, type, CAST(refresh_token_hash AS text) AS refresh_token_hash, {_moment("created_at")},
           {_moment("expires_at")}, CAST(metadata AS text) AS metadata
    FROM auth.refresh_tokens WHERE expires_at > now() ORDER BY user_id, id
    """,
)
TOKENS: Final = Statement(OldToken, "FETCH 1000 FROM vestibule_tokens")
