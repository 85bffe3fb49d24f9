import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.support.databases import empty_postgres, migrate
from tests.support.postgres import PostgresServer
from vestibule import migrations
from vestibule.migrations import MigrationFailed, head, upgrade_in_child
from vestibule.storage import Database, Engine, Json, Statement, database_from_url

POSTGRES_SCHEMA = """
SELECT format('%s.%s %s %s %s', table_name, column_name, udt_name, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT format('%s %s', relname, reloptions) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
PROJECT = UUID(int=1)
AT = datetime(2026, 1, 1, tzinfo=UTC)
ADD_PROJECT = Statement(
    None,
    "INSERT INTO vestibule_projects (id, public_id, name, dialects, settings, created_at)"
    " VALUES (:id, 'p', 'P', :empty, :settings, :at)",
)
ADD_USER = Statement(
    None,
    "INSERT INTO vestibule_users (project_id, id, created_at, updated_at, locale, default_role, roles,"
    " public_metadata, secure_metadata) VALUES (:project, :id, :at, :at, 'en', 'user', :roles, :empty, :empty)",
)
ADD_ADDRESS = Statement(
    None,
    "INSERT INTO vestibule_credentials (project_id, id, user_id, email, email_key, is_primary, created_at)"
    " VALUES (:project, :id, :user, :email, :email, :is_primary, :at)",
)
WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
AS_IF_UPGRADED = (
    "CREATE TABLE vestibule_schema_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
    f"INSERT INTO vestibule_schema_version VALUES ('{head}')",  # noqa: S608 - a constant
)
GENERATION = Statement(str, "SELECT value FROM vestibule_meta WHERE name = 'generation'")


@pytest.fixture(params=[engine.value for engine in Engine])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A place for a database that has no schema, on each engine in turn."""
    if request.param == Engine.SQLITE:
        yield f"sqlite:///{tmp_path / 'new.sqlite'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with empty_postgres(server) as url:
            yield url


async def test_up_down_and_up_again_is_the_same_schema(empty_url: str) -> None:
    """So a downgrade takes away exactly what the upgrade made."""
    migrate(empty_url)
    first = await _schema(empty_url)
    migrate(empty_url, "downgrade")
    nothing = await _schema(empty_url)
    migrate(empty_url)
    assert await _schema(empty_url) == first
    assert any("vestibule_sessions" in line for line in first)
    assert not any("vestibule_" in line and "vestibule_schema_" not in line for line in nothing)


async def test_a_database_says_where_it_stands(empty_url: str) -> None:
    """None before the first migration, the head after it."""
    database = database_from_url(empty_url)
    assert await database.schema_revision() is None
    await upgrade_in_child(empty_url)
    assert await database.schema_revision() == head
    assert await database.one(GENERATION) == "1"
    await database.close()


async def test_four_upgrades_at_once_are_one_upgrade(empty_url: str) -> None:
    """Several servers start with --migrate: each finds the schema complete, none fails."""
    await asyncio.gather(*(upgrade_in_child(empty_url) for _ in range(4)))
    database = database_from_url(empty_url)
    assert await database.schema_revision() == head
    assert await database.one(GENERATION) == "1"
    await database.close()


async def test_an_upgrade_waits_for_another_and_then_looks_anew_on_postgresql(postgres_server: PostgresServer) -> None:
    """The other one has just finished the work: nothing is left to do, so no table is made here."""
    with empty_postgres(postgres_server) as url:
        other, watcher = [await asyncpg.connect(url) for _ in range(2)]
        await other.execute("CREATE TABLE vestibule_schema_lock (id integer PRIMARY KEY)")
        await other.execute("INSERT INTO vestibule_schema_lock VALUES (1)")
        await other.execute("BEGIN")
        await other.execute("SELECT id FROM vestibule_schema_lock FOR UPDATE")
        upgrading = asyncio.create_task(upgrade_in_child(url))
        async with asyncio.timeout(60):
            while not await watcher.fetchval(WAITING):  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0.01)
        for statement in AS_IF_UPGRADED:
            await other.execute(statement)
        await other.execute("COMMIT")
        await upgrading
        assert await watcher.fetchval("SELECT to_regclass('vestibule_projects')") is None
        await other.close()
        await watcher.close()


async def test_an_upgrade_waits_for_another_and_then_looks_anew_on_sqlite(tmp_path: Path) -> None:
    """As above; SQLite's own write lock is the lock."""
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        upgrading = asyncio.create_task(upgrade_in_child(f"sqlite:///{path}"))
        await asyncio.sleep(2.5)  # time enough to come to the lock; nothing shows that it is there
        assert not upgrading.done()
        for statement in AS_IF_UPGRADED:
            other.execute(statement)
        other.execute("COMMIT")
        await upgrading
        tables = other.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        assert tables == [("vestibule_schema_version",)]


