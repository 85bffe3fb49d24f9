"""A whole core in the test process: real databases, the cheapest Argon2, a clock that stands still."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import FakeClock
from vestibule.assembly.cores import build_core
from vestibule.assembly.start import Preparation
from vestibule.core.facade import Core
from vestibule.core.passwords import Argon2Profile, HashingLoad, NewPassword, PasswordSignUp
from vestibule.core.projects import NewProject, Project, Visit
from vestibule.core.signin import DoorTerms, SignedIn
from vestibule.core.signing import Algorithm
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.settings import Settings, load
from vestibule.storage import Database

ROOT_KEY = "a root key that only tests know and long enough"
PUBLIC_URL = "http://localhost:4000"
PASSWORD = "correct horse battery staple"
CHEAPEST = Argon2Profile(memory_kib=8, iterations=1, lanes=1)
DOOR = DoorTerms(life=timedelta(days=30))


def settings_for(database_url: str, environ: Mapping[str, str] | None = None, **changes: Any) -> Settings:
    """Return settings for a test server: all doors open, no limits, keys that are quick to make.

    `environ` is what an operator would set, `changes` replace members of the finished tree.
    """
    told = {
        "VESTIBULE_DATABASE_URL": database_url,
        "VESTIBULE_SECRET_KEYS": ROOT_KEY,
        "VESTIBULE_DIALECTS": "nhost,sublay,accountmaker",
        "VESTIBULE_PUBLIC_URL": PUBLIC_URL,
        "VESTIBULE_RATE_LIMITS": "false",
        "AUTH_SERVER_URL": f"{PUBLIC_URL}/v1",
        "AUTH_CLIENT_URL": "http://localhost:3000",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
        **(environ or {}),
    }
    quick = {"signing_algorithm": Algorithm.ES256, "argon2": CHEAPEST, "hashing": HashingLoad(threads=2)}
    return replace(load(told), **{**quick, **changes})


@dataclass
class CoreUnderTest:
    """The core and short ways to do with it what most tests do."""

    core: Core
    clock: FakeClock
    db: Database
    project: Project
    _people: int = field(default=0)

    def visit(self, dialect: str = "nhost", project: Project | None = None, network: str = "192.0.2.1") -> Visit:
        return Visit(project or self.project, dialect, network, "req-1")

    async def other_project(self, **settings: Any) -> Project:
        return await self.core.registry.create_project(
            NewProject("Other", frozenset({"nhost", "sublay", "accountmaker"}), settings=settings)
        )

    async def sign_up(
        self, email: str | None = None, *, visit: Visit | None = None, door: DoorTerms = DOOR, **more: Any
    ) -> SignedIn:
        self._people += 1
        new = PasswordSignUp(
            email=email or f"person{self._people}@example.com", password=NewPassword(Secret(PASSWORD)), **more
        )
        outcome = await self.core.sign_up_with_password(visit or self.visit(), new, door)
        assert outcome.signed_in is not None
        return outcome.signed_in

    async def events(self, project: Project | None = None) -> list[str]:
        rows = await self.core.audit.latest(self.db, (project or self.project).id, limit=100)
        return [row.event for row in rows]


async def core_under_test(database_url: str, db: Database, clock: FakeClock, **changes: Any) -> CoreUnderTest:
    """Prepare `db` as a server would at its start."""
    settings = settings_for(database_url, **changes)
    core = build_core(settings, db, clock, SystemEntropy())
    await Preparation(core, settings)()
    return CoreUnderTest(core, clock, db, await core.catalog.default())


@pytest.fixture
async def under_test(database_url: str, db: Database, clock: FakeClock) -> AsyncIterator[CoreUnderTest]:
    """A core on each engine in turn."""
    ready = await core_under_test(database_url, db, clock)
    yield ready
    ready.core.sign_in_with_password.hashing.close()
