"""A page of an application at an origin of its own, with the real client in its script."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import uvicorn

from tests.journeys.nhost.running import PACKAGES

HERE: Final = Path(__file__).parent


@cache
def bundled(script: str) -> bytes:
    """Return a page's script with the client in it."""
    esbuild = PACKAGES / ".bin" / "esbuild"
    arguments = ["--bundle", "--format=esm", "--log-level=error"]
    return subprocess.run([esbuild, HERE / script, *arguments], capture_output=True, check=True).stdout


@asynccontextmanager
async def site(port: int, name: str = "page") -> AsyncIterator[str]:
    """Serve `<name>.html` with `<name>.mjs` on this port of localhost."""
    files = {
        "/": (b"text/html", (HERE / f"{name}.html").read_bytes()),
        "/page.js": (b"text/javascript", bundled(f"{name}.mjs")),
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        kind, body = files.get(scope["path"], (b"text/plain", b""))
        headers = [(b"content-type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off", ws="none"))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn offers nothing to wait for)
        await asyncio.sleep(0.01)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.should_exit = True
        await running
