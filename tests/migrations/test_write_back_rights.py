"""Writing back acts with its creator's rights: whoever may write Nhost's tables reaches a user through them only."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.migrations.test_mirror import RENAME, mirrored
from tests.migrations.test_mirror_rights import CALLED
from tests.migrations.writing import insert_roles, noted, ours, update_user
from tests.support.cores import CoreUnderTest
from vestibule.migrations.hasura import HasuraRefused, create_mirror, remove_mirror

pytestmark = pytest.mark.engine("postgresql")

# What an attacker may have: a schema of their own, temporary objects, and the search path of the session.
SPELLS = {
    "function": """
    CREATE FUNCTION theirs.json_array_elements_text(json) RETURNS SETOF text LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.called VALUES (current_user);
        RETURN QUERY SELECT 'admin';
    END $$
    """,
    "operator": """
    CREATE FUNCTION theirs.spy(a boolean, b boolean) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.called VALUES (current_user);
        RETURN false;
    END $$;
    CREATE FUNCTION theirs.spy(a text, b text) RETURNS boolean LANGUAGE sql AS 'SELECT theirs.spy(true, true)';
    CREATE OPERATOR theirs.= (LEFTARG = text, RIGHTARG = text, FUNCTION = theirs.spy);
    CREATE OPERATOR theirs.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = theirs.spy)
    """,
    "type": """
    CREATE FUNCTION pg_temp.spy(pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.called VALUES (current_user);
        RETURN true;
    END $$;
    CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.spy(VALUE))
    """,
    "table": """
    CREATE TEMP TABLE vestibule_users (id uuid);
    CREATE TEMP TABLE user_roles (user_id uuid, role pg_catalog.text)
    """,
}
RIGHTS = "GRANT USAGE ON SCHEMA auth TO {0}; GRANT SELECT, UPDATE ON auth.users TO {0}"
TO_ROLES = "GRANT SELECT, INSERT, DELETE ON auth.user_roles, auth.roles TO {0}; GRANT DELETE ON auth.users TO {0}"
TRIGGERS = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'vestibule_%'"
FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE proname ~ '^vestibule_(mirror|write_back)_' AND has_function_privilege($1, oid, 'EXECUTE')
"""


@pytest.fixture
async def hasura(database_url: str, nhost: Any, user_id: UUID) -> AsyncIterator[Any]:
    """A connection of a role that may change the copies, and nothing else."""
    role = f"hasura_{uuid4().hex}"
    await nhost.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'")
    await nhost.execute(RIGHTS.format(role))
    connection = await asyncpg.connect(database_url.replace("postgres:postgres@", f"{role}:pw@"))
    try:
        yield connection
    finally:
        await connection.close()
        await nhost.execute(f"DROP OWNED BY {role}")
        await nhost.execute(f"DROP ROLE {role}")


async def test_hasura_needs_no_rights_on_our_tables(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, hasura: Any
) -> None:
    """Who made the mirror lends them, for this alone, and the audit trail knows who wrote."""
    role = await hasura.fetchval("SELECT current_user")
    await nhost.execute(TO_ROLES.format(role))
    await update_user(hasura, user_id, display_name="Ada", disabled=True)
    await insert_roles(hasura, user_id, "editor")
    user = await ours(under_test, user_id)
    assert (user.display_name, user.status, user.roles) == ("Ada", "disabled", ["me", "user", "editor"])
    assert {actor for _, actor, _ in await noted(nhost, user_id)} == {f"database:{role}"}
    await hasura.execute("DELETE FROM auth.users WHERE id = $1", user_id)
    assert await under_test.count("users") == 0


