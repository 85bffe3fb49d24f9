"""`vestibule hasura`, as an operator types it."""

import asyncio
import json

import asyncpg
import pytest

from tests.cli.conftest import Run
from tests.support.nhost_layout import add_person, lay_out


@pytest.fixture
def on_postgres(environment: dict[str, str], postgres_url: str) -> str:
    """The settings name a migrated PostgreSQL database."""
    environment["VESTIBULE_DATABASE_URL"] = postgres_url
    return postgres_url


async def become_nhosts(url: str, *more: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await lay_out(connection)
        for statement in more:
            await connection.execute(statement)
        await add_person(connection, email="stranger@example.com")
    finally:
        await connection.close()


def test_users_are_mirrored_from_the_command_on(run: Run, on_postgres: str) -> None:
    """Those who are there, those who come, and what is nobody's is told."""
    asyncio.run(become_nhosts(on_postgres))
    assert run("user", "create", "ada@example.com").returncode == 0
    done = run("hasura", "mirror", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"mirrored": True, "users": 1, "strangers": 1}
    told = run("hasura", "mirror").stdout
    assert "Copied 1 users into auth.users" in told
    assert "1 rows of auth.users are nobody's here" in told
    assert "Of those that an import has refused, its --report says why." in told
    assert json.loads(run("hasura", "mirror", "--remove", "--json").stdout) == {"mirrored": False}


def test_whoever_cannot_be_copied_is_named_in_one_line(run: Run, on_postgres: str) -> None:
    """Without a traceback, whatever a constraint of the application has against them."""
    asyncio.run(become_nhosts(on_postgres, "ALTER TABLE auth.users ADD CHECK (display_name <> 'Ada')"))
    created = json.loads(run("user", "create", "ada@example.com", "--name", "Ada", "--json").stdout)
    refused = run("hasura", "mirror")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert f"not everybody can be copied into auth.users ({created['id']}: new row for relation" in refused.stderr
    assert "ada@example.com" not in refused.stderr


def test_views_are_made_where_nhost_never_was(run: Run, on_postgres: str) -> None:
    """And the mirror says so when it is asked for instead."""
    refused = run("hasura", "mirror")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "error: the schema was not changed: there is no table auth.users here;"
        " make views instead: vestibule hasura views\n"
    )
    made = json.loads(run("hasura", "views", "--json").stdout)["views"]
    assert {"auth.users", "auth.user_roles", "auth.refresh_tokens"} <= set(made)
    assert run("hasura", "views", "--remove").stdout == "The views are gone.\n"


def test_sqlite_is_refused_in_one_line(run: Run) -> None:
    """Hasura cannot read it."""
    refused = run("hasura", "views")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "this database is SQLite" in refused.stderr


def test_metadata_needs_no_database(run: Run) -> None:
    """One request, ready to send."""
    request = json.loads(run("hasura", "metadata", "--source", "app", env={}).stdout)
    assert request["args"][0]["args"]["source"] == "app"
