"""Migrated databases for tests, each as good as new: they look like a template that is migrated once per run."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

import asyncpg

from tests.support.postgres import USERS_LOCK, PostgresServer, exclusively, new_folder
from tests.support.reused import ReusedDatabases

_TEMPLATE: Final = "vestibule_template"
_FLEETING: Final = {
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "256MB",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}
_numbers = count(1)


class TestRun:
    """The folder that the processes of one test run share, and what was made ready in it."""

    __test__ = False  # pytest: not a class of tests

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: PostgresServer | None = None
        self._databases: ReusedDatabases | None = None
        # The server's guard removes the folder when the last user of this lock has gone. Whoever only uses the SQLite
        # template is a user too: one process of a run may end before another.
        self._lock = os.open(folder / USERS_LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_SH)

    @classmethod
    def begin(cls) -> "TestRun":
        """Make the folder of a new run, in memory where there is room: what is written there need not last."""
        return cls(new_folder(in_memory=True))

    @property
    def server(self) -> PostgresServer:
        """The PostgreSQL server of this run, started by its first user. Raises: PostgresMissing."""
        if self._server is None:
            with exclusively(self.folder / "start.lock"):
                try:
                    self._server = PostgresServer.join(self.folder)
                except FileNotFoundError:
                    self._server = PostgresServer.make(self.folder, settings=_FLEETING, shared=True)
        return self._server

    def close(self) -> None:
        """Let go of the server; the last user's going stops it."""
        if self._databases is not None:
            self._databases.close()
            self._databases = None
        os.close(self._lock)
        if self._server is not None:
            self._server.close()
            self._server = None

    def remove(self) -> None:
        """Remove the folder, unless the server's guard will."""
        if not (self.folder / "server.json").exists():
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def sqlite(self) -> Iterator[str]:
        """Give the URL of a migrated SQLite database that lives as long as the block."""
        template = self.folder / "template.sqlite"
        with exclusively(self.folder / "sqlite.lock"):
            if not template.exists():
                unfinished = template.with_suffix(".unfinished")
                unfinished.unlink(missing_ok=True)
                migrate(f"sqlite:///{unfinished}")
                unfinished.rename(template)
        folder = self.folder / _unique_name()
        folder.mkdir()
        shutil.copyfile(template, folder / "test.sqlite")
        try:
            yield f"sqlite:///{folder / 'test.sqlite'}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def postgres(self) -> Iterator[str]:
        """Give the URL of a migrated PostgreSQL database that lives as long as the block."""
        if self._databases is None:
            self._databases = self._databases_like_template()
        with self._databases.lend() as url:
            yield url

    def _databases_like_template(self) -> ReusedDatabases:
        server = self.server
        ready = self.folder / "template.ready"
        with exclusively(self.folder / "template.lock"):
            if not ready.exists():
                administer(server, f"CREATE DATABASE {_TEMPLATE}")
                migrate(server.url(_TEMPLATE))
                ready.touch()
        return ReusedDatabases(server, _TEMPLATE, prefix=f"reused_{os.getpid()}")


@contextmanager
def empty_postgres(server: PostgresServer) -> Iterator[str]:
    """Give the URL of a database without a schema that lives as long as the block."""
    name = _unique_name()
    administer(server, f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        yield server.url(name)
    finally:
        administer(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def migrate(url: str, command: str = "upgrade") -> None:
    """Run a migration command in a child, as the server does."""
    arguments = [sys.executable, "-m", "vestibule.migrations", command, "--url", "-", "--traceback"]
    done = subprocess.run(arguments, input=url, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def administer(server: PostgresServer, sql: str, *, database: str = "postgres") -> None:
    """Run SQL outside of transactions, from anywhere, inside a running loop too."""

    async def run() -> None:
        connection = await asyncpg.connect(server.url(database))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


def _unique_name() -> str:
    return f"test_{os.getpid()}_{next(_numbers)}"
