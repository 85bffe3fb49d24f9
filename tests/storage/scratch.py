"""A table of every type, for tests of storage itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any
from uuid import UUID

from vestibule.storage import Database, Statement
from vestibule.storage.sqlite import SqliteDatabase


@dataclass(frozen=True, slots=True)
class Row:
    id: UUID
    at: datetime | None
    flag: bool | None
    document: dict[str, Any] | None
    names: list[str] | None
    word: str | None
    octets: bytes | None
    number: int | None


_COLUMNS = "id, at, flag, document, names, word, octets, number"

CREATE = Statement(
    None,
    postgres="""
    CREATE TABLE scratch (id uuid PRIMARY KEY, at timestamptz, flag boolean, document json, names json, word text,
                          octets bytea, number bigint CHECK (number <> 13))
    """,
    sqlite="""
    CREATE TABLE scratch (id BLOB PRIMARY KEY, at INTEGER, flag INTEGER, document TEXT, names TEXT, word TEXT,
                          octets BLOB, number INTEGER CHECK (number <> 13)) STRICT
    """,
)
INSERT = Statement(
    None,
    f"INSERT INTO scratch ({_COLUMNS}) VALUES (:id, :at, :flag, :document, :names, :word, :octets, :number)",  # noqa: S608
)
ROW = Statement(Row, f"SELECT {_COLUMNS} FROM scratch WHERE id = :id")  # noqa: S608
ADD = Statement(None, "INSERT INTO scratch (id, number) VALUES (:id, :number)")
ADD_ONCE = Statement(None, "INSERT INTO scratch (id, number) VALUES (:id, :number) ON CONFLICT DO NOTHING")
ADD_UNLESS_KNOWN = Statement(
    int, "INSERT INTO scratch (id, number) VALUES (:id, :number) ON CONFLICT DO NOTHING RETURNING number"
)
COUNT = Statement(int, "SELECT count(*) AS count FROM scratch")
NUMBERS = Statement(int, "SELECT number FROM scratch ORDER BY number")
INCREASE = Statement(int, "UPDATE scratch SET number = number + :by WHERE id = :id RETURNING number")
REMOVE_ALL = Statement(None, "DELETE FROM scratch")
SLOW = Statement(
    int,
    postgres="SELECT 1 AS one FROM (SELECT pg_sleep(600)) AS slept",  # nobody waits for its end
    sqlite="SELECT held() AS one",  # as long as `hold_up` says
)


async def make_scratch(db: Database) -> None:
    """Create the table."""
    await db.run(CREATE)


@asynccontextmanager
async def hold_up(db: SqliteDatabase) -> AsyncIterator[Event]:
    """Let SLOW last, within transactions, until the event is set or the block ends."""
    released = Event()
    await db._writer.call(lambda connection: connection.create_function("held", 0, lambda: released.wait(60)))
    try:
        yield released
    finally:
        released.set()
