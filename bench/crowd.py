"""Many users at once, written straight into PostgreSQL; some of their sessions get secrets that are known here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

import asyncpg

from bench.servers import ROOT_KEY
from vestibule.core.sessions import RefreshSecrets
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.keyring import Keyring

_BATCH: Final = 20_000
_PATIENCE_SECONDS: Final = 600

# Ids as version 7 makes them: time first, so that neighbours in time are neighbours in the index, then chance.
_ID: Final = """
    (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5('{kind}' || n), 1, 3)
     || 'a' || substr(md5('{kind}' || n), 4, 15))::uuid
"""
_USER_ID: Final = _ID.format(kind="user")

_USERS: Final = f"""
    INSERT INTO vestibule_users
        (project_id, id, created_at, updated_at, display_name, locale, default_role, roles, profile,
         public_metadata, secure_metadata, last_seen_at)
    SELECT $1, {_USER_ID}, now(), now(), 'User ' || n, 'en', 'user', '["user", "me"]', '{{}}', '{{}}', '{{}}', now()
    FROM generate_series($2::bigint, $3::bigint) AS n
"""  # noqa: S608 - put together from constants
_CREDENTIALS: Final = f"""
    INSERT INTO vestibule_credentials
        (project_id, id, user_id, email, email_key, verified_at, password_hash, is_primary, created_at)
    SELECT $1, {_ID.format(kind="credential")}, {_USER_ID}, 'user' || n || '@example.com',
           'user' || n || '@example.com', now(), '$argon2id$v=19$' || repeat('x', 80), true, now()
    FROM generate_series($2::bigint, $3::bigint) AS n
"""  # noqa: S608 - put together from constants
_SESSIONS: Final = f"""
    INSERT INTO vestibule_sessions
        (project_id, id, user_id, dialect, rotation, root_key_id, handle_hash, step_hash, created_at, refreshed_at,
         expires_at, life_seconds, method)
    SELECT $1, {_ID.format(kind="session")}, {_USER_ID}, 'nhost', 'rotating', $4,
           decode(md5('handle' || n), 'hex'), decode(md5('step' || n), 'hex'), now(), now(),
           now() + interval '30 days', 2592000, 'password'
    FROM generate_series($2::bigint, $3::bigint) AS n
"""  # noqa: S608 - put together from constants
_SAMPLE: Final = "SELECT id FROM vestibule_sessions WHERE project_id = $1 ORDER BY md5(id::text) LIMIT $2"
_KNOWN: Final = "UPDATE vestibule_sessions SET handle_hash = $3, step_hash = $4 WHERE project_id = $1 AND id = $2"


@dataclass(frozen=True, slots=True)
class Crowd:
    """The refresh tokens of the sampled sessions, in no order; each is given out once."""

    _tokens: Iterator[str]

    def refresh_tokens(self, count: int) -> list[str]:
        """Return the next `count` tokens."""
        return list(islice(self._tokens, count))


async def fill(
    database_url: str, project_id: UUID, users: int, sampled: int, advance: Callable[[int], object]
) -> Crowd:
    """Write users with one address and one session each; `advance` is told how many have come."""
    secrets = RefreshSecrets(Keyring([bytes.fromhex(ROOT_KEY)], SystemEntropy()), SystemEntropy())
    connection = await asyncpg.connect(database_url, command_timeout=_PATIENCE_SECONDS)
    try:
        for first in range(1, users + 1, _BATCH):
            last = min(first + _BATCH - 1, users)
            await connection.execute(_USERS, project_id, first, last)
            await connection.execute(_CREDENTIALS, project_id, first, last)
            await connection.execute(_SESSIONS, project_id, first, last, secrets.keyring.current_id)
            advance(last - first + 1)
        sessions = await connection.fetch(_SAMPLE, project_id, sampled)
        drawn = [secrets.draw() for _ in sessions]
        rows = [
            (project_id, row["id"], new.handle_hash, new.step_hash) for row, new in zip(sessions, drawn, strict=True)
        ]
        await connection.executemany(_KNOWN, rows)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    return Crowd(iter([str(UUID(bytes=new.secret)) for new in drawn]))
