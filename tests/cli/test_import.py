"""`vestibule import nhost`, as a process of its own."""

import asyncio
import json
import sqlite3
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.cli.conftest import KEY, PROGRAM, Run
from tests.support.databases import empty_postgres
from tests.support.nhost_layout import Connection, add_person, fill, lay_out
from tests.support.postgres import PostgresServer

Work = Callable[[Connection], Coroutine[Any, Any, None]]

HELD_AT_COMMIT = """
    CREATE FUNCTION wait_for_the_lock() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER held AFTER INSERT ON vestibule_users DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION wait_for_the_lock();
"""


@pytest.fixture
def old_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An old server with eleven people, one of whom cannot come."""
    with empty_postgres(postgres_server) as url:

        async def settle() -> None:
            connection = await asyncpg.connect(url)
            await lay_out(connection)
            await fill(connection, 10)
            await add_person(connection, email="a..b@example.com")
            await connection.close()

        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, settle()).result()
        yield url


@pytest.fixture
def environ(environment: dict[str, str], sqlite_url: str) -> dict[str, str]:
    """Where the people come to."""
    return {**environment, "VESTIBULE_DATABASE_URL": sqlite_url, "VESTIBULE_SECRET_KEYS": KEY}


def users(environ: dict[str, str]) -> int:
    """Return how many users are here."""
    path = environ["VESTIBULE_DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as file:
        count: int = file.execute("SELECT count(*) FROM vestibule_users").fetchone()[0]
        return count


def test_everybody_is_imported_and_told_of(run: Run, environ: dict[str, str], old_url: str, tmp_path: Path) -> None:
    """A dry run first, then the import, then another that finds nothing to do; the report grows with each."""
    report = tmp_path / "skipped.jsonl"
    command = ("import", "nhost", "--from", old_url, "--report", str(report))
    tried = run(*command, "--dry-run", env=environ)
    assert "Of 11 users 10 would be imported, 0 were here already, 1 would be refused." in tried.stdout
    assert users(environ) == 0
    done = run(*command, env=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Of 11 users 10 were imported, 0 were here already, 1 were refused." in done.stdout
    assert "invalid email" in done.stdout
    assert users(environ) == 10
    again = json.loads(run(*command, "--json", env=environ).stdout)
    assert (again["total"], again["imported"], again["known"], again["refused"]) == (11, 0, 10, 1)
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(line["what"], line["why"]) for line in lines] == [("user", "invalid-email")] * 3
    assert "postgres:postgres" not in tried.stdout + done.stdout + report.read_text()


def test_the_url_can_be_kept_from_other_users_of_the_machine(run: Run, environ: dict[str, str], old_url: str) -> None:
    """Everybody may read what a command was started with; nobody reads its standard input."""
    done = run("import", "nhost", "--from", "-", env=environ, stdin=old_url + "\n")
    assert done.returncode == 0
    assert users(environ) == 10


@pytest.mark.engine("postgresql")
def test_a_report_is_on_the_disk_before_those_whom_it_names_are_here(
    environ: dict[str, str], database_url: str, old_url: str, tmp_path: Path
) -> None:
    """Killed while the page is being committed: a later run would not tell of users who are here by then."""
    report = tmp_path / "skipped.jsonl"

    async def killed_at_the_commit() -> list[str]:
        connection = await asyncpg.connect(database_url)
        await connection.execute(HELD_AT_COMMIT)
        await connection.execute("SELECT pg_advisory_lock(7)")
        command = ("import", "nhost", "--from", old_url, "--report", str(report))
        here = {**environ, "VESTIBULE_DATABASE_URL": database_url}
        process = await asyncio.create_subprocess_exec(*PROGRAM, *command, env=here)
        while not await connection.fetchval("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)"):
            assert process.returncode is None
            await asyncio.sleep(0.02)
        process.kill()
        await process.wait()
        await connection.close()
        return report.read_text().splitlines()

    with ThreadPoolExecutor(1) as thread:
        lines = thread.submit(asyncio.run, killed_at_the_commit()).result()
    assert [json.loads(line)["why"] for line in lines] == ["invalid-email"]


def test_a_report_that_cannot_be_kept_stops_the_import(run: Run, environ: dict[str, str], old_url: str) -> None:
    """Nobody is here then of whom it was to tell. A device that is always full takes it."""
    done = run("import", "nhost", "--from", old_url, "--report", "/dev/full", env=environ)
    assert (done.returncode, done.stderr) == (1, "error: cannot write /dev/full: No space left on device\n")
    assert users(environ) == 0


def test_a_report_may_go_to_a_pipe(run: Run, environ: dict[str, str], old_url: str) -> None:
    """Which cannot be synchronised with a disk."""
    done = run("import", "nhost", "--from", old_url, "--report", "/dev/stderr", env=environ)
    assert done.returncode == 0
    assert json.loads(done.stderr)["why"] == "invalid-email"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--from", "mysql://old"), 2, "starts with postgresql://"),
        (("--from", "-"), 2, "nothing was read from standard input"),
        (("--from", "postgresql://u:hunter2@127.0.0.1:1/old"), 5, "to import from cannot be reached: [Errno 111]"),
        (("--from", "postgresql://u:hunter2@127.0.0.1:1/old", "--encryption-key", "short"), 2, "hexadecimal digits"),
        (("--from", "postgresql://u:hunter2@127.0.0.1:1/old", "--project", "none"), 3, "project not found"),
        (("--from", "postgresql://u:hunter2@127.0.0.1:1/old", "--report", "/nowhere/at/all"), 1, "cannot write"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    run: Run, environ: dict[str, str], arguments: tuple[str, ...], status: int, said: str
) -> None:
    """Without the password that the URL holds."""
    done = run("import", "nhost", *arguments, env=environ)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hunter2" not in done.stderr


def test_a_database_without_users_is_refused_with_what_was_seen(
    run: Run, environ: dict[str, str], postgres_server: PostgresServer
) -> None:
    """Perhaps the URL names the wrong database of the right server."""
    with empty_postgres(postgres_server) as url:
        done = run("import", "nhost", "--from", url, env=environ)
    assert done.returncode == 1
    assert done.stderr == (
        "error: this is no database of Nhost Auth: there is no table auth.users; it has no schema auth, or we may not"
        " read it\n"
    )


def test_a_database_that_does_not_let_us_in_says_why(
    run: Run, environ: dict[str, str], postgres_server: PostgresServer
) -> None:
    """Its words, not that it cannot be reached."""
    done = run("import", "nhost", "--from", postgres_server.url("nothing"), env=environ)
    assert done.returncode == 1
    assert 'the database to import from does not let us in: database "nothing" does not exist' in done.stderr


def test_a_database_that_stops_says_what_it_said(run: Run, environ: dict[str, str], old_url: str) -> None:
    """Not that it cannot be reached, which would send the operator looking at the URL."""

    async def locked() -> "subprocess.CompletedProcess[str]":
        connection = await asyncpg.connect(old_url)
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"ALTER DATABASE {name} SET lock_timeout = '50ms'")
        async with connection.transaction():
            await connection.execute("LOCK TABLE auth.users")
            done = await asyncio.to_thread(run, "import", "nhost", "--from", old_url, env=environ)
        await connection.close()
        return done

    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(asyncio.run, locked()).result()
    assert done.returncode == 5
    assert done.stderr == (
        "error: the database to import from stopped in the middle: canceling statement due to lock timeout."
        " What was imported stays: run the same command again to go on\n"
    )
