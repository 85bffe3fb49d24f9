"""The old database: which are taken, what is said of others, and that it is only read."""

from datetime import timedelta

import asyncpg
import pytest

from tests.importing.conftest import Move
from tests.support.databases import empty_postgres
from tests.support.nhost_layout import Connection, add_person, lay_out
from tests.support.postgres import PostgresServer
from vestibule.importing import OldServer, SourceInterrupted, SourceRefused, SourceUnavailable, source, store
from vestibule.kernel.errors import StorageUnavailable
from vestibule.storage import Engine, Statement

OPENED = {
    store.ROLES: store.OPEN_ROLES,
    store.KEYS: store.OPEN_KEYS,
    store.LINKS: store.OPEN_LINKS,
    store.TOKENS: store.OPEN_TOKENS,
}
STATEMENTS = {name: value for name, value in vars(store).items() if isinstance(value, Statement)}
TIMEOUTS = ("statement_timeout", "idle_in_transaction_session_timeout")
WRITE = "UPDATE auth.users SET display_name = 'written'"


@pytest.mark.parametrize("newest", [False, True], ids=["october-2025", "newest"])
async def test_every_statement_prepares_on_the_old_layout(postgres_server: PostgresServer, *, newest: bool) -> None:
    """And its columns are the fields of its row, in their order: the schema of somebody else has no migrations here."""
    with empty_postgres(postgres_server) as url:
        connection = await asyncpg.connect(url)
        await lay_out(connection, newest=newest)
        async with connection.transaction():
            for name, statement in STATEMENTS.items():
                if statement in OPENED:
                    await connection.execute(OPENED[statement].prepared(Engine.POSTGRESQL).sql)
                prepared = await connection.prepare(statement.prepared(Engine.POSTGRESQL).sql)
                columns = [column.name for column in prepared.get_attributes()]
                fields = getattr(statement.row, "__dataclass_fields__", None)
                assert fields is None or list(fields) == columns, name
        await connection.close()


async def test_a_server_of_october_2025_can_be_left(postgres_server: PostgresServer) -> None:
    """Nothing that came later is needed."""
    with empty_postgres(postgres_server) as url:
        connection = await asyncpg.connect(url)
        await lay_out(connection, newest=False)
        ann = await add_person(connection, email="ann@example.com", refresh_tokens=1, key=True)
        await connection.close()
        async with OldServer.at(url).reading() as reading:
            [page] = [page async for page in reading.pages()]
        assert [user.id for user in page.users] == [ann.id]
        assert (len(page.belongings[ann.id].keys), len(page.belongings[ann.id].tokens)) == (1, 1)


async def test_the_old_database_cannot_be_written_to(old_url: str, old: Connection) -> None:
    """The transaction is for reading only: not even a mistake of ours changes anything."""
    await add_person(old, email="ann@example.com", display_name="Ann")
    with pytest.raises(StorageUnavailable) as caught:  # as a standby says it
        async with OldServer.at(old_url).reading() as reading:
            await reading.tx.run(Statement(None, WRITE))
    assert "read-only transaction" in str(caught.value.__cause__)
    assert await old.fetchval("SELECT display_name FROM auth.users") == "Ann"


async def test_what_changes_meanwhile_is_not_seen(old_url: str, old: Connection) -> None:
    """The whole reading is one picture, so a user and their tokens fit together."""
    ann = await add_person(old, email="ann@example.com", refresh_tokens=1)
    async with OldServer.at(old_url).reading() as reading:
        await old.execute("DELETE FROM auth.users")
        [page] = [page async for page in reading.pages()]
    assert len(page.belongings[ann.id].tokens) == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP SCHEMA auth CASCADE", "no schema auth"),
        ("DROP TABLE auth.users CASCADE", "refresh_tokens"),
        (
            "ALTER TABLE auth.users RENAME COLUMN password_hash TO hash",
            r"auth\.users\.password_hash; auth\.users has .*hash",
        ),
        ("DROP TABLE auth.user_security_keys", r"auth\.user_security_keys\.counter"),
        ("ALTER TABLE auth.refresh_tokens DROP COLUMN refresh_token_hash", r"refresh_tokens\.refresh_token_hash"),
    ],
)
async def test_another_shape_is_refused_with_what_was_seen(move: Move, sql: str, said: str) -> None:
    """Before anything is written, so that nobody finds out afterwards."""
    await move.person(email="ann@example.com")
    await move.old.execute(sql)
    with pytest.raises(SourceRefused, match=said):
        await move.run()
    rows = await move.running.core.audit.latest(move.running.core.db, move.running.project.id, limit=10)
    assert not [row for row in rows if row.event.startswith("import.")]


async def test_a_database_that_is_away_is_told_from_our_own() -> None:
    """Two databases may fail, and the operator must know which."""
    with pytest.raises(SourceUnavailable):
        async with OldServer.at("postgresql://somebody:hunter2@127.0.0.1:1/nowhere").reading():
            pass


async def test_no_timeout_of_the_database_ends_a_long_reading(old_url: str, old: Connection) -> None:
    """The first piece of what users have comes when all of it is sorted, whatever its database allows others."""
    name = await old.fetchval("SELECT current_database()")
    for setting in TIMEOUTS:
        await old.execute(f"ALTER DATABASE {name} SET {setting} = '7s'")
    async with OldServer.at(old_url).reading() as reading:
        found = [await reading.tx.one(Statement(str, f"SHOW {setting}")) for setting in TIMEOUTS]
    assert found == ["0", "0"]


async def test_a_reading_that_stops_is_told_from_a_database_that_is_away(
    old_url: str, old: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it said last, or that it said nothing for so long."""
    name = await old.fetchval("SELECT current_database()")
    async with old.transaction():
        await old.execute("LOCK TABLE auth.users")
        monkeypatch.setattr(source, "PATIENCE", timedelta(milliseconds=300))
        with pytest.raises(SourceInterrupted, match=r"did not answer within 0:00:00\.3"):
            async with OldServer.at(old_url).reading():
                pass
    await old.execute(f"ALTER DATABASE {name} SET lock_timeout = '50ms'")
    async with old.transaction():
        await old.execute("LOCK TABLE auth.users")
        monkeypatch.setattr(source, "PATIENCE", timedelta(seconds=30))
        with pytest.raises(SourceInterrupted, match="lock timeout"):
            async with OldServer.at(old_url).reading():
                pass


@pytest.mark.parametrize("url", ["sqlite:///old.db", "mysql://old", "", "old"])
def test_only_postgresql_is_imported_from(url: str) -> None:
    """The old server knows no other."""
    with pytest.raises(SourceRefused, match="postgresql://"):
        OldServer.at(url)
