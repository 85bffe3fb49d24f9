"""Writers of both sides at once: nobody loses a change, and it is never this server that gives up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.migrations.test_mirror import BE_SHOWN, RENAME, eventually_waiting, mirrored, roles_of
from tests.migrations.writing import delete_user, insert_roles, ours, update_user
from tests.support.cores import CoreUnderTest
from vestibule.kernel.errors import InvalidRefreshToken, UserNotActive, UserNotFound
from vestibule.storage import Statement

pytestmark = pytest.mark.engine("postgresql")

LOCALE = Statement(None, "UPDATE vestibule_users SET locale = :locale WHERE id = :id")
APPEND = "UPDATE auth.users SET metadata = coalesce(metadata, '{}') || jsonb_build_object($2::text, true) WHERE id = $1"
BE_SEEN = Statement(None, "UPDATE vestibule_users SET last_seen_at = '2030-01-01T00:00:00Z' WHERE id = :id")
LOCK = "SELECT id FROM auth.users WHERE id = $1 FOR UPDATE"
AT_ONCE = 10


@asynccontextmanager
async def another(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def until_taken(write: Callable[[], Awaitable[object]]) -> int:
    """Send the change again as often as it is asked for; return how often it was."""
    for again in range(1000):
        try:
            await write()
        except asyncpg.SerializationError as error:
            assert "send this again" in str(error)  # noqa: PT017 - not every time
            await asyncio.sleep(0.01 * again)  # as clients do
        else:
            return again
    raise AssertionError("never taken")


async def test_of_both_at_once_the_writer_of_the_copy_gives_up(
    database_url: str, nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """Each has locked what the other needs; a sign-in does not fail because of Hasura."""

    async def of_hasura(connection: Any) -> None:
        async with connection.transaction():
            await connection.execute(LOCK, user_id)
            copying.set()
            await eventually_waiting(nhost)
            await update_user(connection, user_id, locale="fr")

    copying = asyncio.Event()
    async with another(database_url) as connection, under_test.db.write() as tx:
        await tx.run(RENAME, id=user_id, name="Renamed here")
        writing = asyncio.create_task(of_hasura(connection))
        await copying.wait()
        await tx.run(BE_SHOWN)
        with pytest.raises(asyncpg.SerializationError, match=f"user {user_id} is being changed"):
            await writing
    await until_taken(lambda: update_user(nhost, user_id, locale="fr"))
    user, row = await ours(under_test, user_id), await mirrored(nhost, user_id)
    assert row is not None
    assert (user.display_name, user.locale) == ("Renamed here", "fr")
    assert (row["display_name"], row["locale"]) == ("Renamed here", "fr")


async def test_a_sign_in_waits_for_the_writer_of_the_copy(
    database_url: str, nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """Whoever is shut out by a transaction that is not over yet gets no session that outlives it (security 18)."""
    async with another(database_url) as connection, connection.transaction():
        await update_user(connection, user_id, disabled=True)
        signing_in = asyncio.create_task(under_test.sign_in("ada@example.com"))
        await eventually_waiting(nhost)
    with pytest.raises(UserNotActive):
        await signing_in
    assert await under_test.count("sessions") == 0


async def test_ten_writers_of_both_sides_lose_no_change(
    database_url: str, nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """Roles, metadata and what this server changes, all of one user and all at once."""

    async def of_hasura(number: int) -> None:
        async with another(database_url) as connection:
            await until_taken(lambda: insert_roles(connection, user_id, f"role{number}"))
            await until_taken(lambda: connection.execute(APPEND, user_id, f"key{number}"))

    async def of_this_server(number: int) -> None:
        await under_test.db.run(LOCALE, id=user_id, locale="fr")
        async with under_test.db.write() as tx:
            held = await under_test.core.users.held(tx, under_test.project.id, user_id)
            await tx.run(RENAME, id=user_id, name=f"{held.display_name}+{number}")

    writers = [of_hasura(number) for number in range(AT_ONCE)]
    await asyncio.gather(*writers, *(of_this_server(number) for number in range(AT_ONCE)))
    user, row = await ours(under_test, user_id), await mirrored(nhost, user_id)
    assert row is not None
    expected = {f"role{number}" for number in range(AT_ONCE)} | {"user", "me"}
    assert (set(user.roles), await roles_of(nhost, user_id)) == (expected, expected)
    assert user.metadata == {f"key{number}": True for number in range(AT_ONCE)}
    assert set(user.display_name.split("+")[1:]) == {str(number) for number in range(AT_ONCE)}
    assert (row["display_name"], row["locale"], user.locale) == (user.display_name, "fr", "fr")


async def test_of_many_who_delete_a_user_at_once_one_does(
    database_url: str, nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """There and here; in the end nobody is left on either side."""

    async def there() -> None:
        async with another(database_url) as connection:
            await until_taken(lambda: delete_user(connection, user_id))

    async def here() -> str:
        try:
            await under_test.core.users.delete(under_test.project.id, user_id, actor="test")
        except UserNotFound:
            return "there"
        return "here"

    *_, where = await asyncio.gather(*(there() for _ in range(AT_ONCE)), here())
    assert await mirrored(nhost, user_id) is None
    assert await under_test.count("users") == 0
    deleted = await nhost.fetch("SELECT actor FROM vestibule_audit WHERE event = 'user.deleted'")
    assert [row["actor"] for row in deleted] == ["test" if where == "here" else "database:postgres"]


async def test_a_refresh_that_races_with_disabling_leaves_no_session(
    database_url: str, nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """Of many sessions, whichever of them rotate at that moment (security 18)."""
    secrets = [(await under_test.sign_in("ada@example.com")).secret for _ in range(AT_ONCE)]

    async def there() -> None:
        async with another(database_url) as connection:
            await until_taken(lambda: update_user(connection, user_id, disabled=True))

    results = await asyncio.gather(there(), *map(under_test.refresh, secrets), return_exceptions=True)
    assert results[0] is None
    assert await under_test.count("sessions") == 0
    for secret in secrets:
        with pytest.raises(InvalidRefreshToken):
            await under_test.refresh(secret)


async def test_being_seen_does_not_wait_for_the_writer_of_the_copy(
    database_url: str, nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """Nor makes them give up: when somebody was last seen is copied as soon as the copy is free."""
    async with another(database_url) as connection, connection.transaction():
        await connection.execute(LOCK, user_id)
        await under_test.db.run(BE_SEEN, id=user_id)
        await update_user(connection, user_id, locale="fr")
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["locale"], row["last_seen"]) == ("fr", datetime(2030, 1, 1, tzinfo=UTC))
