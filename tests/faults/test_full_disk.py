"""A disk that is full: a clear error, no corruption, and the server goes on when there is room again."""

import resource
import sqlite3
from pathlib import Path

import httpx2

from tests.faults.load import PATIENCE
from tests.support.ports import reserved_port
from tests.support.processes import environment, serving

UNAVAILABLE = 503
PASSWORD = "correct horse battery"
_UNLIMITED = resource.RLIM_INFINITY


async def test_a_full_disk_is_a_clear_error_and_corrupts_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """No file of the server may grow any more (its log neither): writes answer 503, the database stays whole."""
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    environ = environment(sqlite_url, reserved_port())
    async with serving(environ, tmp_path) as server, httpx2.AsyncClient(timeout=PATIENCE) as client:

        async def sign_up(name: str) -> httpx2.Response:
            body = {"email": f"{name}@example.com", "password": PASSWORD}
            return await client.post(f"{server.base}/signup/email-password", json=body)

        session = (await sign_up("ann")).json()["session"]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, _UNLIMITED))
        refused = [
            await sign_up("bob"),
            await client.post(f"{server.base}/token", json={"refreshToken": session["refreshToken"]}),
        ]
        assert [answer.status_code for answer in refused] == [UNAVAILABLE, UNAVAILABLE]
        assert all(answer.headers["retry-after"] for answer in refused)
        bearer = {"authorization": f"Bearer {session['accessToken']}"}
        assert (await client.get(f"{server.base}/user", headers=bearer)).status_code == httpx2.codes.OK

        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (_UNLIMITED, _UNLIMITED))
        assert (await sign_up("bob")).status_code == httpx2.codes.OK
        refreshed = await client.post(f"{server.base}/token", json={"refreshToken": session["refreshToken"]})
        assert refreshed.status_code == httpx2.codes.OK
    connection = sqlite3.connect(database)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
