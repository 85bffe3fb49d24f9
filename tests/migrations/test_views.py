"""Views in the shape of Nhost's tables: what Hasura reads where Nhost Auth never was."""

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.dialects.nhost.passkey_speaking import ON, Ceremonies
from tests.dialects.nhost.speaking import Speaker
from tests.support.authenticator import b64
from tests.support.cores import CoreUnderTest
from tests.support.databases import empty_postgres
from tests.support.nhost_layout import lay_out
from tests.support.postgres import PostgresServer
from tests.support.serving import Serve
from vestibule.migrations.hasura import HasuraRefused, create_mirror, create_views, remove_views

pytestmark = pytest.mark.engine("postgresql")

COLUMNS = """
SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'auth'
"""

# One setting, renamed by release 16: whatever may run in parallel does.
PARALLEL = ["force_parallel_mode", "debug_parallel_query"]


async def count(connection: Any, view: str) -> int:
    number: int = await connection.fetchval(f"SELECT count(*) FROM auth.{view}")  # noqa: S608 - a name of ours
    return number


async def test_the_views_have_the_columns_of_nhosts_tables(
    database_url: str, connection: Any, postgres_server: PostgresServer
) -> None:
    """All those of October 2025, by name; the newest added nothing to read."""
    made = await create_views(database_url)
    ours = {tuple(row) for row in await connection.fetch(COLUMNS)}
    with empty_postgres(postgres_server) as url:
        theirs_connection = await asyncpg.connect(url)
        try:
            await lay_out(theirs_connection, newest=False)
            theirs = {tuple(row) for row in await theirs_connection.fetch(COLUMNS)}
        finally:
            await theirs_connection.close()
    theirs = {(table, column) for table, column in theirs if table in made}
    assert len({table for table, _ in theirs}) == len(made)
    assert theirs - ours == set()


async def test_users_are_read_with_their_roles_and_sessions(database_url: str, connection: Any, serve: Serve) -> None:
    """As Hasura joins them."""
    await create_views(database_url)
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up("ada@example.com", displayName="Ada", metadata={"plan": "free"})
        user_id = session["user"]["id"]
        answer = await speaker.post("/pat", {"expiresAt": "2099-01-01T00:00:00Z"}, await speaker.elevated(session))
        assert answer.status_code == 200, answer.text
    user = await connection.fetchrow("SELECT * FROM auth.users")
    assert str(user["id"]) == user_id
    assert (user["email"], user["display_name"], user["metadata"]) == ("ada@example.com", "Ada", '{"plan": "free"}')
    assert (user["email_verified"], user["disabled"], user["active_mfa_type"]) == (False, False, None)
    roles = await connection.fetch("SELECT id, role FROM auth.user_roles WHERE user_id = $1 ORDER BY role", user_id)
    assert [row["role"] for row in roles] == ["me", "user"]
    assert roles == await connection.fetch("SELECT id, role FROM auth.user_roles ORDER BY role")  # ids that stay
    assert {"user", "me", "anonymous"} <= {row[0] for row in await connection.fetch("SELECT role FROM auth.roles")}
    kinds = await connection.fetch("SELECT type FROM auth.refresh_tokens WHERE user_id = $1", user_id)
    assert {row[0] for row in kinds} == {"regular", "pat"}


async def test_a_key_is_read_as_browsers_name_it(database_url: str, connection: Any, serve: Serve) -> None:
    """Its id in base64url, without padding."""
    await create_views(database_url)
    async with serve(ON) as running:
        ceremonies = Ceremonies(running)
        session = await ceremonies.signed_up()
        [key] = ceremonies.authenticator.passkeys
    row = await connection.fetchrow("SELECT * FROM auth.user_security_keys")
    assert (str(row["user_id"]), row["credential_id"]) == (session["user"]["id"], b64(key.id))
    assert row["transports"].startswith("{")


async def test_no_view_shows_what_signs_in(database_url: str, connection: Any, under_test: CoreUnderTest) -> None:
    """Hashes are null; a GraphQL permission that is too wide gives none away (security 39)."""
    await create_views(database_url)
    await under_test.sign_up()
    user = await connection.fetchrow("SELECT * FROM auth.users")
    for name in ("password_hash", "totp_secret", "otp_hash", "ticket", "webauthn_current_challenge"):
        assert user[name] is None
    assert await connection.fetchval("SELECT refresh_token_hash FROM auth.refresh_tokens") is None


async def test_nobody_writes_through_a_view(database_url: str, connection: Any) -> None:
    """A mutation would go around every rule of this server."""
    made = await create_views(database_url)
    told = await connection.fetch(
        """
        SELECT table_name::text, is_updatable::text, is_insertable_into::text
        FROM information_schema.views WHERE table_schema = 'auth'
        """
    )
    assert sorted(tuple(row) for row in told) == [(view, "NO", "NO") for view in made]


