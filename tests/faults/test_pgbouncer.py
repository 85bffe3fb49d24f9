"""Behind a real PgBouncer in transaction mode, where a connection is another one after each transaction."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest

from tests.faults.load import PASSWORD, PATIENCE
from tests.support.databases import empty_postgres
from tests.support.ports import reserved_port
from tests.support.postgres import PostgresServer, new_folder
from tests.support.processes import environment, serving

POOL = 2
PEOPLE = 20
ROUNDS = 5
_CONFIG = f"""
[databases]
* = host={{server.hostname}} port={{server.port}} user={{server.username}} password={{server.password}}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {{port}}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {POOL}
max_client_conn = 200
"""


@pytest.fixture
def pooled(postgres_server: PostgresServer) -> Iterator[tuple[str, str]]:
    """The URL of an empty database, and the one through a PgBouncer with a tiny pool before it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        assert not os.environ.get("CI"), "the test of PgBouncer must run here"
        pytest.skip("pgbouncer is not installed")
    folder = new_folder()  # of pytest's own nobody else may read anything
    port = reserved_port()
    with empty_postgres(postgres_server) as url:
        config = folder / "pgbouncer.ini"
        config.write_text(_CONFIG.format(server=urlsplit(url), port=port))
        config.chmod(0o644)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user="nobody" if os.geteuid() == 0 else None,  # it refuses to run as root
            )
        try:
            _wait_until_listening(process, port)
            yield url, url.replace(f":{urlsplit(url).port}/", f":{port}/")
        except BaseException:
            print((folder / "log").read_text()[-5000:])
            raise
        finally:
            process.terminate()
            process.wait(60)
            shutil.rmtree(folder)


def _wait_until_listening(process: "subprocess.Popen[bytes]", port: int) -> None:
    for _ in range(1000):
        assert process.poll() is None
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise TimeoutError


async def _live_a_life(base: str, number: int) -> None:
    """Sign up, refresh, look, sign in again and sign out; whatever comes back is one's own."""
    email = f"person{number}@example.com"
    who = {"email": email, "password": PASSWORD}
    async with httpx2.AsyncClient(base_url=base, timeout=PATIENCE) as client:

        async def told(path: str, body: dict[str, str]) -> dict[str, str]:
            answer = await client.post(path, json=body)
            assert answer.status_code == httpx2.codes.OK, (path, answer.text)
            session = answer.json()
            session = session.get("session", session)
            assert session["user"]["email"] == email
            seen = await client.get("user", headers={"authorization": f"Bearer {session['accessToken']}"})
            assert (seen.status_code, seen.json()["email"]) == (httpx2.codes.OK, email)
            found: dict[str, str] = session
            return found

        session = again = await told("signup/email-password", who)
        for _ in range(ROUNDS):
            session = await told("token", {"refreshToken": session["refreshToken"]})
            again = await told("signin/email-password", who)
            assert again["refreshTokenId"] != session["refreshTokenId"]
        signed_out = await client.post("signout", json={"refreshToken": session["refreshToken"]})
        assert signed_out.status_code == httpx2.codes.OK
        assert (await client.post("token", json={"refreshToken": session["refreshToken"]})).status_code == 401
        await told("token", {"refreshToken": again["refreshToken"]})


async def _most_connections(url: str, done: asyncio.Event) -> int:
    """Return how many connections the database itself saw at once, at most."""
    parts = urlsplit(url)
    watcher = await asyncpg.connect(parts._replace(path="/postgres").geturl())
    most = 0
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'"
    try:
        while True:
            is_last = done.is_set()
            seen: int = await watcher.fetchval(count, parts.path.strip("/"))
            most = max(most, seen)
            if is_last:
                break
            await asyncio.sleep(0.02)
    finally:
        await watcher.close()
    return most


async def test_many_people_share_two_connections_and_nothing_else(pooled: tuple[str, str], tmp_path: Path) -> None:
    """Migrated and served through the pooler; nobody fails, nobody gets an answer that was another's."""
    url, pooled_url = pooled
    environ = environment(pooled_url, reserved_port(), VESTIBULE_PGBOUNCER="true")
    async with serving(environ, tmp_path, "--workers=2", "--migrate") as server:
        done = asyncio.Event()
        watching = asyncio.create_task(_most_connections(url, done))
        async with asyncio.TaskGroup() as people:
            for number in range(PEOPLE):
                people.create_task(_live_a_life(f"{server.base}/", number))
        done.set()
        assert 1 <= await watching <= POOL
