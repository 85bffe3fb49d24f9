"""A server as an operator starts it: real processes, ended by their ids, on loopback only."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

VESTIBULE = Path(sys.executable).with_name("vestibule")
JWT_SECRET = '{"type": "HS256", "key": "a shared secret that is long enough for HS256"}'
_START_SECONDS = 120
_STOP_SECONDS = 60


def environment(database_url: str, port: int, **more: str) -> dict[str, str]:
    """Return what an operator sets; hashing is cheap, so that many can sign up in a short test."""
    return {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPYCACHEPREFIX") if name in os.environ},
        "VESTIBULE_DATABASE_URL": database_url,
        "VESTIBULE_SECRET_KEYS": "a root key that only tests know and long enough",
        "VESTIBULE_ALLOW_WEAK_HASHING": "true",
        "VESTIBULE_ARGON2_MEMORY_KIB": "8",
        "VESTIBULE_ARGON2_ITERATIONS": "1",
        "HASURA_GRAPHQL_JWT_SECRET": JWT_SECRET,
        "AUTH_PORT": str(port),
        "AUTH_SERVER_URL": f"http://127.0.0.1:{port}/v1",
        "AUTH_CLIENT_URL": "http://localhost:3000",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
        **more,
    }


@dataclass
class ServerProcess:
    """A running `vestibule serve`; with several workers this is their supervisor."""

    process: asyncio.subprocess.Process
    port: int
    log: Path

    @property
    def base(self) -> str:
        """The base URL of the nhost door."""
        return f"http://127.0.0.1:{self.port}/v1"

    def workers(self) -> list[int]:
        """Return the process ids of the supervisor's workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    async def until_ready(self, seconds: float = _START_SECONDS) -> None:
        """Wait until `/readyz` answers 200."""
        async with asyncio.timeout(seconds), httpx2.AsyncClient() as client:
            while True:
                assert self.process.returncode is None, self.log.read_text()
                with suppress(httpx2.TransportError):
                    answer = await client.get(f"http://127.0.0.1:{self.port}/readyz")
                    if answer.status_code == httpx2.codes.OK:
                        return
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it as the kernel does when memory runs out: no farewell."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), _STOP_SECONDS)


@asynccontextmanager
async def serving(
    environ: Mapping[str, str], folder: Path, *arguments: str, ready: bool = True
) -> AsyncIterator[ServerProcess]:
    """Run `vestibule serve` as long as the block lasts, and end whatever is left of it."""
    log = folder / "server.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            VESTIBULE,
            *("serve", "--host", "127.0.0.1", *arguments),
            env={"HOME": str(folder), **environ},
            cwd=folder,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = ServerProcess(process, int(environ["AUTH_PORT"]), log)
    try:
        if ready:
            await server.until_ready()
        yield server
        await server.stop()
    except BaseException:
        print(log.read_text()[-5000:])
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
