"""The mirror acts with its creator's rights: nothing of somebody else's may be called with them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias
from uuid import uuid4

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.migrations.hasura import HasuraRefused, create_mirror

NewRole: TypeAlias = Callable[[str], Awaitable[str]]

pytestmark = pytest.mark.engine("postgresql")

SAY = 'metadata = \'{"plan": "free"}\''
CALLED = "CREATE TABLE called (by_whom text); GRANT INSERT ON called TO PUBLIC"
# What fits the arguments exactly is taken before what PostgreSQL's own schema has for any type.
UNNEST = """
CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.called VALUES ('unnest');
    RETURN QUERY SELECT * FROM pg_catalog.unnest($1);
END $$
"""
# Types of a session are looked for before all others.
JSONB = """
CREATE FUNCTION pg_temp.spy(pg_catalog.jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.called VALUES ('jsonb');
    RETURN true;
END $$;
CREATE DOMAIN pg_temp.jsonb AS pg_catalog.jsonb CHECK (pg_temp.spy(VALUE))
"""
OTHERS = """
CREATE FUNCTION public.spy(a character varying, b text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.called VALUES ('an operator');
    RETURN a::text <> b;
END $$;
CREATE OPERATOR public.<> (LEFTARG = character varying, RIGHTARG = text, FUNCTION = public.spy);
ALTER TABLE auth.user_roles DROP CONSTRAINT user_roles_role_fkey, ALTER COLUMN role TYPE character varying
"""

# Of the very same form: whichever schema is searched first has the one that is called.
ELEMENTS = """
CREATE FUNCTION public.json_array_elements_text(json) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.called VALUES ('elements');
    RETURN QUERY SELECT * FROM pg_catalog.json_array_elements_text($1);
END $$
"""
UNNEST_IDS = """
CREATE FUNCTION public.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.called VALUES ('ids');
    RETURN QUERY SELECT * FROM pg_catalog.unnest($1);
END $$
"""


@pytest.mark.parametrize("spell", [UNNEST, JSONB, OTHERS], ids=["function", "type", "operator"])
async def test_nothing_that_shadows_postgresqls_own_is_called(
    database_url: str, nhost: Any, under_test: CoreUnderTest, spell: str
) -> None:
    """A function, a type or an operator of somebody's would have the rights of the mirror's creator (security 140)."""
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id
    await nhost.execute(CALLED)
    await nhost.execute(spell)
    await nhost.execute(f"UPDATE vestibule_users SET {SAY} WHERE id = $1", user_id)  # noqa: S608 - a constant
    row = await nhost.fetchrow("SELECT * FROM auth.users WHERE id = $1", user_id)
    assert row["metadata"] == '{"plan": "free"}'
    assert await nhost.fetch("SELECT * FROM called") == []


async def test_a_schema_where_everybody_may_create_is_refused(database_url: str, nhost: Any) -> None:
    """The application's triggers look there while they have the creator's rights (security 140)."""
    await nhost.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    with pytest.raises(HasuraRefused, match="REVOKE CREATE ON SCHEMA public FROM PUBLIC"):
        await create_mirror(database_url)
    assert await nhost.fetchval("SELECT count(*) FROM pg_trigger WHERE tgname = 'vestibule_mirror'") == 0
    await nhost.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    await create_mirror(database_url)


@pytest.fixture
async def new_role(nhost: Any) -> AsyncIterator[NewRole]:
    """Makes roles, which belong to the whole server, and takes them away."""
    made: list[str] = []

    async def make(kind: str) -> str:
        made.append(f"{kind}_{uuid4().hex}")
        await nhost.execute(f"CREATE ROLE {made[-1]}")
        return made[-1]

    yield make
    for role in made:
        await nhost.execute(f"REASSIGN OWNED BY {role} TO postgres; DROP OWNED BY {role}; DROP ROLE {role}")


async def test_who_may_make_triggers_on_the_copies_is_named(database_url: str, nhost: Any, new_role: NewRole) -> None:
    """A trigger of theirs, with a function of theirs, would have the creator's rights (security 140)."""
    role = await new_role("hasura")
    await nhost.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA auth TO {role}")
    mend = f"REVOKE TRIGGER ON auth.roles, auth.user_roles, auth.users FROM {role}"
    with pytest.raises(HasuraRefused, match=f"^{role} may make triggers .*: {mend}$"):
        await create_mirror(database_url)
    assert await nhost.fetchval("SELECT count(*) FROM pg_trigger WHERE tgname = 'vestibule_mirror'") == 0
    await nhost.execute(mend)
    await create_mirror(database_url)


@pytest.mark.parametrize("table", ["users", "user_roles", "roles"])
async def test_triggers_of_everybodys_are_refused(database_url: str, nhost: Any, table: str) -> None:
    """On each of the tables that the mirror writes (security 140)."""
    await nhost.execute(f"GRANT TRIGGER ON auth.{table} TO PUBLIC")
    with pytest.raises(HasuraRefused, match=f"^PUBLIC may make .*: REVOKE TRIGGER ON auth.{table} FROM PUBLIC$"):
        await create_mirror(database_url)


async def test_whoever_may_act_as_the_owner_of_the_copies_is_named(
    database_url: str, nhost: Any, new_role: NewRole
) -> None:
    """As the owner they may make triggers; the owner itself is trusted (security 140)."""
    owner, member = await new_role("owner"), await new_role("member")
    await nhost.execute(f"ALTER TABLE auth.users OWNER TO {owner}; GRANT {owner} TO {member}")
    with pytest.raises(HasuraRefused, match=f"^{member} may make .*: REVOKE {owner} FROM {member}$"):
        await create_mirror(database_url)
    await nhost.execute(f"REVOKE {owner} FROM {member}")
    await create_mirror(database_url)


async def test_nothing_in_public_is_called_in_the_place_of_what_computes(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Neither by the triggers nor by the copying: of two functions of one form PostgreSQL's is meant (security 140)."""
    user_id = (await under_test.sign_up()).subject.id
    await nhost.execute(CALLED)
    await nhost.execute(ELEMENTS)
    await nhost.execute(UNNEST_IDS)
    await create_mirror(database_url)
    await nhost.execute(f"UPDATE vestibule_users SET {SAY} WHERE id = $1", user_id)  # noqa: S608 - a constant
    assert await nhost.fetchval("SELECT count(*) FROM auth.users WHERE id = $1", user_id) == 1
    assert await nhost.fetch("SELECT * FROM called") == []
