"""PostgreSQL goes away and comes back: 503 meanwhile, and nobody restarts the server."""

import asyncio
from pathlib import Path

import httpx2

from tests.faults.load import PATIENCE, Crowd, broken
from tests.support.databases import empty_postgres
from tests.support.ports import reserved_port
from tests.support.postgres import PostgresServer
from tests.support.processes import environment, serving

UNAVAILABLE = 503


async def test_the_server_outlives_its_database(tmp_path: Path) -> None:
    """Stopped under load: 503 with Retry-After; started again: the same server goes on and has lost nothing."""
    postgres = PostgresServer.make()
    try:
        with empty_postgres(postgres) as url:
            environ = environment(url, reserved_port())
            async with serving(environ, tmp_path, "--workers=2", "--migrate") as server:
                crowd = Crowd(server.base)
                async with crowd.busy() as promises, httpx2.AsyncClient(timeout=PATIENCE) as client:
                    await crowd.until(20)
                    await asyncio.to_thread(postgres.stop, "fast")
                    answer = await client.post(
                        f"{server.base}/token", json={"refreshToken": "0" * 8 + "-0000-0000-0000-" + "0" * 12}
                    )
                    assert answer.status_code == UNAVAILABLE
                    assert int(answer.headers["retry-after"]) >= 1
                    assert (await client.get(f"http://127.0.0.1:{server.port}/readyz")).status_code == UNAVAILABLE
                    assert (await client.get(f"{server.base}/healthz")).status_code == httpx2.codes.OK
                    await crowd.until_told(UNAVAILABLE)
                    await asyncio.to_thread(postgres.start)
                    await crowd.until(20)
                assert set(promises.statuses) <= {200, UNAVAILABLE}
                assert await broken(server.base, promises) == []
    finally:
        postgres.close()


async def _first_answer(base: str) -> httpx2.Response:
    body = {"email": "ann@example.com", "password": "correct horse battery"}
    async with asyncio.timeout(60), httpx2.AsyncClient(timeout=PATIENCE) as client:
        while True:
            try:
                return await client.post(f"{base}/signup/email-password", json=body)
            except httpx2.TransportError:
                await asyncio.sleep(0.05)


async def test_a_server_may_start_before_its_database(tmp_path: Path) -> None:
    """Started while PostgreSQL is away it answers 503, and serves as soon as the database is there."""
    postgres = PostgresServer.make()
    try:
        with empty_postgres(postgres) as url:
            environ = environment(url, reserved_port())
            async with serving(environ, tmp_path, "--workers=1", "--migrate"):
                pass
            await asyncio.to_thread(postgres.stop, "fast")
            async with serving(environ, tmp_path, "--workers=1", ready=False) as server:
                answer = await _first_answer(server.base)
                assert answer.status_code == UNAVAILABLE
                await asyncio.to_thread(postgres.start)
                await server.until_ready()
    finally:
        postgres.close()