async def test_nobody_calls_what_writes_back(database_url: str, nhost: Any, user_id: UUID, hasura: Any) -> None:
    """Nor reads what it reads; default privileges lend nobody a trigger for rows of their own (security 140)."""
    role = await hasura.fetchval("SELECT current_user")
    await nhost.execute(f"ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO {role}")
    await remove_mirror(database_url)
    await create_mirror(database_url)
    assert await nhost.fetch(FUNCTIONS, role) == []
    assert len(await nhost.fetch(FUNCTIONS, "postgres")) == 13
    await hasura.execute("CREATE TEMP TABLE users AS SELECT * FROM auth.users")
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for function"):
        await hasura.execute(
            "CREATE TRIGGER lent AFTER UPDATE ON pg_temp.users FOR EACH ROW"
            " EXECUTE FUNCTION public.vestibule_write_back_user()"
        )
    for sql in ("SELECT * FROM vestibule_users", "SELECT * FROM vestibule_mirrored", "DELETE FROM auth.user_roles"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await hasura.execute(sql)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await hasura.execute("SELECT vestibule_write_back_hold($1, true)", user_id)


@pytest.mark.parametrize("spell", SPELLS)
async def test_nothing_that_shadows_postgresqls_own_is_called(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, hasura: Any, spell: str
) -> None:
    """It would have the rights of whoever made the mirror (security 140)."""
    await nhost.execute(CALLED)
    await nhost.execute(f"CREATE SCHEMA theirs AUTHORIZATION {await hasura.fetchval('SELECT current_user')}")
    await hasura.execute(SPELLS[spell])
    await hasura.execute("SET search_path = theirs, pg_temp, public, pg_catalog")
    await update_user(hasura, user_id, display_name="Ada", locale="fr", metadata={"a": 1}, default_role="me")
    user = await ours(under_test, user_id)
    assert (user.display_name, user.locale, user.metadata, user.default_role) == ("Ada", "fr", {"a": 1}, "me")
    assert set(user.roles) == {"user", "me"}
    assert ("postgres",) not in await nhost.fetch("SELECT by_whom FROM called")


async def test_whoever_passes_for_a_copy_changes_no_user(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, hasura: Any
) -> None:
    """The setting by which copies are known can be made by anybody; it skips the user, too (security 11)."""
    before = await ours(under_test, user_id)
    await hasura.execute("SELECT set_config('vestibule.copying', '0', false)")
    await update_user(hasura, user_id, display_name="Mallory", email_verified=True, phone_number="+4915112345678")
    assert await ours(under_test, user_id) == before
    await under_test.db.run(RENAME, id=user_id, name="Ada")
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["display_name"], row["email_verified"], row["phone_number"]) == ("Ada", False, None)


async def test_who_may_make_no_triggers_makes_no_mirror(database_url: str, nhost: Any) -> None:
    """Half of one would undo what applications write; it says who can. Whoever may make them can take them away."""
    role = f"migrator_{uuid4().hex}"
    await nhost.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'pw'")
    try:
        await nhost.execute(
            f"GRANT ALL ON SCHEMA public TO {role}; GRANT USAGE ON SCHEMA auth TO {role};"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO {role}"
        )
        tables = await nhost.fetch("SELECT tablename FROM pg_tables WHERE tablename LIKE 'vestibule_%'")
        for row in tables:
            await nhost.execute(f"ALTER TABLE {row[0]} OWNER TO {role}")
        url = database_url.replace("postgres:postgres@", f"{role}:pw@")
        with pytest.raises(HasuraRefused, match="permission denied for table users; connect as its owner"):
            await create_mirror(url)
        assert await nhost.fetchval(TRIGGERS) == 0
        await nhost.execute(f"GRANT TRIGGER ON ALL TABLES IN SCHEMA auth TO {role}")
        await create_mirror(url)
        assert await nhost.fetchval(TRIGGERS) == 5
        await remove_mirror(url)
        assert await nhost.fetchval(TRIGGERS) == 0
    finally:
        await nhost.execute(f"REASSIGN OWNED BY {role} TO postgres; DROP OWNED BY {role}")
        await nhost.execute(f"DROP ROLE {role}")
