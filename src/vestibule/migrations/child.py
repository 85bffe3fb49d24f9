"""Upgrades from a running process, in a child, so that the parent never carries Alembic."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE


class MigrationFailed(Exception):
    """The schema was not changed; the message says why."""


async def upgrade_in_child(url: str) -> None:
    """Bring the database at `url` to the newest schema; safe to start twice at once. Raises: MigrationFailed."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vestibule.migrations", "upgrade", "--url", "-"),
        stdin=PIPE,  # not an argument: everybody on the machine may read those, and a URL may hold a password
        stdout=DEVNULL,
        stderr=PIPE,
    )
    try:
        _, complaint = await child.communicate(url.encode())
    except BaseException:
        child.kill()
        await child.wait()
        raise
    if child.returncode != 0:
        reason = complaint.decode(errors="replace").strip() or f"exit status {child.returncode}"
        raise MigrationFailed(reason)
