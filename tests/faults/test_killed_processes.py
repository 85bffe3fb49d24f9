"""Processes that die without a farewell: what was acknowledged stays true."""

import asyncio
import os
import signal
from pathlib import Path

from tests.faults.load import Crowd, broken
from tests.support.ports import reserved_port
from tests.support.processes import environment, serving


def _workers(database_url: str) -> str:
    return "--workers=2" if database_url.startswith("postgres") else "--workers=1"


async def _until_gone(processes: list[int]) -> None:
    async with asyncio.timeout(60):
        while any(os.path.exists(f"/proc/{process}") for process in processes):  # noqa: ASYNC110, ASYNC240, PTH110 - the kernel does not signal
            await asyncio.sleep(0.05)


async def test_a_killed_server_loses_nothing_it_acknowledged(database_url: str, tmp_path: Path) -> None:
    """Kill -9 of the process (of the supervisor, where there are workers) under load; then a new start.

    A rotation that was committed but never answered is asked for again with the old token (security 22, 25).
    """
    environ = environment(database_url, reserved_port())
    async with serving(environ, tmp_path, _workers(database_url)) as server:
        crowd = Crowd(server.base)
        async with crowd.busy() as promises:
            await crowd.until(30)
            workers = server.workers()
            await server.kill()
        await _until_gone(workers)
    assert promises.emails
    async with serving(environ, tmp_path, _workers(database_url)) as server:
        assert await broken(server.base, promises) == []


async def test_a_killed_worker_is_replaced_and_nothing_is_lost(postgres_url: str, tmp_path: Path) -> None:
    """The other worker goes on, a new one comes, no acknowledged sign-up or rotation is lost."""
    environ = environment(postgres_url, reserved_port())
    async with serving(environ, tmp_path, "--workers=2") as server:
        crowd = Crowd(server.base)
        async with crowd.busy() as promises:
            await crowd.until(20)
            before = server.workers()
            os.kill(before[0], signal.SIGKILL)
            await crowd.until(20)
            async with asyncio.timeout(60):
                while not set(server.workers()) - set(before):  # noqa: ASYNC110 - nor does the supervisor
                    await asyncio.sleep(0.05)
        assert await broken(server.base, promises) == []


async def test_workers_do_not_outlive_their_supervisor(sqlite_url: str, tmp_path: Path) -> None:
    """A killed supervisor leaves nobody behind who still listens on the port."""
    environ = environment(sqlite_url, reserved_port())
    async with serving(environ, tmp_path, "--workers=2") as server:
        workers = server.workers()
        assert len(workers) == 2
        await server.kill()
        await _until_gone(workers)