async def test_a_new_sqlite_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    """It will hold password hashes; so do the files that SQLite puts beside it."""
    path = tmp_path / "new.sqlite"
    await upgrade_in_child(f"sqlite:///{path}")
    database = database_from_url(f"sqlite:///{path}")
    await database.run(Statement(None, "UPDATE vestibule_meta SET value = '2'"))
    assert _modes(tmp_path) == {"new.sqlite": 0o600, "new.sqlite-wal": 0o600, "new.sqlite-shm": 0o600}
    await database.close()


async def test_a_failed_upgrade_says_why_and_keeps_the_password() -> None:
    """In one line, for the operator."""
    with pytest.raises(MigrationFailed) as caught:
        await upgrade_in_child("postgresql://somebody:hunter2@127.0.0.1:1/nowhere")
    assert "refused" in str(caught.value) or "failed" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_head_is_the_newest_migration() -> None:
    """The constant that servers compare with must follow the files."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == head


def test_a_server_does_not_carry_alembic() -> None:
    """Neither it nor SQLAlchemy is loaded by what a server imports."""
    program = "import sys, vestibule.migrations, vestibule.storage; print({'alembic', 'sqlalchemy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


async def test_columns_mean_the_same_on_both_engines(sqlite_url: str, postgres_url: str) -> None:
    """Every table has the same columns, each in the type that storage encodes for."""
    kinds = {
        "uuid": "BLOB",
        "bytea": "BLOB",
        "timestamptz": "INTEGER",
        "bool": "INTEGER",
        "int4": "INTEGER",
        "int8": "INTEGER",
    }
    kinds |= {"json": "TEXT", "text": "TEXT"}
    connection = await asyncpg.connect(postgres_url)
    rows = await connection.fetch(
        "SELECT table_name, column_name, udt_name, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name NOT LIKE 'vestibule_schema%'"
    )
    await connection.close()
    expected = {(table, column, kinds[kind], nullable == "YES") for table, column, kind, nullable in rows}
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as file:
        found = file.execute(
            'SELECT t.name, c.name, c.type, NOT c."notnull" FROM sqlite_schema t, pragma_table_info(t.name) c'
            " WHERE t.type = 'table' AND t.name LIKE 'vestibule_%' AND t.name NOT LIKE 'vestibule_schema%'"
        ).fetchall()
    assert {(table, column, kind, bool(nullable)) for table, column, kind, nullable in found} == expected


async def test_a_user_has_at_most_one_primary_address(db: Database) -> None:
    """The database itself keeps it so."""
    user = await _make_user(db)
    await db.run(ADD_ADDRESS, project=PROJECT, user=user, id=uuid4(), email="a@example.com", is_primary=True, at=AT)
    await db.run(ADD_ADDRESS, project=PROJECT, user=user, id=uuid4(), email="b@example.com", is_primary=False, at=AT)
    with pytest.raises(Exception, match=r"(?i)unique"):
        await db.run(ADD_ADDRESS, project=PROJECT, user=user, id=uuid4(), email="c@example.com", is_primary=True, at=AT)


async def test_a_deleted_project_takes_everything_with_it(db: Database) -> None:
    """Its users, and through them what belongs to a user."""
    user = await _make_user(db)
    await db.run(ADD_ADDRESS, project=PROJECT, user=user, id=uuid4(), email="a@example.com", is_primary=True, at=AT)
    await db.run(Statement(None, "DELETE FROM vestibule_projects WHERE id = :id"), id=PROJECT)
    assert await db.one(Statement(int, "SELECT count(*) FROM vestibule_users")) == 0
    assert await db.one(Statement(int, "SELECT count(*) FROM vestibule_credentials")) == 0


async def _make_user(db: Database) -> UUID:
    user = uuid4()
    await db.run(ADD_PROJECT, id=PROJECT, empty=Json([]), settings=Json({}), at=AT)
    await db.run(ADD_USER, project=PROJECT, id=user, at=AT, roles=Json(["user"]), empty=Json({}))
    return user


async def _schema(url: str) -> list[str]:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            return sorted(row[0] for row in file.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"))
    connection = await asyncpg.connect(url)
    try:
        return sorted(row[0] for row in await connection.fetch(POSTGRES_SCHEMA))
    finally:
        await connection.close()


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
