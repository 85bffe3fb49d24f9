"""Whoever is shut out or deleted in Nhost's tables is so here, and nothing of theirs goes on."""

from typing import Any
from uuid import UUID

import pytest

from tests.dialects.nhost.speaking import DISABLED, Speaker, refused
from tests.migrations.test_mirror import mirrored
from tests.migrations.writing import delete_user, noted, ours, update_user
from tests.support.cores import LETTER, CoreUnderTest
from tests.support.nhost_layout import add_person
from tests.support.serving import Serve
from vestibule.kernel.errors import InvalidRefreshToken, UserNotFound
from vestibule.migrations.hasura import create_mirror

pytestmark = pytest.mark.engine("postgresql")

KNOW_USERS = """
SELECT table_name::text FROM information_schema.columns WHERE column_name = 'user_id' AND table_name LIKE 'vestibule_%'
"""
OLD_TOKEN = """
INSERT INTO vestibule_imported_tokens (project_id, id, user_id, token_hash, created_at, expires_at)
VALUES ($1, gen_random_uuid(), $2, uuid_send(gen_random_uuid()), now(), now() + interval '1 day')
"""


async def somebody_with_everything(nhost: Any, under_test: CoreUnderTest) -> UUID:
    """Sign up somebody who also has a token of old, and a letter that waits for them."""
    user_id = (await under_test.sign_up(letter=LETTER, always_send=True)).subject.id
    await nhost.execute(OLD_TOKEN, under_test.project.id, user_id)
    return user_id


async def rows_of(nhost: Any, user_id: UUID) -> dict[str, int]:
    """Return how many rows each table has about a user."""
    tables = [row[0] for row in await nhost.fetch(KNOW_USERS)]
    return {
        table: await nhost.fetchval(f"SELECT count(*) FROM {table} WHERE user_id = $1", user_id)  # noqa: S608 - ours
        for table in tables
    }


async def test_whoever_is_disabled_there_is_out_for_good(database_url: str, nhost: Any, serve: Serve) -> None:
    """As by `vestibule user disable`: no refresh, no sign-in; let in again, no session revives (security 18, 25)."""
    await create_mirror(database_url)
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up("ada@example.com")
        user_id = session["user"]["id"]
        await update_user(nhost, user_id, disabled=True)
        assert (await speaker.refresh(session["refreshToken"])).status_code == 401
        refused(await speaker.sign_in("ada@example.com"), *DISABLED)
        await update_user(nhost, user_id, disabled=False)
        assert (await speaker.refresh(session["refreshToken"])).status_code == 401
        assert (await speaker.sign_in("ada@example.com")).status_code == 200
    statuses = [detail["status"] for _, _, detail in await noted(nhost, user_id)]
    assert statuses == ["disabled", "active"]


async def test_whoever_is_deleted_there_is_nobody_here(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """With sessions, address and mail, as when this server deletes them (security 17)."""
    session = await under_test.sign_in("ada@example.com")
    await nhost.execute("INSERT INTO notes (author, words) VALUES ($1, 'last')", user_id)
    await delete_user(nhost, user_id)
    with pytest.raises(UserNotFound):
        await ours(under_test, user_id)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(session.secret)
    left = [await under_test.count(table) for table in ("users", "credentials", "sessions", "tickets", "outbox")]
    assert left == [0, 0, 0, 0, 0]
    assert await nhost.fetchval("SELECT count(*) FROM notes") == 0
    assert [event for event, _, _ in await noted(nhost, user_id)] == ["user.deleted"]


@pytest.mark.parametrize("way", ["disable", "delete"])
async def test_either_side_leaves_the_same_of_a_user(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, way: str
) -> None:
    """In every table that knows of users, whatever this server comes to end by then (security 17, 25)."""
    left = []
    for there in (True, False):
        user = await somebody_with_everything(nhost, under_test)
        if way == "disable" and there:
            await update_user(nhost, user, disabled=True)
        elif way == "disable":
            await under_test.core.change_standing(under_test.project.id, user, "disabled", actor="test")
        elif there:
            await delete_user(nhost, user)
        else:
            await under_test.core.users.delete(under_test.project.id, user, actor="test")
        left.append(await rows_of(nhost, user))
    before = await rows_of(nhost, await somebody_with_everything(nhost, under_test))
    assert left[0] == left[1] != before
    assert all(before[f"vestibule_{table}"] for table in ("sessions", "imported_tokens", "credentials", "outbox"))


async def test_a_row_that_takes_the_place_of_a_deleted_one_stays(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """In the same transaction; nobody here has it."""
    async with nhost.transaction():
        await delete_user(nhost, user_id)
        await add_person(nhost, id=user_id, email="other@example.com")
    assert await mirrored(nhost, user_id) is not None
    assert await under_test.count("users") == 0
