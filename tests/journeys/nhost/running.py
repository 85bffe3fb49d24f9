"""A server process as an operator starts it, and the Node.js process that visits it."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.authenticator import Authenticator

VESTIBULE = Path(sys.executable).with_name("vestibule")
PACKAGES = Path(__file__).parents[1] / "node_modules"
START_SECONDS = 120
STOP_SECONDS = 60

Asked = Mapping[str, str]
Answer = Callable[[Asked], Awaitable[object]]


def node() -> str:
    """Return the Node.js program; skip the test, or fail where CI=true, when a part of the journey is missing."""
    found = shutil.which("node")
    client = PACKAGES / "@nhost" / "nhost-js"
    if found and client.exists():
        return found
    missing = f"needs Node.js and {client} (scripts/install-test-parts brings both)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@asynccontextmanager
async def serving(environ: Mapping[str, str], port: int, folder: Path, *arguments: str) -> AsyncIterator[None]:
    """Run `vestibule serve --migrate`, knowing only `environ`, until the block ends; then insist on a clean end."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            VESTIBULE,
            *("serve", "--migrate", "--host", "127.0.0.1", *arguments),
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
            cwd=folder,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
    try:
        await asyncio.wait_for(_until_ready(process, port), START_SECONDS)
        yield
    except BaseException:
        print(log.read_text())
        raise
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            status = await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            raise
    assert status == 0, log.read_text()


async def _until_ready(process: asyncio.subprocess.Process, port: int) -> None:
    while process.returncode is None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        if answer.startswith(b"HTTP/1.1 200"):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the server ended before it was ready")


async def travel(
    script: Path, environ: Mapping[str, str], answer: Answer, authenticator: Authenticator | None = None
) -> list[str]:
    """Run a journey; return the promises that were kept. Passkeys are made here, `answer` knows mails and texts."""
    authenticator = authenticator or Authenticator()
    process = await asyncio.create_subprocess_exec(
        node(),
        script,
        env={"PATH": os.environ["PATH"], **environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    kept: list[str] = []
    complaints = asyncio.create_task(process.stderr.read())
    try:
        async for line in process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "kept" in told:
                kept.append(told["kept"])
                continue
            known = _answered(authenticator, told["passkey"]) if "passkey" in told else await answer(told)
            process.stdin.write(json.dumps(known).encode() + b"\n")
            await process.stdin.drain()
        status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        process.stdin.close()
    assert status == 0, (await complaints).decode()
    return kept


def _answered(authenticator: Authenticator, asked: dict[str, Any]) -> dict[str, Any]:
    if "create" in asked:
        return authenticator.create(asked["create"])
    return authenticator.get(asked["get"])
