"""Fixtures of everything that has to do with mail: an outbox on each engine, with a clock that stands still."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.fakes import FakeClock
from vestibule.core.outbox import MailVariables, Message, Outbox
from vestibule.kernel.clock import to_micros
from vestibule.kernel.entropy import SystemEntropy, new_uuid7
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database, Json, Statement

SECRET_LINK = "https://auth.acme.example/verify?ticket=verifyEmail%3Atop-secret"
_MAKE_PROJECT = Statement(
    None,
    """
    INSERT INTO vestibule_projects (id, public_id, name, dialects, settings, created_at)
    VALUES (:id, :public_id, :name, :dialects, :settings, :created_at)
    """,
)


@dataclass(frozen=True)
class Row:
    id: UUID
    state: str
    attempts: int
    payload: bytes | None
    next_attempt_at: datetime
    claimed_by: str | None
    last_error: str | None
    finished_at: datetime | None


_ROWS = Statement(
    Row,
    """
    SELECT id, state, attempts, payload, next_attempt_at, claimed_by, last_error, finished_at
    FROM vestibule_outbox ORDER BY id
    """,
)


@pytest.fixture
def outbox(clock: FakeClock) -> Outbox:
    """An outbox with a root key of its own."""
    return Outbox(Keyring([b"r" * 32], SystemEntropy()), SystemEntropy(), clock)


@pytest.fixture
async def project_id(db: Database, clock: FakeClock) -> ProjectId:
    """A project that messages can belong to."""
    project = new_uuid7(SystemEntropy(), to_micros(clock.now()))
    await db.run(
        _MAKE_PROJECT,
        id=project,
        public_id=str(project),
        name="Acme Notes",
        dialects=Json([]),
        settings=Json({}),
        created_at=clock.now(),
    )
    return ProjectId(project)


@pytest.fixture
def enqueue(db: Database, outbox: Outbox, project_id: ProjectId, clock: FakeClock) -> Callable[..., Awaitable[UUID]]:
    """Put a message into the outbox and commit it."""

    async def put(recipient: str = "bob@example.com", **variables: Any) -> UUID:
        clock.advance(timedelta(milliseconds=1))  # ids sort by it
        given = MailVariables(**{"product": "Acme Notes", "link": SECRET_LINK, **variables})
        async with db.write() as tx:
            return await outbox.enqueue(tx, Message(project_id, "email-verify", recipient, given))

    return put


@pytest.fixture
def outbox_rows(db: Database) -> Callable[[], Awaitable[list[Any]]]:
    """Read the outbox as it is stored."""
    return lambda: db.all(_ROWS)
