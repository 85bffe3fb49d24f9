import asyncio
import os
import shutil
from pathlib import Path

import pytest

from tests.journeys.nhost.running import PACKAGES, serving
from tests.support.ports import reserved_port

JOURNEY = Path(__file__).with_name("journey.js")
ESBUILD = PACKAGES / ".bin" / "esbuild"
PATIENCE_SECONDS = 120
STEPS = [
    "mounted",
    "signed up",
    "a reload signs in by the cookie alone",
    "signed out",
    "a wrong password is refused",
    "signed in",
    "a password change without a token is refused",
]


def node() -> str:
    """Return Node.js; skip the test, or fail where CI=true, when a part of the journey is missing."""
    found = shutil.which("node")
    if found and ESBUILD.exists() and (PACKAGES / "@replyke" / "core").exists():
        return found
    missing = "needs Node.js, @replyke/core and esbuild (scripts/install-test-parts brings them)"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


async def run(*command: str | Path) -> str:
    """Run a program and return what it says; its complaints when it fails."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    try:
        told, complaints = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()[-4000:]
    return told.decode()


async def bundle(folder: Path) -> Path:
    """Return the journey as one file: the package's own modules name each other in a way that only bundlers follow."""
    whole = folder / "journey.mjs"
    require = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'
    options = ("--bundle", "--platform=node", "--format=esm", "--main-fields=module,main", "--log-level=error")
    await run(ESBUILD, JOURNEY, *options, f"--banner:js={require}", f"--outfile={whole}")
    return whole


async def test_the_real_client_lives_through_its_own_hooks(database_url: str, tmp_path: Path) -> None:
    """@replyke/core 6.0.4, its host redirected and otherwise as published: sign-up, reload, sign-out, sign-in."""
    program = node()
    port = reserved_port()
    environ = {
        "VESTIBULE_DATABASE_URL": database_url,
        "VESTIBULE_SECRET_KEYS": "a root key that only this journey knows",
        "VESTIBULE_DIALECTS": "nhost,sublay",
        "AUTH_PORT": str(port),
        "AUTH_SERVER_URL": f"http://127.0.0.1:{port}/v1",
        "AUTH_CLIENT_URL": "http://localhost:3000",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
    }
    async with serving(environ, port, tmp_path):
        told = await run(program, "--no-deprecation", await bundle(tmp_path), f"http://127.0.0.1:{port}", "default")
    assert told.splitlines() == STEPS
