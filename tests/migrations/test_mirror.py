"""Users in Nhost's own table `auth.users`: there with ours, as ours, gone with ours, and never in anybody's way."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.dialects.nhost.speaking import Speaker
from tests.support.arriving import arriving
from tests.support.cores import CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from tests.support.nhost_layout import add_person
from tests.support.serving import Serve
from vestibule.core.users import UserOptions
from vestibule.migrations.hasura import HasuraRefused, create_mirror, remove_mirror
from vestibule.storage import Statement, database_from_url

pytestmark = pytest.mark.engine("postgresql")

RENAME = Statement(None, "UPDATE vestibule_users SET display_name = :name WHERE id = :id")
PROVE = Statement(None, "UPDATE vestibule_credentials SET verified_at = :now WHERE user_id = :id")
READDRESS = Statement(None, "UPDATE vestibule_credentials SET email = :email, email_key = :email WHERE user_id = :id")
SPEAK = Statement(None, "UPDATE vestibule_users SET locale = :locale WHERE id = :id")
SEEN_AND_GIVEN = """
UPDATE vestibule_users SET last_seen_at = '2030-01-01T00:00:00Z', roles = '["user", "editor"]' WHERE id = $1
"""
PHONE = Statement(None, "UPDATE vestibule_users SET phone_number = :phone WHERE id = :id")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
BE_SHOWN = Statement(None, postgres="SET CONSTRAINTS ALL IMMEDIATE", sqlite="SELECT 1")


async def mirrored(connection: Any, user_id: UUID | str) -> dict[str, Any] | None:
    row = await connection.fetchrow("SELECT * FROM auth.users WHERE id = $1", user_id)
    return None if row is None else dict(row)


async def eventually_waiting(connection: Any) -> None:
    """Return once somebody waits for a lock of somebody else's."""
    async with asyncio.timeout(60):
        while await connection.fetchval(WAITING) == 0:  # noqa: ASYNC110 - it is another process that waits
            await asyncio.sleep(0.01)  # nobody tells when PostgreSQL begins to wait


async def roles_of(connection: Any, user_id: UUID | str) -> set[str]:
    return {row[0] for row in await connection.fetch("SELECT role FROM auth.user_roles WHERE user_id = $1", user_id)}


async def test_who_signs_up_is_in_nhosts_table_at_once(database_url: str, nhost: Any, serve: Serve) -> None:
    """A foreign key of the application holds, and its trigger sees the whole user with the address."""
    await create_mirror(database_url)
    async with serve() as running:
        session = await Speaker(running).sign_up(
            "Ada@example.com", displayName="Ada", metadata={"plan": "free"}, locale="en"
        )
    user_id = session["user"]["id"]
    await nhost.execute("INSERT INTO notes (author, words) VALUES ($1, 'first')", user_id)
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["email"], row["display_name"], row["locale"]) == ("Ada@example.com", "Ada", "en")
    assert (row["metadata"], row["disabled"], row["is_anonymous"]) == ('{"plan": "free"}', False, False)
    assert (row["default_role"], await roles_of(nhost, user_id)) == ("user", {"user", "me"})
    assert await nhost.fetch("SELECT * FROM welcomed") == [("Ada@example.com", "Ada")]


async def test_no_secret_is_copied(database_url: str, nhost: Any, under_test: CoreUnderTest) -> None:
    """Neither the password's hash nor anything else that signs in (security 39)."""
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id
    row = await mirrored(nhost, user_id)
    assert row is not None
    secrets = ("password_hash", "totp_secret", "otp_hash", "ticket", "webauthn_current_challenge")
    assert {row[name] for name in secrets} == {None}
    assert await nhost.fetchval("SELECT count(*) FROM auth.refresh_tokens") == 0


async def test_what_changes_is_changed_there(database_url: str, nhost: Any, serve: Serve) -> None:
    """An anonymous user becomes somebody: address, roles, name; then is disabled."""
    await create_mirror(database_url)
    async with serve(policy={"anonymous_users_enabled": True}) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous(displayName="Visitor")
        user_id = UUID(session["user"]["id"])
        before, roles = await mirrored(nhost, user_id), await roles_of(nhost, user_id)
        body = {"signInMethod": "email-password", "email": "ada@example.com", "password": "correct horse"}
        answer = await speaker.post("/user/deanonymize", body, session["accessToken"])
        assert answer.status_code == 200, answer.text
        named, more_roles = await mirrored(nhost, user_id), await roles_of(nhost, user_id)
        async with running.core.db.write() as tx:
            await running.core.users.set_status(tx, running.project.id, user_id, "disabled", actor="test")
        disabled = await mirrored(nhost, user_id)
    assert before is not None
    assert named is not None
    assert disabled is not None
    assert (before["email"], before["is_anonymous"], roles) == (None, True, {"anonymous"})
    assert (named["email"], named["is_anonymous"], more_roles) == ("ada@example.com", False, {"user", "me"})
    assert (named["disabled"], disabled["disabled"]) == (False, True)