async def test_other_projects_are_not_shown(database_url: str, connection: Any, under_test: CoreUnderTest) -> None:
    """In no view (security 122)."""
    made = await create_views(database_url)
    before = {view: await count(connection, view) for view in made}
    other = await under_test.other_project()
    await under_test.sign_up(visit=under_test.visit(project=other))
    assert {view: await count(connection, view) for view in made} == before


async def test_a_role_may_be_let_read(database_url: str, connection: Any) -> None:
    """The one that Hasura connects as, and nothing but the views."""
    role = f"hasura_{uuid4().hex}"
    with pytest.raises(HasuraRefused, match="there is no role"):
        await create_views(database_url, readers=[role])
    await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'")
    try:
        await create_views(database_url, readers=[role])
        reader = await asyncpg.connect(database_url.replace("postgres:postgres@", f"{role}:pw@"))
        try:
            assert await reader.fetchval("SELECT count(*) FROM auth.users") == 0
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reader.execute("SELECT * FROM vestibule_users")
        finally:
            await reader.close()
    finally:
        await connection.execute(f"DROP OWNED BY {role}")
        await connection.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(
    "write",
    [
        "UPDATE auth.users SET display_name = 'Mallory'",
        "DELETE FROM auth.users",
        "INSERT INTO auth.user_roles (user_id, role) SELECT id, 'admin' FROM auth.users",
        "DELETE FROM auth.refresh_tokens",
    ],
)
async def test_a_view_takes_no_writes_and_says_so(
    database_url: str, connection: Any, under_test: CoreUnderTest, write: str
) -> None:
    """Hasura knows it from the same catalog and has no mutations for views."""
    await create_views(database_url)
    await under_test.sign_up()
    with pytest.raises(
        asyncpg.ObjectNotInPrerequisiteStateError, match=r"^cannot (update|delete from|insert into) view"
    ):
        await connection.execute(write)


async def test_views_are_made_anew_and_removed(database_url: str, connection: Any) -> None:
    """An upgrade may bring more of them; what an application made from them keeps them."""
    assert await create_views(database_url) == await create_views(database_url)
    await connection.execute("CREATE VIEW authors AS SELECT id, display_name FROM auth.users")
    with pytest.raises(HasuraRefused, match="depends on it"):
        await remove_views(database_url)
    await connection.execute("DROP VIEW authors")
    await remove_views(database_url)
    assert await connection.fetch(COLUMNS) == []


async def test_nhosts_own_tables_are_never_replaced(database_url: str, nhost: Any) -> None:
    """Views are for where there are none; and the other way round."""
    for change in (create_views, remove_views):
        with pytest.raises(HasuraRefused, match="is a table here"):
            await change(database_url)
    assert await nhost.fetchval("SELECT relkind::text FROM pg_class WHERE oid = 'auth.users'::regclass") == "r"


@pytest.mark.parametrize("change", [create_mirror, create_views])
async def test_a_database_without_our_schema_is_left_alone(postgres_server: PostgresServer, change: Any) -> None:
    """Migrations come first. SQLite has nothing that Hasura could read."""
    with empty_postgres(postgres_server) as url, pytest.raises(HasuraRefused, match="vestibule migrate"):
        await change(url)
    with pytest.raises(HasuraRefused, match="SQLite"):
        await change("sqlite:///some.db")


async def test_a_table_of_somebody_elses_is_refused_in_plain_words(database_url: str, connection: Any) -> None:
    """Where Nhost's other tables are and auth.users is not; nothing is made then."""
    await connection.execute("CREATE SCHEMA auth; CREATE TABLE auth.user_roles (id uuid)")
    with pytest.raises(HasuraRefused, match='"user_roles" is not a view'):
        await create_views(database_url)
    assert await connection.fetchval("SELECT to_regclass('auth.users')") is None


async def test_no_parallel_query_reads_metadata(database_url: str, connection: Any, under_test: CoreUnderTest) -> None:
    """Up to release 16 none may begin a subtransaction, and what reads JSON that may be no jsonb has to."""
    user_id = (await under_test.sign_up()).subject.id
    await connection.execute('UPDATE vestibule_users SET metadata = \'{"plan": "free"}\' WHERE id = $1', user_id)
    await create_views(database_url)
    await connection.execute("SELECT set_config(name, 'on', false) FROM pg_settings WHERE name = ANY($1)", PARALLEL)
    plans = {
        view: str(await connection.fetch(f"EXPLAIN SELECT * FROM auth.{view}"))  # noqa: S608 - the names below
        for view in ("users", "user_roles")
    }
    assert {view: "Gather" in plan for view, plan in plans.items()} == {"users": False, "user_roles": True}
    assert await connection.fetchval("SELECT metadata FROM auth.users") == '{"plan": "free"}'
