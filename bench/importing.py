"""How long it takes to move everybody from an old server, in how much memory, and whether they can still sign in."""

import asyncio
import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx2
import msgspec
from rich.console import Console

from bench.processes import PYTHON, ROOT, BenchError
from bench.report import new_table
from bench.servers import postgres_database, postgresql, sqlite_database, vestibule, vestibule_environment
from tests.support.databases import empty_postgres
from tests.support.nhost_layout import Person, fill, lay_out

_SETTINGS: Final = {"AUTH_WEBAUTHN_ENABLED": "true", "AUTH_MFA_ENABLED": "true"}
_KIB_PER_MIB: Final = 1024
_CALLERS: Final = 4
_LOOK_EVERY_SECONDS: Final = 0.05


class Moved(msgspec.Struct, frozen=True):
    """One import, and what people tried afterwards: how many came in of how many, by each way."""

    engine: str
    users: int
    seconds: float
    peak_mib: float
    again_seconds: float
    came_in: dict[str, tuple[int, int]]

    @property
    def holds(self) -> bool:
        """Whether everybody came in."""
        return all(came == tried for came, tried in self.came_in.values())


@dataclass(frozen=True, slots=True)
class Importing:
    """Fills an old server's database once, and moves its people to each engine."""

    folder: Path
    users: int
    sampled: int

    def __call__(self, tell: Callable[[str], None]) -> list[Moved]:
        """Measure; `tell` is told what is done now. Raises: BenchError."""
        with ExitStack() as stack:
            server = stack.enter_context(postgresql())
            old_url = stack.enter_context(empty_postgres(server))
            tell(f"{self.users:,} people settle at the old server")
            people = asyncio.run(_settle(old_url, self.users))
            chosen = random.Random(1).sample(people, min(self.sampled, len(people)))  # noqa: S311 - a sample
            targets = (
                ("postgresql", stack.enter_context(postgres_database(server))),
                ("sqlite", sqlite_database(self.folder)),
            )
            return [self._moved(engine, old_url, url, chosen, tell) for engine, url in targets]

    def _moved(
        self, engine: str, old_url: str, url: str, chosen: Sequence[Person], tell: Callable[[str], None]
    ) -> Moved:
        tell(f"moving to {engine}")
        seconds, peak_mib, summary = _import(old_url, url)
        if (summary["imported"], summary["refused"], summary["skipped"]) != (self.users, 0, []):
            raise BenchError(f"not everybody was imported: {summary}")
        tell(f"moving to {engine} again")
        again_seconds, _, _ = _import(old_url, url)
        tell(f"{len(chosen):,} people sign in at {engine}")
        with vestibule(url, self.folder, workers=1, settings=_SETTINGS) as served:
            came_in = _try(served.url("/v1"), chosen)
        return Moved(engine, self.users, seconds, peak_mib, again_seconds, came_in)


async def _settle(url: str, users: int) -> list[Person]:
    connection = await asyncpg.connect(url)
    try:
        await lay_out(connection)
        people = await fill(connection, users)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return people


def _import(old_url: str, url: str) -> tuple[float, float, dict[str, Any]]:
    """Return seconds, the most memory in MiB, and the summary."""
    command = [str(PYTHON.with_name("vestibule")), "import", "nhost", "--from", old_url, "--json"]
    environment = {"PATH": os.environ["PATH"], **vestibule_environment(url)}
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output)
        peak_mib = 0.0
        while process.poll() is None:
            peak_mib = max(peak_mib, _peak_mib(process.pid))
            time.sleep(_LOOK_EVERY_SECONDS)
        seconds = time.monotonic() - started
        if process.returncode != 0:
            raise BenchError("the import failed; it says why above")
        output.seek(0)
        return seconds, peak_mib, msgspec.json.decode(output.read())


def _peak_mib(process_id: int) -> float:
    # Not what wait4 tells: that counts what this process had when the other one was forked from it.
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{process_id}/status").read_text(), re.MULTILINE)
        return int(found[1]) / _KIB_PER_MIB if found else 0.0
    return 0.0


def _try(base: str, people: Sequence[Person]) -> dict[str, tuple[int, int]]:
    ways: dict[str, tuple[Callable[[httpx2.Client, Person], bool], Sequence[Person]]] = {
        "passwords": (_by_password, people),
        "refresh tokens": (_by_refresh_token, people),
        "security keys": (_by_key, [person for person in people if person.key]),
        "access tokens": (_by_access_token, [person for person in people if person.access_tokens]),
    }
    found = {}
    with httpx2.Client(base_url=base, timeout=60) as client, ThreadPoolExecutor(_CALLERS) as callers:
        for name, (way, who) in ways.items():
            results = list(callers.map(way, [client] * len(who), who))
            found[name] = (sum(results), len(who))
    return found


def _by_password(client: httpx2.Client, person: Person) -> bool:
    answer = client.post("/signin/email-password", json={"email": person.email, "password": person.password})
    # Whoever has a second factor is asked for it, and for nothing else.
    return answer.status_code == httpx2.codes.OK and ("mfa" in answer.json()) == (person.totp is not None)


def _by_refresh_token(client: httpx2.Client, person: Person) -> bool:
    answer = client.post("/token", json={"refreshToken": person.refresh_tokens[0]})
    return answer.status_code == httpx2.codes.OK and answer.json()["user"]["id"] == str(person.id)


def _by_access_token(client: httpx2.Client, person: Person) -> bool:
    answer = client.post("/signin/pat", json={"personalAccessToken": person.access_tokens[0]})
    return answer.status_code == httpx2.codes.OK and answer.json()["session"]["user"]["id"] == str(person.id)


def _by_key(client: httpx2.Client, person: Person) -> bool:
    if person.key is None:
        return False
    options = client.post("/signin/webauthn", json={"email": person.email}).json()
    answer = client.post("/signin/webauthn/verify", json={"credential": person.key.get(options)})
    return answer.status_code == httpx2.codes.OK and ("mfa" in answer.json()) == (person.totp is not None)


def show(screen: Console, found: Sequence[Moved]) -> None:
    """Print the tables."""
    ways = list(found[0].came_in)
    table = new_table(
        f"{found[0].users:,} users of an old server, moved to",
        *("engine", "s", "per s", "peak MiB", "again s"),
        *ways,
    )
    for one in found:
        table.add_row(
            *(one.engine, f"{one.seconds:.1f}", f"{one.users / one.seconds:,.0f}", f"{one.peak_mib:.0f}"),
            f"{one.again_seconds:.1f}",
            *(f"{came:,} of {tried:,}" for came, tried in one.came_in.values()),
            style=None if one.holds else "red",
        )
    screen.print(table)


def save(found: Sequence[Moved], path: Path) -> None:
    """Write the figures as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