async def test_who_is_seen_while_their_roles_change_is_copied_whole(nhost: Any, user_id: UUID) -> None:
    """What is copied in turns of its own, when somebody was last seen, and what is not."""
    await nhost.execute(SEEN_AND_GIVEN, user_id)
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["last_seen"].year, await roles_of(nhost, user_id)) == (2030, {"user", "editor"})


async def test_who_is_deleted_goes_there_too(database_url: str, nhost: Any, under_test: CoreUnderTest) -> None:
    """With the rows of the application that go with a user."""
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id
    await nhost.execute("INSERT INTO notes (author, words) VALUES ($1, 'last')", user_id)
    await under_test.core.users.delete(under_test.project.id, user_id, actor="test")
    assert await mirrored(nhost, user_id) is None
    assert await nhost.fetchval("SELECT count(*) FROM notes") == 0


async def test_a_rollback_leaves_nothing(database_url: str, nhost: Any, under_test: CoreUnderTest) -> None:
    """The copy is part of the transaction, also where it has been made already."""
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id

    class Stop(Exception):
        """The transaction ends here."""

    async def stopped() -> None:
        async with under_test.db.write() as tx:
            await tx.run(RENAME, id=user_id, name="Renamed")
            await tx.run(BE_SHOWN)
            raise Stop

    with pytest.raises(Stop):
        await stopped()
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert row["display_name"] != "Renamed"


