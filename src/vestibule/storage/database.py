"""What the core sees of a database: three ways to run a statement, and the transaction around them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from vestibule.storage.parameters import Parameter
from vestibule.storage.statement import Engine, Statement

R = TypeVar("R")

DEADLINE: Final = timedelta(seconds=5)
PATIENCE: Final = timedelta(seconds=30)  # a server that does not answer for so long is away
SCHEMA_VERSION_TABLE: Final = "vestibule_schema_version"


class Queries(Protocol):
    """Runs statements. On a `Database` each commits by itself in one round trip; inside `write()` all do together.

    Every method raises StorageUnavailable when the database is away, read-only, full, or busy past the deadline.
    A statement that violates a constraint raises the driver's error: that is a bug, handle conflicts in the SQL.
    """

    @property
    def engine(self) -> Engine:
        """The engine the statements run on."""
        ...

    async def one(self, statement: Statement[R], **parameters: Parameter) -> R | None:
        """Return the first row; None when there is none."""
        ...

    async def all(self, statement: Statement[R], **parameters: Parameter) -> list[R]:
        """Return every row."""
        ...

    async def run(self, statement: Statement[Any], **parameters: Parameter) -> int:  # Any: its rows are not looked at
        """Return the number of rows that were inserted, updated or deleted."""
        ...

    async def each(self, statement: Statement[R], rows: Sequence[Mapping[str, Parameter]]) -> list[R]:
        """Run the statement once for each set of parameters, all or none of them; return every row that came back.

        For many rows at a time: it costs one round trip, or one visit to the writing thread.
        """
        ...

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Call `tell` when what was written is committed, never when it is rolled back: for meters and the log."""
        ...


class Database(ABC):
    """One engine with its connections; itself a `Queries` that commits each statement."""

    engine: Engine

    @abstractmethod
    async def one(self, statement: Statement[R], **parameters: Parameter) -> R | None:
        """Return the first row; None when there is none."""

    @abstractmethod
    async def all(self, statement: Statement[R], **parameters: Parameter) -> list[R]:
        """Return every row."""

    @abstractmethod
    async def run(self, statement: Statement[Any], **parameters: Parameter) -> int:  # Any: its rows are not looked at
        """Return the number of rows that were inserted, updated or deleted."""

    async def each(self, statement: Statement[R], rows: Sequence[Mapping[str, Parameter]]) -> list[R]:
        """Run the statement once for each set of parameters, all or none of them; return every row that came back."""
        async with self.write() as tx:
            return await tx.each(statement, rows)

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Call `tell` at once: each statement has committed by itself."""
        tell()

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Queries]:
        """Give queries for reading; each sees everything committed before it, no common snapshot is promised."""

    @abstractmethod
    def write(self) -> AbstractAsyncContextManager[Queries]:
        """Open a transaction: committed at the end of the block, rolled back on any exception or cancellation."""

    @abstractmethod
    async def open(self) -> None:
        """Make ready. Does not connect yet: a server may start while its database is away."""

    @abstractmethod
    async def close(self) -> None:
        """Give every connection back; waits for running work, at most the deadline."""

    @abstractmethod
    async def ping(self) -> datetime | None:
        """Return the database's own clock, None on SQLite. Raises: StorageUnavailable."""

    @abstractmethod
    async def schema_revision(self) -> str | None:
        """Return the migration the schema stands at; None when there is no schema yet. Raises: StorageUnavailable."""


def database_from_url(
    url: str,
    *,
    pool_size: int = 10,
    pgbouncer: bool = False,
    deadline: timedelta = DEADLINE,
    patience: timedelta = PATIENCE,
) -> Database:
    """Return the database behind `url`: `sqlite:///relative`, `sqlite:////absolute`, `postgres://` or `postgresql://`.

    `deadline` bounds the wait for a connection or for the write lock, `patience` that for a statement on PostgreSQL.
    `pgbouncer` is for transaction pooling without prepared statements.

    Raises: ValueError for any other URL.
    """
    # The drivers are imported on demand: a process that uses one engine does not carry the other.
    scheme, _, _ = url.partition(":")
    if scheme == "sqlite":
        from vestibule.storage.sqlite import SqliteDatabase  # noqa: PLC0415
        from vestibule.storage.urls import sqlite_location  # noqa: PLC0415

        return SqliteDatabase(sqlite_location(url), deadline=deadline)
    if scheme in {"postgres", "postgresql"}:
        from vestibule.storage.postgres import PostgresDatabase  # noqa: PLC0415
        from vestibule.storage.urls import postgres_dsn  # noqa: PLC0415

        return PostgresDatabase(
            postgres_dsn(url), pool_size=pool_size, pgbouncer=pgbouncer, deadline=deadline, patience=patience
        )
    raise ValueError(f"a database URL starts with sqlite://, postgres:// or postgresql://, not {scheme!r}")
