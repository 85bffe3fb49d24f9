"""The first copy, of everybody who is here already: as a whole or not at all, and in plain words."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.migrations.test_mirror import RENAME, eventually_waiting, mirrored
from tests.support.cores import CoreUnderTest
from tests.support.nhost_layout import add_person
from vestibule.migrations.hasura import HasuraRefused, changes, create_mirror

pytestmark = pytest.mark.engine("postgresql")

TRIGGERS = "SELECT count(*) FROM pg_trigger WHERE tgname = 'vestibule_mirror'"
MARKS = "SELECT to_regclass('vestibule_mirrored')::text"
LATE = """
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON auth.users DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.display_name = 'Late') EXECUTE FUNCTION refuse()
"""
REFUSE = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'too late'; END $$"


async def three_users(under_test: CoreUnderTest, name: str) -> list[UUID]:
    """Sign three up; the second is called `name`."""
    users = [(await under_test.sign_up()).subject.id for _ in range(3)]
    await under_test.db.run(RENAME, id=users[1], name=name)
    return users


async def test_who_was_here_before_is_copied_and_repeating_changes_nothing(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Users, and those whom an import brought with the same ids."""
    users = [(await under_test.sign_up()).subject.id for _ in range(3)]
    imported = await add_person(nhost, id=users[0], email="person1@example.com", password="an old one")
    first = await create_mirror(database_url)
    assert (first.users, first.strangers) == (3, 0)
    rows = [await mirrored(nhost, user_id) for user_id in users]
    assert all(rows)
    assert await create_mirror(database_url) == first
    assert [await mirrored(nhost, user_id) for user_id in users] == rows
    assert imported.id == users[0]


@pytest.mark.parametrize(
    ("name", "said"), [("Nobody", "the application does not want this user"), ("Late", "too late")]
)
async def test_whoever_cannot_be_copied_is_named_and_there_is_no_mirror(
    database_url: str, nhost: Any, under_test: CoreUnderTest, name: str, said: str
) -> None:
    """Whether the application refuses at once or when the copy is committed; the others' copies stay."""
    await nhost.execute(REFUSE)
    await nhost.execute(LATE)
    users = await three_users(under_test, name)
    with pytest.raises(HasuraRefused, match=rf"\({users[1]}: {said}\)"):
        await create_mirror(database_url)
    assert (await nhost.fetchval(TRIGGERS), await nhost.fetchval(MARKS)) == (0, None)
    assert [await mirrored(nhost, user_id) is not None for user_id in users] == [True, False, True]
    await under_test.db.run(RENAME, id=users[1], name="Welcome")
    assert (await create_mirror(database_url)).users == 3
    assert await nhost.fetchval(TRIGGERS) == 2


async def test_not_everybody_is_tried_when_nobody_can_be_copied(
    database_url: str, nhost: Any, under_test: CoreUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some names are enough."""
    monkeypatch.setattr(changes, "_MOST_NAMED", 2)
    await three_users(under_test, "whoever")
    await nhost.execute("UPDATE vestibule_users SET display_name = 'Nobody'")
    with pytest.raises(HasuraRefused) as refused:
        await create_mirror(database_url)
    assert str(refused.value).count("does not want") == 2


async def test_a_mirror_that_was_there_before_goes_on(database_url: str, nhost: Any, under_test: CoreUnderTest) -> None:
    """What is refused is the repetition; everybody else is copied as ever."""
    users = await three_users(under_test, "Somebody")
    await create_mirror(database_url)
    await nhost.execute("ALTER TABLE vestibule_users DISABLE TRIGGER vestibule_mirror")
    await under_test.db.run(RENAME, id=users[1], name="Nobody")
    await nhost.execute("ALTER TABLE auth.users DISABLE TRIGGER vestibule_write_back_deletion")
    await nhost.execute("DELETE FROM auth.users WHERE id = $1", users[1])
    await nhost.execute("ALTER TABLE auth.users ENABLE TRIGGER vestibule_write_back_deletion")
    await nhost.execute("ALTER TABLE vestibule_users ENABLE TRIGGER vestibule_mirror")
    with pytest.raises(HasuraRefused, match=str(users[1])):
        await create_mirror(database_url)
    newest = (await under_test.sign_up()).subject.id
    assert await mirrored(nhost, newest) is not None


async def test_a_copy_that_is_interrupted_leaves_no_mirror(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """As by Ctrl-C, while it waits for somebody else who writes there."""
    users = await three_users(under_test, "Somebody")
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await add_person(other, id=users[0])
            copying = asyncio.create_task(create_mirror(database_url))
            await eventually_waiting(nhost)
            copying.cancel()
            with pytest.raises(asyncio.CancelledError):
                await copying
    finally:
        await other.close()
    assert (await nhost.fetchval(TRIGGERS), await nhost.fetchval(MARKS)) == (0, None)
