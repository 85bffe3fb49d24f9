"""The servers of a run: PostgreSQL, Vestibule on either engine, and the bare handlers beside it."""

import asyncio
import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from bench.processes import PYTHON, BenchError, Program, free_port, running, wait_for_answer, wait_for_listeners
from tests.support.databases import empty_postgres, migrate
from tests.support.postgres import PostgresMissing, PostgresServer

WORKERS: Final = 2
JWT_KEY: Final = "a key of the bench, long enough for HS256 and known to everybody"
ROOT_KEY: Final = "5e" * 32

# As PostgreSQL is by default: what it says is committed is on the disk.
_DURABLE: Final = {"synchronous_commit": "on", "shared_buffers": "256MB", "max_wal_size": "4GB"}


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers at `port`; `first_answer_seconds` after it was started."""

    program: Program
    port: int
    first_answer_seconds: float

    def url(self, path: str = "") -> str:
        """Return where to ask."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def postgresql() -> Iterator[PostgresServer]:
    """Run a PostgreSQL server of the bench's own, with fsync. Raises: BenchError."""
    try:
        server = PostgresServer.make(fsync=True, settings=_DURABLE)
    except PostgresMissing as error:
        raise BenchError(f"no PostgreSQL: {error}; run make install") from error
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def postgres_database(server: PostgresServer) -> Iterator[str]:
    """Give the URL of a migrated database."""
    with empty_postgres(server) as url:
        migrate(url)
        yield url


def sqlite_database(folder: Path) -> str:
    """Return the URL of a migrated database."""
    url = f"sqlite:///{folder / 'bench.sqlite'}"
    migrate(url)
    return url


def vestibule_environment(database_url: str) -> dict[str, str]:
    """Return the settings under measurement: HS256, no rate limits, no verification, access log on."""
    return {
        "VESTIBULE_DATABASE_URL": database_url,
        "VESTIBULE_HOST": "127.0.0.1",
        "VESTIBULE_SECRET_KEYS": ROOT_KEY,
        "VESTIBULE_RATE_LIMITS": "false",
        "HASURA_GRAPHQL_JWT_SECRET": json.dumps({"type": "HS256", "key": JWT_KEY}),
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
        "AUTH_SERVER_URL": "http://localhost:4000/v1",
        "AUTH_CLIENT_URL": "http://localhost:3000",
        "AUTH_ACCESS_TOKEN_EXPIRES_IN": "86400",  # longer than any run
    }


@contextlib.contextmanager
def vestibule(
    database_url: str, folder: Path, *, workers: int, settings: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """Run `vestibule serve`, with further settings if any; its access log goes to a file."""
    port = free_port()
    command = [str(PYTHON.with_name("vestibule")), "serve", "--port", str(port), "--workers", str(workers)]
    environment = vestibule_environment(database_url) | dict(settings or {})
    with running(command, folder / f"vestibule-{port}.log", environment) as program:
        first_answer_seconds = wait_for_answer(program, port, "/version")
        wait_for_listeners(program, port, workers)  # the others start when the first one serves
        yield Served(program, port, first_answer_seconds)


@contextlib.contextmanager
def bare_handlers(database_url: str, folder: Path) -> Iterator[Served]:
    """Run the limit: the same HTTP server, as many workers, handlers that do only what cannot be left out."""
    port = free_port()
    environment = {
        "BENCH_DSN": database_url,
        "BENCH_JWT_KEY": JWT_KEY,
        "BENCH_ROOT_KEY": ROOT_KEY,
        "BENCH_PROJECT_ID": str(default_project(database_url)),
    }
    command = [str(PYTHON), "-m", "bench.limit_app", str(port)]
    with contextlib.ExitStack() as stack:
        logs = [folder / f"limit-{port}-{number}.log" for number in range(WORKERS)]
        workers = [stack.enter_context(running(command, log, environment)) for log in logs]
        wait_for_listeners(workers[-1], port, WORKERS)
        yield Served(workers[0], port, wait_for_answer(workers[0], port, "/version"))


def default_project(database_url: str) -> UUID:
    """Return the id of the project that a server made when it first started on this database."""
    return asyncio.run(_default_project(database_url))


async def _default_project(database_url: str) -> UUID:
    connection = await asyncpg.connect(database_url)
    try:
        found: UUID = await connection.fetchval("SELECT id FROM vestibule_projects WHERE public_id = 'default'")
    finally:
        await connection.close()
    return found
