"""A database that fails once, at the n-th thing that is asked of it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from vestibule.kernel.errors import StorageUnavailable
from vestibule.storage import Database, Engine, Queries, Statement

R = TypeVar("R")


class When(Enum):
    """Whether the database fails before it does what it is asked, or when it has done it and should say so."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class Fault:
    """Strikes once, at step number `at`: each statement and each commit is one step."""

    when: When = When.BEFORE
    at: int = 0
    steps: int = 0

    def arm(self, at: int) -> None:
        """Strike at that step, counted from now."""
        self.at, self.steps = at, 0

    @property
    def struck(self) -> bool:
        """Whether it has struck since it was armed."""
        return 0 < self.at <= self.steps

    def step(self, now: When) -> None:
        """Count a step on its way out or back. Raises: StorageUnavailable when it is the one."""
        if now is self.when:
            self.steps += 1
            if self.steps == self.at:
                raise StorageUnavailable(reason="struck")


class FailingQueries:
    """The statements of one connection, with the fault in between."""

    def __init__(self, inner: Queries, fault: Fault) -> None:
        self._inner = inner
        self._fault = fault

    @property
    def engine(self) -> Engine:
        """That of the database within."""
        return self._inner.engine

    async def one(self, statement: Statement[R], **parameters: Any) -> R | None:
        """Return the first row, if nothing goes wrong."""
        self._fault.step(When.BEFORE)
        row = await self._inner.one(statement, **parameters)
        self._fault.step(When.AFTER)
        return row

    async def all(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """Return every row, if nothing goes wrong."""
        self._fault.step(When.BEFORE)
        rows = await self._inner.all(statement, **parameters)
        self._fault.step(When.AFTER)
        return rows

    async def run(self, statement: Statement[Any], **parameters: Any) -> int:
        """Return the number of rows, if nothing goes wrong."""
        self._fault.step(When.BEFORE)
        count = await self._inner.run(statement, **parameters)
        self._fault.step(When.AFTER)
        return count

    async def each(self, statement: Statement[R], rows: Sequence[Mapping[str, Any]]) -> list[R]:
        """Return every row of all of them, if nothing goes wrong."""
        self._fault.step(When.BEFORE)
        found = await self._inner.each(statement, rows)
        self._fault.step(When.AFTER)
        return found

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Leave it to the connection within."""
        self._inner.after_commit(tell)


class FailingDatabase(FailingQueries, Database):
    """A real database behind a fault."""

    engine: Engine

    def __init__(self, inner: Database, fault: Fault) -> None:
        super().__init__(inner, fault)
        self._database = inner

    def read(self) -> AbstractAsyncContextManager[Queries]:
        """Give queries with the fault in between."""
        return self._reading()

    def write(self) -> AbstractAsyncContextManager[Queries]:
        """Open a transaction with the fault in between, its commit included."""
        return self._writing()

    async def open(self) -> None:
        """Leave it to whoever made the database within."""

    async def close(self) -> None:
        """As above."""

    async def ping(self) -> datetime | None:
        """Ask the database within."""
        return await self._database.ping()

    async def schema_revision(self) -> str | None:
        """Ask the database within."""
        return await self._database.schema_revision()

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Queries]:
        async with self._database.read() as queries:
            yield FailingQueries(queries, self._fault)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Queries]:
        async with self._database.write() as tx:
            yield FailingQueries(tx, self._fault)
            self._fault.step(When.BEFORE)  # raised inside the block, so what was written is rolled back
        self._fault.step(When.AFTER)  # committed, and the answer is lost
