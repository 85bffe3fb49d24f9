"""An old server's database, a new server beside it, and the move from the one to the other."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from tests.dialects.nhost.speaking import Speaker
from tests.support.databases import empty_postgres
from tests.support.nhost_layout import Connection, Person, add_person, lay_out
from tests.support.postgres import PostgresServer
from tests.support.serving import Running, Serve, serve
from vestibule.core.users import Subject
from vestibule.importing import ImportUsers, OldKey, OldServer, Skipped, Summary, Watch
from vestibule.kernel.secret import Secret
from vestibule.providers import ROWS

__all__ = ["serve"]

EVERYTHING_ON = {
    "AUTH_MFA_ENABLED": "true",
    "AUTH_WEBAUTHN_ENABLED": "true",
    "AUTH_ANONYMOUS_USERS_ENABLED": "true",
}


@dataclass
class Move:
    """Both servers, and what the last import skipped."""

    url: str
    old: Connection
    running: Running
    skipped: list[Skipped]

    @property
    def speaker(self) -> Speaker:
        """Whoever calls the new server at the door that the old one had."""
        return Speaker(self.running)

    async def person(self, **more: Any) -> Person:
        """Let somebody be at the old server."""
        return await add_person(self.old, **more)

    async def run(self, *, key: str | None = None, rehearsal: bool = False, watch: Watch | None = None) -> Summary:
        """Import everybody."""
        self.skipped = []
        core = self.running.core
        plan = ImportUsers(
            OldServer.at(self.url),
            core.db,
            core.settle_arrivals,
            core.audit,
            {name: row.issuer for name, row in ROWS.items()},
            old_key=None if key is None else OldKey(Secret(key)),
            rehearsal=rehearsal,
        )
        return await plan(self.running.project, watch or Watch(self.skipped.append), actor="tests")

    async def subject(self, person: Person) -> Subject:
        """Return the user as the new server knows them."""
        core = self.running.core
        return await core.users.subject(core.db, self.running.project.id, person.id)

    def reasons(self) -> list[tuple[str, str]]:
        """Return what the last import skipped, and why."""
        return sorted((one.what, one.why) for one in self.skipped)


@pytest.fixture
def old_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database on PostgreSQL, where every old server has its own."""
    with empty_postgres(postgres_server) as url:
        yield url


@pytest.fixture
async def old(old_url: str) -> AsyncIterator[Connection]:
    """The old server's database, with the newest tables and nobody in it."""
    connection = await asyncpg.connect(old_url)
    await lay_out(connection)
    yield connection
    await connection.close()


@pytest.fixture
async def move(old_url: str, old: Connection, serve: Serve) -> AsyncIterator[Move]:
    """Both servers, the new one on each engine in turn."""
    async with serve(EVERYTHING_ON) as running:
        yield Move(old_url, old, running, [])