async def test_a_user_whom_the_application_refuses_is_nobody_here_either(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Both tables or neither."""
    await create_mirror(database_url)
    with pytest.raises(asyncpg.RaiseError):
        await under_test.sign_up(options=UserOptions(display_name="Nobody"))
    assert await under_test.count("users") == 0
    assert await nhost.fetchval("SELECT count(*) FROM auth.users") == 0


@pytest.mark.parametrize("address", ["jürgen@example.com", "ada@example.com"])
async def test_an_address_that_the_table_cannot_take_keeps_nobody_out(
    database_url: str, nhost: Any, under_test: CoreUnderTest, address: str
) -> None:
    """One that Nhost's domain refuses, or that belongs to a row which is not ours, is left out of the copy."""
    stranger = await add_person(nhost, email="ADA@example.com", phone_number="+4915112345678")
    assert (await create_mirror(database_url)).strangers == 1
    user_id = (await under_test.sign_up(address)).subject.id
    await under_test.db.run(PHONE, id=user_id, phone=stranger.phone_number)
    row, other = await mirrored(nhost, user_id), await mirrored(nhost, stranger.id)
    assert row is not None
    assert other is not None
    assert (row["email"], row["email_verified"], row["phone_number"]) == (None, False, None)
    assert (other["email"], other["phone_number"]) == ("ADA@example.com", stranger.phone_number)


async def test_metadata_that_is_no_jsonb_and_a_long_locale_keep_nobody_out(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """PostgreSQL's jsonb takes no NUL and no endless numbers, Nhost's locale three letters."""
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id
    await under_test.db.run(SPEAK, id=user_id, locale="de-AT")
    for said in ('{"a":"\\u0000"}', '{"a":1e999999}'):
        await nhost.execute("UPDATE vestibule_users SET metadata = $1 WHERE id = $2", said, user_id)
        row = await mirrored(nhost, user_id)
        assert row is not None
        assert (row["metadata"], row["locale"]) == (None, "de")


async def test_an_address_that_changes_hands_in_one_transaction_arrives(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Whichever of the two is copied first."""
    await create_mirror(database_url)
    ada, bob = [(await under_test.sign_up(f"{name}@example.com")).subject.id for name in ("ada", "bob")]
    for giving, taking in ((ada, bob), (bob, ada)):
        async with under_test.db.write() as tx:
            await tx.run(RENAME, id=taking, name="Taking")  # copied before the one who gives
            await tx.run(READDRESS, id=giving, email=f"{giving}@example.com")
            await tx.run(READDRESS, id=taking, email="shared@example.com")
        given, taken = await mirrored(nhost, giving), await mirrored(nhost, taking)
        assert given is not None
        assert taken is not None
        assert (given["email"], taken["email"]) == (f"{giving}@example.com", "shared@example.com")


async def test_two_changes_of_one_user_at_once_both_arrive(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Who copies second has seen what the first committed."""
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id
    first_copied, second_wants = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with under_test.db.write() as tx:
            await tx.run(RENAME, id=user_id, name="Renamed")
            await tx.run(BE_SHOWN)
            first_copied.set()
            await second_wants.wait()
            await eventually_waiting(nhost)

    async def second() -> None:
        await first_copied.wait()
        async with under_test.db.write() as tx:
            await tx.run(PROVE, id=user_id, now=under_test.clock.now())
            second_wants.set()

    await asyncio.gather(first(), second())
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["display_name"], row["email_verified"]) == ("Renamed", True)


async def test_users_of_other_projects_stay_out(database_url: str, nhost: Any, under_test: CoreUnderTest) -> None:
    """Nhost's table has room for one project; another's users are not its users (security 122)."""
    await create_mirror(database_url)
    other = await under_test.other_project()
    user_id = (await under_test.sign_up(visit=under_test.visit(project=other))).subject.id
    await under_test.db.run(PROVE, id=user_id, now=under_test.clock.now())
    assert await nhost.fetchval("SELECT count(*) FROM auth.users") == 0
    await add_person(nhost, id=user_id)
    await under_test.core.users.delete(other.id, user_id, actor="test")
    assert await nhost.fetchval("SELECT count(*) FROM auth.users") == 1


async def test_a_row_with_the_id_of_another_projects_user_keeps_its_address(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """It is nobody's of ours, so nobody here takes an address or a number from it (security 122)."""
    await create_mirror(database_url)
    other = await under_test.other_project()
    elsewhere = (await under_test.sign_up("elsewhere@example.com", visit=under_test.visit(project=other))).subject.id
    theirs = await add_person(nhost, id=elsewhere, email="ada@example.com", phone_number="+4915112345678")
    user_id = (await under_test.sign_up("ada@example.com")).subject.id
    await under_test.db.run(PHONE, id=user_id, phone=theirs.phone_number)
    row, kept = await mirrored(nhost, user_id), await mirrored(nhost, theirs.id)
    assert row is not None
    assert kept is not None
    assert (row["email"], row["phone_number"]) == (None, None)
    assert (kept["email"], kept["phone_number"]) == (theirs.email, theirs.phone_number)


async def test_a_removed_mirror_copies_no_longer(database_url: str, nhost: Any, under_test: CoreUnderTest) -> None:
    """What was copied stays."""
    await create_mirror(database_url)
    await under_test.sign_up()
    await remove_mirror(database_url)
    await under_test.sign_up()
    assert await nhost.fetchval("SELECT count(*) FROM auth.users") == 1


async def test_the_server_needs_no_rights_in_nhosts_schema(database_url: str, nhost: Any, clock: FakeClock) -> None:
    """Who made the mirror lends the copies their rights, and nobody may call its functions otherwise."""
    await create_mirror(database_url)
    role = f"server_{uuid4().hex}"
    await nhost.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'")
    try:
        await nhost.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        limited = database_url.replace("postgres:postgres@", f"{role}:pw@")
        db = database_from_url(limited)
        await db.open()
        try:
            restricted = await core_under_test(limited, db, clock)
            user_id = (await restricted.sign_up()).subject.id
            restricted.core.sign_in_with_password.hashing.close()
        finally:
            await db.close()
        assert await mirrored(nhost, user_id) is not None
        stranger = await asyncpg.connect(limited)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stranger.execute("SELECT vestibule_mirror_user($1)", user_id)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stranger.execute("SELECT * FROM auth.users")
        finally:
            await stranger.close()
    finally:
        await nhost.execute(f"DROP OWNED BY {role}")
        await nhost.execute(f"DROP ROLE {role}")


async def test_a_database_without_nhosts_table_is_left_alone(database_url: str, connection: Any) -> None:
    """It says what to do instead."""
    with pytest.raises(HasuraRefused, match="vestibule hasura views"):
        await create_mirror(database_url)
    await connection.execute("CREATE SCHEMA auth; CREATE TABLE auth.users (id uuid PRIMARY KEY)")
    with pytest.raises(HasuraRefused, match="has no column"):
        await create_mirror(database_url)
    made = await connection.fetchval("SELECT count(*) FROM pg_trigger WHERE tgname = 'vestibule_mirror'")
    assert made == 0


async def test_whoever_goes_in_another_project_takes_nobodys_copy_along(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Though they have the id of somebody here, as after two imports (security 122)."""
    await create_mirror(database_url)
    ann, other = (await under_test.sign_up()).subject, await under_test.other_project()
    await under_test.core.settle_arrivals(other.id, [arriving(ann.id, under_test.clock.now())])
    await under_test.core.users.delete(other.id, ann.id, actor="test")
    assert await mirrored(nhost, ann.id) is not None
    await under_test.core.users.delete(under_test.project.id, ann.id, actor="test")
    assert await mirrored(nhost, ann.id) is None


async def test_what_nobody_has_proven_is_not_verified_there(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Neither an address nor a number: permissions hang on it (security 11)."""
    await create_mirror(database_url)
    user_id = (await under_test.sign_up("ada@example.com")).subject.id
    await under_test.db.run(PHONE, id=user_id, phone="+4915112345678")
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["email"], row["email_verified"]) == ("ada@example.com", False)
    assert (row["phone_number"], row["phone_number_verified"]) == ("+4915112345678", False)
    await under_test.db.run(PROVE, id=user_id, now=under_test.clock.now())
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["email_verified"], row["phone_number_verified"]) == (True, False)


async def test_a_row_with_the_id_of_another_projects_user_outlives_them(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """It was there before the mirror, is nobody's of ours, and is not counted as copied (security 122)."""
    other = await under_test.other_project()
    elsewhere = (await under_test.sign_up(visit=under_test.visit(project=other))).subject.id
    await add_person(nhost, id=elsewhere, email="ada@example.com")
    made = await create_mirror(database_url)
    assert (made.users, made.strangers) == (0, 1)
    await under_test.core.users.delete(other.id, elsewhere, actor="test")
    assert await mirrored(nhost, elsewhere) is not None
