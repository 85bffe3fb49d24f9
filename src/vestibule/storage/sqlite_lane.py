"""Threads that own SQLite connections, so that a slow disk never holds up the event loop.

Jobs of one lane start in the order they were put in. With one thread that order is the whole proof of the
writer's correctness: a rollback put in after a cancelled statement runs right behind it, before anything else.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias, TypeVar

from vestibule.storage.unavailable import unavailable

T = TypeVar("T")
Work: TypeAlias = Callable[[sqlite3.Connection], T]
_Job: TypeAlias = "tuple[Work[Any], asyncio.Future[Any] | None] | None"  # Any: each job has a result of its own

_AWAY_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_PRIMARY: Final = 0xFF  # an extended code carries its primary code in the low byte


class Lane:
    """One or more threads, each with a connection of its own, working off one queue."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, threads: int, name: str) -> None:
        self._connect = connect
        self._count = threads
        self._name = name
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    async def call(self, work: Work[T]) -> T:
        """Run `work` on one of the threads. A cancelled call is skipped if it has not begun.

        Raises: StorageUnavailable when the file is locked, read-only, full or gone.
        """
        if not self._threads:
            self._start()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put((work, future))
        return await future

    def put(self, work: Work[None]) -> None:
        """Have `work` run after all that was put in before, and wait for nothing."""
        self._jobs.put((work, None))

    async def close(self) -> None:
        """Let the threads finish what is queued, and end."""
        threads, self._threads = self._threads, []
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            await asyncio.to_thread(thread.join)

    def _start(self) -> None:
        self._threads = [
            # A daemon, lest a forgotten close() hold up the end of the process: what was committed is on disk.
            threading.Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True)
            for number in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        while (job := self._jobs.get()) is not None:
            connection = self._do(job[0], job[1], connection)
            del job  # what it was asked with is not kept alive while idle
        if connection is not None:
            connection.close()

    def _do(
        self, work: Work[T], future: "asyncio.Future[T] | None", connection: sqlite3.Connection | None
    ) -> sqlite3.Connection | None:
        if future is not None and future.cancelled():
            return connection
        try:
            if connection is None:
                connection = self._connect()
            result = work(connection)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits, the thread lives on
            _deliver(future, None, error)
        else:
            _deliver(future, result, None)
        return connection


def _deliver(future: "asyncio.Future[Any] | None", result: object, error: BaseException | None) -> None:
    if future is None:
        return
    with suppress(RuntimeError):  # the loop was closed, nobody waits any more
        future.get_loop().call_soon_threadsafe(_settle, future, result, error)


def _settle(future: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, sqlite3.Error) and _is_away(error):
        refusal = unavailable(error)
        refusal.__cause__ = error
        future.set_exception(refusal)
    else:
        future.set_exception(error)


def _is_away(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # absent on errors of the Python module itself
    return code is not None and code & _PRIMARY in _AWAY_CODES
