"""What applications write to Nhost's tables is so here, in the same transaction, and once."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.dialects.nhost.speaking import Speaker, part
from tests.migrations.test_mirror import mirrored, roles_of
from tests.migrations.writing import delete_roles, delete_user, insert_roles, noted, ours, update_user
from tests.support.cores import CoreUnderTest
from tests.support.nhost_layout import add_person
from tests.support.serving import Serve
from vestibule.kernel.clock import to_micros
from vestibule.migrations.hasura import create_mirror, remove_mirror
from vestibule.storage import Statement

pytestmark = pytest.mark.engine("postgresql")

LOCALE = Statement(None, "UPDATE vestibule_users SET locale = :locale WHERE id = :id")
TWIN = """
INSERT INTO vestibule_users
    (project_id, id, created_at, updated_at, locale, default_role, roles, public_metadata, secure_metadata)
SELECT $1, id, created_at, updated_at, locale, default_role, roles, public_metadata, secure_metadata
FROM vestibule_users WHERE id = $2
"""
COUNTED = """
CREATE TABLE updates (user_id uuid);
CREATE FUNCTION count_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO updates VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER counted AFTER UPDATE ON auth.users FOR EACH ROW EXECUTE FUNCTION count_update()
"""
GREET = """
CREATE FUNCTION greet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE auth.users SET metadata = '{"greeted": true}' WHERE id = NEW.id;
    INSERT INTO auth.roles VALUES ('guest') ON CONFLICT DO NOTHING;
    INSERT INTO auth.user_roles (user_id, role) VALUES (NEW.id, 'guest');
    RETURN NULL;
END $$;
CREATE TRIGGER greet AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION greet()
"""

CORRECT = """
CREATE FUNCTION correct() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE auth.users SET display_name = upper(display_name) WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER {} AFTER UPDATE ON auth.users FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION correct()
"""
GIVE_AGAIN = """
INSERT INTO auth.user_roles (user_id, role) VALUES ($1, $2)
ON CONFLICT (user_id, role) DO UPDATE SET role = excluded.role
"""


async def test_a_profile_that_is_written_there_is_the_users_here(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """All that `updateUser` is used for."""
    await update_user(
        nhost, user_id, display_name="Ada", avatar_url="https://a.example/1.png", locale="fr", metadata={"plan": "pro"}
    )
    user = await ours(under_test, user_id)
    assert (user.display_name, user.avatar_url, user.locale) == ("Ada", "https://a.example/1.png", "fr")
    assert user.metadata == {"plan": "pro"}
    assert user.status == "active"


async def test_only_what_is_written_changes_here(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """The copy of a locale is shorter than ours, and does not replace it."""
    await under_test.db.run(LOCALE, id=user_id, locale="de-AT")
    await update_user(nhost, user_id, display_name="Ada", locale="de")
    user = await ours(under_test, user_id)
    assert (user.display_name, user.locale) == ("Ada", "de-AT")


@pytest.mark.parametrize("written", [None, "null"])
async def test_metadata_may_be_taken_away(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, written: str | None
) -> None:
    """As nothing or as JSON's null, which are one thing here and are one in the copy after it."""
    await update_user(nhost, user_id, metadata={"plan": "pro"})
    await update_user(nhost, user_id, metadata=written)
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert ((await ours(under_test, user_id)).metadata, row["metadata"]) == (None, None)


async def test_the_next_token_has_the_roles_that_were_given_there(database_url: str, nhost: Any, serve: Serve) -> None:
    """New ones and the default one; those that were taken are gone."""
    await create_mirror(database_url)
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up("ada@example.com")
        user_id = session["user"]["id"]
        await insert_roles(nhost, user_id, "editor", "reviewer")
        await update_user(nhost, user_id, default_role="editor")
        await delete_roles(nhost, user_id, ["me"])
        refreshed = (await speaker.refresh(session["refreshToken"])).json()
    claims = part(refreshed["accessToken"], 1)["https://hasura.io/jwt/claims"]
    assert claims["x-hasura-default-role"] == "editor"
    assert claims["x-hasura-allowed-roles"] == ["user", "editor", "reviewer"]
    assert refreshed["user"]["defaultRole"] == "editor"


