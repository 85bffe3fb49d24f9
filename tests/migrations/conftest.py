"""A database that Nhost Auth has laid out, with an application in it that refers to its users."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.support.cores import CoreUnderTest, under_test
from tests.support.nhost_layout import lay_out
from tests.support.serving import serve
from vestibule.migrations.hasura import create_mirror

__all__ = ["serve", "under_test"]

# What applications do: rows that go with a user, and a trigger that looks at who is new.
APPLICATION = """
CREATE TABLE notes (
    id serial PRIMARY KEY, author uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE, words text NOT NULL
);
CREATE TABLE welcomed (address text, name text);
CREATE FUNCTION welcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.display_name = 'Nobody' THEN
        RAISE EXCEPTION 'the application does not want this user';
    END IF;
    INSERT INTO welcomed VALUES (NEW.email, NEW.display_name);
    RETURN NEW;
END $$;
CREATE TRIGGER welcome AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION welcome();
"""


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Any]:
    """A connection of somebody else's to the test's database."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def nhost(connection: Any) -> Any:
    """That connection, after Nhost Auth and an application have made their tables."""
    await lay_out(connection)
    await connection.execute(APPLICATION)
    return connection


@pytest.fixture
async def user_id(database_url: str, nhost: Any, under_test: CoreUnderTest) -> UUID:
    """Somebody of ours whose copy is in Nhost's table."""
    await create_mirror(database_url)
    return (await under_test.sign_up("ada@example.com")).subject.id
