"""Makes and removes the mirror and the views: each is there as a whole, or not at all."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg

from vestibule.migrations.child import MigrationFailed
from vestibule.migrations.hasura import mirror, views, write_back
from vestibule.migrations.hasura.casts import AS_JSONB
from vestibule.migrations.hasura.refusals import refusal
from vestibule.migrations.hasura.rights import WHO_MAKES_TRIGGERS
from vestibule.storage.unavailable import unavailable
from vestibule.storage.urls import postgres_dsn

_Connection: TypeAlias = Any  # asyncpg ships no types

_CONNECT_SECONDS: Final = 10.0
_OWN_SCHEMA: Final = """
SELECT quote_ident(n.nspname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass('vestibule_users')
"""
_PATH: Final = "SET LOCAL search_path = pg_catalog, pg_temp"
_UNHURRIED: Final = "SET LOCAL statement_timeout = 0"
_OPEN_TO_ALL: Final = "SELECT has_schema_privilege('public', oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public'"
_KIND: Final = "SELECT relkind::text FROM pg_class WHERE oid = to_regclass($1)"
_COLUMNS: Final = """
SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = to_regclass('auth.users') AND attnum > 0 AND NOT attisdropped
"""
_ROLE: Final = "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $1"
_EVERYBODY: Final = UUID(int=0)
_TABLES: Final = frozenset({"r", "p", "f"})
_VIEW: Final = "v"
_MOST_NAMED: Final = 10


class HasuraRefused(MigrationFailed):
    """The schema is as it was; the message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Mirrored:
    """How many users were copied, and how many rows of auth.users belong to nobody of ours."""

    users: int
    strangers: int


async def create_mirror(url: str) -> Mirrored:
    """Copy the default project's users into the table auth.users, now and from now on; safe to repeat.

    What others write to the copies is taken for ours from the moment when all of them are there. If somebody cannot
    be copied there is no mirror, unless there was one before; the copies of others stay.

    Raises: HasuraRefused, StorageUnavailable.
    """
    async with _connected(url) as connection:
        own = await _own_schema(connection)
        async with _changing(connection):
            names = await _names_of_mirror(connection, own)
            was_there = await connection.fetchval(_filled(mirror.IS_THERE, names))
            await _run(connection, (*mirror.CREATE, *write_back.CREATE, mirror.GUARD), names)
        try:
            users = await _copy(connection, names)
            await _begin_writing_back(connection, names)
        except BaseException:  # Ctrl-C as well
            if not was_there:
                await _remove_mirror(connection, own)
            raise
        async with _changing(connection):
            return Mirrored(users, await connection.fetchval(_filled(mirror.STRANGERS, names)))


async def remove_mirror(url: str) -> None:
    """Copy no longer; what was copied stays. Raises: HasuraRefused, StorageUnavailable."""
    async with _connected(url) as connection:
        await _remove_mirror(connection, await _own_schema(connection))


async def create_views(url: str, *, readers: Iterable[str] = ()) -> list[str]:
    """Make the views, or make them anew; return their names. `readers` are roles that may read them.

    Raises: HasuraRefused, StorageUnavailable.
    """
    async with _connected(url) as connection:
        own = await _own_schema(connection)
        if await connection.fetchval(_KIND, "auth.users") not in {None, _VIEW}:
            raise HasuraRefused("auth.users is a table here; have users copied into it: vestibule hasura mirror")
        roles = [await _role(connection, reader) for reader in readers]
        has_identities = await connection.fetchval(_KIND, f"{own}.vestibule_identities") is not None
        wanted = views.VIEWS | (views.IDENTITIES if has_identities else {})
        statements = ["CREATE SCHEMA IF NOT EXISTS auth", AS_JSONB]
        statements += [views.create(name, query) for name, query in wanted.items()]
        for role in roles:
            statements.append(f"GRANT USAGE ON SCHEMA auth TO {role}")
            statements += [f"GRANT SELECT ON auth.{name} TO {role}" for name in wanted]
        async with _changing(connection):
            await _run(connection, statements, {"own": own})
        return sorted(wanted)


async def remove_views(url: str) -> None:
    """Remove the views; the schema stays, and so does what somebody else has put there.

    Raises: HasuraRefused, StorageUnavailable.
    """
    async with _connected(url) as connection:
        if await connection.fetchval(_KIND, "auth.users") not in {None, _VIEW}:
            raise HasuraRefused("auth.users is a table here, not a view of ours")
        async with _changing(connection):
            await _run(connection, [views.remove(name) for name in views.VIEWS | views.IDENTITIES], {})


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[_Connection]:
    if url.startswith("sqlite:"):
        raise HasuraRefused("this database is SQLite, and Hasura reads PostgreSQL")
    try:
        connection = await asyncpg.connect(postgres_dsn(url), timeout=_CONNECT_SECONDS, statement_cache_size=0)
    except (OSError, asyncpg.PostgresError) as error:
        raise unavailable(error) from error
    try:
        yield connection
    except asyncpg.InsufficientPrivilegeError as error:
        raise HasuraRefused(f"{error}; connect as its owner by POSTGRES_MIGRATIONS_CONNECTION") from error
    except (asyncpg.DependentObjectsStillExistError, asyncpg.InvalidTableDefinitionError) as error:
        raise HasuraRefused(f"{error}; remove what depends on it first") from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        if isinstance(error, OSError) or connection.is_closed():
            raise unavailable(error) from error
        if isinstance(error, asyncpg.PostgresError):
            raise HasuraRefused(_said(error)) from error
        raise
    finally:
        await connection.close()


@asynccontextmanager
async def _changing(connection: _Connection) -> AsyncIterator[None]:
    """Open a transaction in which names without a schema are PostgreSQL's own, and types are called in full."""
    async with connection.transaction():
        await connection.execute(_PATH)
        await connection.execute(_UNHURRIED)
        yield


async def _names_of_mirror(connection: _Connection, own: str) -> dict[str, str]:
    if await connection.fetchval(_KIND, "auth.users") not in _TABLES:
        raise HasuraRefused("there is no table auth.users here; make views instead: vestibule hasura views")
    columns = dict(await connection.fetch(_COLUMNS))
    if missing := mirror.NEEDED - columns.keys():
        raise HasuraRefused(f"auth.users has no column {', '.join(sorted(missing))}, so it is not Nhost's table")
    if await connection.fetchval(_OPEN_TO_ALL):
        raise HasuraRefused(
            "everybody may create functions in the schema public, and triggers of your application would call them"
            " with your rights; take that away first: REVOKE CREATE ON SCHEMA public FROM PUBLIC"
        )
    if others := await connection.fetch(WHO_MAKES_TRIGGERS):
        raise HasuraRefused(
            f"{', '.join(dict.fromkeys(role for role, _ in others))} may make triggers on Nhost's tables, which would"
            f" run with your rights; take that away first: {'; '.join(mend for _, mend in others)}"
        )
    return {"own": own, "email": columns["email"], "locale": columns["locale"], "refusal": refusal(columns)}


async def _copy(connection: _Connection, names: Mapping[str, str]) -> int:
    """Return how many users were copied. Raises: HasuraRefused, naming those who cannot be."""
    users, last = 0, _EVERYBODY
    failed: dict[UUID, str] = {}
    while len(failed) < _MOST_NAMED:  # in parts, so that nobody who signs in meanwhile waits long
        async with _changing(connection):
            ids = [row[0] for row in await connection.fetch(_filled(mirror.NEXT, names), last)]
        if not ids:
            break
        users, last = users + len(ids), ids[-1]
        if await _problem(connection, names, ids):  # somebody among them: who?
            for user_id in ids:
                if problem := await _problem(connection, names, [user_id]):
                    failed[user_id] = problem
                if len(failed) == _MOST_NAMED:
                    break
    if failed:
        told = "; ".join(f"{user_id}: {problem}" for user_id, problem in failed.items())
        raise HasuraRefused(f"not everybody can be copied into auth.users ({told}); whoever was copied is there still")
    return users


async def _problem(connection: _Connection, names: Mapping[str, str], ids: Sequence[UUID]) -> str | None:
    """Copy all of these users or none; return what PostgreSQL, or a trigger of the application, has against them."""
    try:
        async with _changing(connection):
            await connection.execute(_filled(mirror.COPY, names), ids)
    except asyncpg.InsufficientPrivilegeError:  # which is about whoever runs this, and not about a user
        raise
    except asyncpg.PostgresError as error:
        if connection.is_closed():
            raise
        return _said(error)
    return None


def _said(error: asyncpg.PostgresError) -> str:
    """Return the message on one line, without the detail, which may hold what somebody has entered."""
    return " ".join(str(error.args[0]).split()) if error.args else type(error).__name__


async def _begin_writing_back(connection: _Connection, names: Mapping[str, str]) -> None:
    """Make those triggers that are not there, each in a transaction: none waits for one table and holds another."""
    for table, name in write_back.TRIGGERS:
        async with _changing(connection):
            if not await connection.fetchval(write_back.IS_THERE, table, name):
                await _run(connection, [write_back.create_trigger(table, name)], names)


async def _remove_mirror(connection: _Connection, own: str) -> None:
    for statements in (*((statement,) for statement in write_back.REMOVE), mirror.REMOVE):  # in parts, as above
        async with _changing(connection):
            await _run(connection, statements, {"own": own})


async def _own_schema(connection: _Connection) -> str:
    own: str | None = await connection.fetchval(_OWN_SCHEMA)
    if own is None:
        raise HasuraRefused("this database has no schema of ours; run: vestibule migrate")
    return own


async def _role(connection: _Connection, name: str) -> str:
    quoted: str | None = await connection.fetchval(_ROLE, name)
    if quoted is None:
        raise HasuraRefused(f"there is no role {name} in this database")
    return quoted


async def _run(connection: _Connection, statements: Iterable[str], names: Mapping[str, str]) -> None:
    for statement in statements:
        await connection.execute(_filled(statement, names))


def _filled(statement: str, names: Mapping[str, str]) -> str:
    """Return the statement with the names that only the database knows; each comes quoted from its catalog."""
    for name, value in names.items():
        statement = statement.replace(f"@{name}@", value)
    return statement
