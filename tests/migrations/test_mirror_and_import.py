"""The mirror and an import from the very database that it writes to: nothing there may be lost."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from tests.migrations.test_mirror import BE_SHOWN, eventually_waiting, mirrored
from tests.support.cores import CoreUnderTest
from tests.support.nhost_layout import Person, add_person
from vestibule.importing import ImportUsers, OldServer, Skipped, Watch
from vestibule.migrations.hasura import create_mirror
from vestibule.storage import Statement

pytestmark = pytest.mark.engine("postgresql")

ADDRESS = "ann@example.com"
COLUMNS = "created_at, updated_at, locale, default_role, roles, public_metadata, secure_metadata"
TWIN = Statement(
    None,
    f"INSERT INTO vestibule_users (project_id, id, {COLUMNS}) SELECT project_id, :id, {COLUMNS} FROM vestibule_users"  # noqa: S608 - the names above
    " LIMIT 1",
)
DELETE = Statement(None, "DELETE FROM vestibule_users WHERE id = :id")
TAKE_ADDRESS = Statement(None, "UPDATE vestibule_credentials SET email = :email, email_key = :email")


async def somebody_with_a_note(nhost: Any, **columns: Any) -> Person:
    person = await add_person(nhost, **columns)
    await nhost.execute("INSERT INTO notes (author, words) VALUES ($1, 'of old')", person.id)
    return person


async def notes_of(nhost: Any, user_id: UUID) -> int:
    number: int = await nhost.fetchval("SELECT count(*) FROM notes WHERE author = $1", user_id)
    return number


def import_of(url: str, under_test: CoreUnderTest) -> ImportUsers:
    core = under_test.core
    return ImportUsers(OldServer.at(url), core.db, core.settle_arrivals, core.audit, {})


async def test_whoever_an_import_refuses_stays_where_they_were(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """With what the application keeps of them: somebody here has their address, so they do not come."""
    theirs = await somebody_with_a_note(nhost, email="ANN@example.com", display_name="Ann")
    await create_mirror(database_url)
    ours = (await under_test.sign_up(ADDRESS)).subject.id
    skipped: list[Skipped] = []
    await import_of(database_url, under_test)(under_test.project, Watch(skipped.append), actor="tests")
    row = await mirrored(nhost, theirs.id)
    assert [(one.user, one.why) for one in skipped] == [(theirs.id, "email-taken")]
    assert row is not None
    assert (row["display_name"], await notes_of(nhost, theirs.id)) == ("Ann", 1)
    assert await mirrored(nhost, ours) is not None


async def test_whoever_is_overtaken_stays_there_too(database_url: str, nhost: Any, under_test: CoreUnderTest) -> None:
    """Somebody takes the address while the import, which has seen it free, is about to."""
    await create_mirror(database_url)
    await under_test.sign_up("before@example.com")
    theirs = await somebody_with_a_note(nhost, email=ADDRESS)
    others = await add_person(nhost, email="other@example.com")
    run = import_of(database_url, under_test)
    async with under_test.db.write() as tx:
        await tx.run(TAKE_ADDRESS, email=ADDRESS)
        importing = asyncio.create_task(run(under_test.project, Watch(), actor="tests"))
        await eventually_waiting(nhost)
    summary = await importing
    assert (summary.imported, summary.skipped) == (1, {("user", "email-taken"): 1})
    assert await notes_of(nhost, theirs.id) == 1
    assert (await under_test.core.users.subject(under_test.db, under_test.project.id, others.id)).email == others.email


@pytest.mark.parametrize("shown", [False, True], ids=["at the commit", "at once"])
async def test_a_row_that_was_never_ours_outlives_a_user_by_its_id(
    database_url: str, nhost: Any, under_test: CoreUnderTest, *, shown: bool
) -> None:
    """Whoever comes and goes in one transaction was not copied, so there is no copy to delete."""
    await under_test.sign_up()
    await create_mirror(database_url)
    theirs = await somebody_with_a_note(nhost, email=ADDRESS)
    async with under_test.db.write() as tx:
        await tx.run(TWIN, id=theirs.id)
        await tx.run(DELETE, id=theirs.id)
        if shown:
            await tx.run(BE_SHOWN)
    assert await mirrored(nhost, theirs.id) is not None
    assert await notes_of(nhost, theirs.id) == 1


async def test_whoever_goes_and_comes_in_one_transaction_keeps_what_they_have(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """At its end they are a user, as they were before."""
    await create_mirror(database_url)
    await under_test.sign_up("before@example.com")
    user_id = (await under_test.sign_up()).subject.id
    await nhost.execute("INSERT INTO notes (author, words) VALUES ($1, 'first')", user_id)
    async with under_test.db.write() as tx:
        await tx.run(DELETE, id=user_id)
        await tx.run(TWIN, id=user_id)
    assert await notes_of(nhost, user_id) == 1


async def test_whoever_was_there_before_the_mirror_goes_with_a_user_of_ours(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """An imported user is one person in both tables; it need not have been copied since."""
    user_id = (await under_test.sign_up()).subject.id
    await somebody_with_a_note(nhost, id=user_id)
    await create_mirror(database_url)
    await under_test.core.users.delete(under_test.project.id, user_id, actor="test")
    assert await mirrored(nhost, user_id) is None
    assert await notes_of(nhost, user_id) == 0