async def test_the_default_role_stays_one_of_the_roles(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """A mutation that replaces all roles takes it first; its row is back when that is committed."""
    async with nhost.transaction():
        await delete_roles(nhost, user_id, ["me", "user"])
        await insert_roles(nhost, user_id, "editor")
    assert (await ours(under_test, user_id)).roles == ["user", "editor"]
    assert await roles_of(nhost, user_id) == {"user", "editor"}


@pytest.mark.parametrize("taken_first", [True, False])
async def test_a_default_role_that_is_replaced_can_be_taken(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, *, taken_first: bool
) -> None:
    """In whichever order one transaction says it."""
    await insert_roles(nhost, user_id, "editor")
    async with nhost.transaction():
        if taken_first:
            await delete_roles(nhost, user_id, ["user"])
        await update_user(nhost, user_id, default_role="editor")
        if not taken_first:
            await delete_roles(nhost, user_id, ["user"])
    user = await ours(under_test, user_id)
    assert (user.default_role, set(user.roles)) == ("editor", {"me", "editor"})
    assert await roles_of(nhost, user_id) == {"me", "editor"}


async def test_a_new_default_role_becomes_one_of_the_roles(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """Here and there; the one before stays, as its row does."""
    await nhost.execute("INSERT INTO auth.roles VALUES ('editor')")
    await update_user(nhost, user_id, default_role="editor")
    assert (await ours(under_test, user_id)).roles == ["me", "user", "editor"]
    assert await roles_of(nhost, user_id) == {"me", "user", "editor"}


async def test_a_row_of_a_role_may_be_moved(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """Who has it no longer has it no longer, and who has it now has it."""
    other = (await under_test.sign_up()).subject.id
    await insert_roles(nhost, user_id, "editor")
    await nhost.execute("UPDATE auth.user_roles SET user_id = $1 WHERE role = 'editor'", other)
    assert "editor" not in (await ours(under_test, user_id)).roles
    assert "editor" in (await ours(under_test, other)).roles


async def test_a_rollback_leaves_both_as_they_were(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """Of everything that can be written."""
    before, row = await ours(under_test, user_id), await mirrored(nhost, user_id)
    transaction = nhost.transaction()
    await transaction.start()
    await update_user(nhost, user_id, display_name="Gone", disabled=True)
    await insert_roles(nhost, user_id, "editor")
    await nhost.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await delete_user(nhost, user_id)
    await transaction.rollback()
    assert (await ours(under_test, user_id), await mirrored(nhost, user_id)) == (before, row)
    assert await noted(nhost, user_id) == []
    assert await under_test.count("sessions") == 1


async def test_neither_copies_what_came_from_it(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """One write is one update there, whichever side it comes from."""
    await nhost.execute(COUNTED)
    await update_user(nhost, user_id, display_name="Ada", metadata={"a": 1.50, "b": [None]}, locale="fr")
    assert await nhost.fetchval("SELECT count(*) FROM updates") == 1
    before = await ours(under_test, user_id)
    await under_test.db.run(LOCALE, id=user_id, locale="es")
    assert await nhost.fetchval("SELECT count(*) FROM updates") == 2
    after = await ours(under_test, user_id)
    assert (after.locale, after.updated_at) == ("es", before.updated_at)


@pytest.mark.parametrize("name", ["a_correction", "z_correction"])
async def test_what_a_trigger_of_the_application_corrects_stays_corrected(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, name: str
) -> None:
    """PostgreSQL fires triggers in the order of their names: it may have its turn before ours or after."""
    await nhost.execute(CORRECT.format(name))
    await update_user(nhost, user_id, display_name="ada", metadata={"plan": "pro"})
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["display_name"], (await ours(under_test, user_id)).display_name) == ("ADA", "ADA")


async def test_a_role_that_is_given_again_is_no_change(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """An upsert of what is there moves it to no other place, is not noted and is refused to nobody."""
    await insert_roles(nhost, user_id, "editor")
    before, told = await ours(under_test, user_id), await noted(nhost, user_id)
    await nhost.execute(GIVE_AGAIN, user_id, "me")
    assert (await ours(under_test, user_id), await noted(nhost, user_id)) == (before, told)
    await under_test.change(user_id, is_anonymous=True)
    await nhost.execute(GIVE_AGAIN, user_id, "me")


async def test_what_a_trigger_of_the_application_writes_to_a_new_user_counts(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """It is no copy, though a copy set it off."""
    await nhost.execute(GREET)
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id
    user = await ours(under_test, user_id)
    assert (user.metadata, set(user.roles)) == ({"greeted": True}, {"user", "me", "guest"})
    assert await roles_of(nhost, user_id) == {"user", "me", "guest"}


async def test_a_row_that_is_nobodys_is_left_alone(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """Inserted, changed in any column and deleted."""
    before = await ours(under_test, user_id)
    stranger = await add_person(nhost, email="stranger@example.com")
    await update_user(nhost, stranger.id, email="other@example.com", email_verified=False, password_hash="x")
    await delete_roles(nhost, stranger.id, ["me"])
    moved = uuid4()
    await update_user(nhost, stranger.id, id=moved, disabled=True)
    await delete_user(nhost, moved)
    assert await under_test.count("users") == 1
    assert await ours(under_test, user_id) == before


async def test_another_projects_user_with_the_same_id_is_left_alone(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Only the default project's users have copies (security 122)."""
    await create_mirror(database_url)
    other = await under_test.other_project()
    visit = under_test.visit(project=other)
    session = await under_test.sign_up(visit=visit)
    theirs = await add_person(nhost, id=session.subject.id)
    await update_user(nhost, theirs.id, display_name="Changed", default_role="me", disabled=True)
    await insert_roles(nhost, theirs.id, "editor")
    await delete_user(nhost, theirs.id)
    user = await under_test.core.users.subject(under_test.db, other.id, theirs.id)
    assert (user.display_name, user.status, user.default_role) == (session.subject.display_name, "active", "user")
    assert "editor" not in user.roles
    assert await under_test.refresh(session.secret, visit)


async def test_a_twin_in_another_project_is_left_alone(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """An id belongs to one user of each project (security 122)."""
    other = await under_test.other_project()
    await nhost.execute(TWIN, other.id, user_id)
    before = await under_test.core.users.subject(under_test.db, other.id, user_id)
    await insert_roles(nhost, user_id, "editor")
    await update_user(nhost, user_id, display_name="Changed", disabled=True, default_role="editor")
    await delete_user(nhost, user_id)
    assert await under_test.core.users.subject(under_test.db, other.id, user_id) == before
    assert await under_test.count("users") == 1


async def test_without_the_mirror_nothing_is_written_back(
    database_url: str, nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """Removing it takes the triggers on Nhost's tables along; making it again, or twice, brings them back."""
    await remove_mirror(database_url)
    assert await nhost.fetch("SELECT proname FROM pg_proc WHERE proname LIKE 'vestibule_%'") == [("vestibule_jsonb",)]
    await update_user(nhost, user_id, display_name="Nobody hears", email="changed@example.com")
    assert (await ours(under_test, user_id)).display_name != "Nobody hears"
    await create_mirror(database_url)
    await create_mirror(database_url)
    await update_user(nhost, user_id, display_name="Ada")
    assert (await ours(under_test, user_id)).display_name == "Ada"


async def test_every_change_is_in_the_audit_trail(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """As this server notes its own, with the role of the database that wrote, and an id that sorts by time."""
    await delete_roles(nhost, user_id, ["user"])  # which stays
    await insert_roles(nhost, user_id, "editor")
    await update_user(nhost, user_id, default_role="editor", display_name="Ada")
    await update_user(nhost, user_id, disabled=True)
    notes = await noted(nhost, user_id)
    assert [(event, detail) for event, _, detail in notes] == [
        ("user.changed", {"fields": ["roles"]}),
        ("user.changed", {"fields": ["default_role", "display_name"]}),
        ("user.status_changed", {"status": "disabled"}),
    ]
    assert {actor for _, actor, _ in notes} == {"database:postgres"}
    ids = await nhost.fetch("SELECT id, at FROM vestibule_audit WHERE actor LIKE 'database:%'")
    for row in ids:
        assert (row["id"].version, row["id"].variant) == (7, "specified in RFC 4122")
        assert row["id"].int >> 80 == to_micros(row["at"]) // 1000
