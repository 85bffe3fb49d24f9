"""A whole core in the test process: real databases, the cheapest Argon2, a clock that stands still."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.fakes import FakeClock
from tests.support.identities import ScriptedProviders
from vestibule.assembly.cores import build_core
from vestibule.assembly.start import Preparation
from vestibule.core.facade import Core
from vestibule.core.letters import LetterForm
from vestibule.core.outbox import MailVariables
from vestibule.core.passwords import (
    Argon2Profile,
    HashingLoad,
    NewPassword,
    PasswordAttempt,
    PasswordSignUp,
    SignUpOutcome,
)
from vestibule.core.projects import NewProject, Project, Visit
from vestibule.core.sessions import RefreshTerms
from vestibule.core.signin import DoorTerms, SignedIn
from vestibule.core.signing import Algorithm
from vestibule.core.texts import RemoteVerification
from vestibule.core.users import parse_email
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.settings import Settings, load
from vestibule.storage import Database, Statement

ROOT_KEY = "a root key that only tests know and long enough"
PUBLIC_URL = "http://localhost:4000"
PASSWORD = "correct horse battery staple"
CHEAPEST = Argon2Profile(memory_kib=8, iterations=1, lanes=1)
DOOR = DoorTerms(life=timedelta(days=30))
ANY = RefreshTerms()
LETTER = LetterForm(
    ticket_text=bytes.hex, link=lambda text: f"{PUBLIC_URL}/v1/verify?ticket={text}", life=timedelta(hours=1)
)

_COUNTS = {
    table: Statement(int, f"SELECT COUNT(*) FROM vestibule_{table}")  # noqa: S608 - the names below
    for table in (
        "users",
        "credentials",
        "sessions",
        "tickets",
        "attempts",
        "outbox",
        "accounts",
        "memberships",
        "passkeys",
        "totp",
        "recovery_codes",
        "identities",
    )
}
_USER_COLUMNS = {
    column: Statement(None, f"UPDATE vestibule_users SET {column} = :value WHERE id = :user_id")  # noqa: S608 - as above
    for column in ("is_anonymous", "mfa_type", "status")
}
_SET_HASH = Statement(None, "UPDATE vestibule_credentials SET password_hash = :password_hash WHERE user_id = :user_id")


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
    quick = {
        "signing_algorithm": Algorithm.ES256,
        "argon2": CHEAPEST,
        "hashing": HashingLoad(threads=2, deadline_seconds=60),
    }
    return replace(load(told), **{**quick, **changes})


@dataclass
class CoreUnderTest:
    """The core and short ways to do with it what most tests do."""

    core: Core
    clock: FakeClock
    db: Database
    project: Project
    identities: ScriptedProviders = field(default_factory=ScriptedProviders)
    _people: int = field(default=0)

    def visit(
        self, dialect: str = "nhost", project: Project | None = None, network: str = "192.0.2.1", **policy: Any
    ) -> Visit:
        """Return a request to the project, whose policy differs in `policy`."""
        project = project or self.project
        return Visit(replace(project, policy=replace(project.policy, **policy)), dialect, network, "req-1")

    async def other_project(self, **settings: Any) -> Project:
        """Make another project with all doors open."""
        return await self.core.registry.create_project(
            NewProject("Other", frozenset({"nhost", "sublay", "accountmaker"}), settings=settings)
        )

    async def sign_up(
        self, email: str | None = None, *, visit: Visit | None = None, door: DoorTerms = DOOR, **more: Any
    ) -> SignedIn:
        """Sign up somebody new, who is signed in at once."""
        outcome = await self.register(email, visit=visit, door=door, **more)
        assert outcome.signed_in is not None
        return outcome.signed_in

    async def register(
        self, email: str | None = None, *, visit: Visit | None = None, door: DoorTerms = DOOR, **more: Any
    ) -> SignUpOutcome:
        """Sign up somebody new, who may have to prove the address first."""
        self._people += 1
        new = PasswordSignUp(
            email=email or f"person{self._people}@example.com", password=NewPassword(Secret(PASSWORD)), **more
        )
        return await self.core.sign_up_with_password(visit or self.visit(), new, door)

    async def sign_in(
        self, email: str | None, password: str = PASSWORD, *, visit: Visit | None = None, door: DoorTerms = DOOR
    ) -> SignedIn:
        """Sign in with a password where no second factor is due."""
        attempt = PasswordAttempt(email or "", Secret(password))
        outcome = await self.core.sign_in_with_password(visit or self.visit(), attempt, door)
        assert isinstance(outcome, SignedIn)
        return outcome

    async def refresh(self, secret: bytes, visit: Visit | None = None, terms: RefreshTerms = ANY) -> bytes:
        """Exchange a refresh secret for the current one."""
        return (await self.core.refresh_session(visit or self.visit(), secret, terms)).secret

    async def letters(self) -> list[MailVariables]:
        """Take what waits in the outbox: what each message says, the oldest first."""
        claimed = await self.core.outbox.claim(self.db, "test", limit=1000, lease=timedelta(days=3650))
        return [self.core.outbox.variables(message) for message in sorted(claimed, key=lambda message: message.id)]

    async def count(self, table: str) -> int:
        """Return how many rows `vestibule_<table>` has."""
        return await self.db.one(_COUNTS[table]) or 0

    async def change(self, user_id: UUID, **columns: str | int) -> None:
        """Write columns of a user that no use-case writes yet."""
        for name, value in columns.items():
            await self.db.run(_USER_COLUMNS[name], user_id=user_id, value=value)

    async def give_address(self, user_id: UUID, email: str, *, verified: bool = False) -> None:
        """Give the user who came by telephone an address."""
        at = self.clock.now() if verified else None
        async with self.db.write() as tx:
            create = self.core.change_phone.create
            await create.add_address(tx, self.project.id, user_id, parse_email(email), verified_at=at)

    async def set_hash(self, user_id: UUID, password_hash: str | None) -> None:
        """Give the user a password hash from elsewhere, or none at all."""
        await self.db.run(_SET_HASH, user_id=user_id, password_hash=password_hash)

    async def events(self, project: Project | None = None) -> list[str]:
        """Return what the audit trail says, the newest first."""
        rows = await self.core.audit.latest(self.db, (project or self.project).id, limit=100)
        return [row.event for row in rows]


async def core_under_test(database_url: str, db: Database, clock: FakeClock, **changes: Any) -> CoreUnderTest:
    """Prepare `db` as a server would at its start; `remote_verification` and `identities` are no settings, and may be
    given as well.
    """
    remote: RemoteVerification | None = changes.pop("remote_verification", None)
    identities = changes.pop("identities", None) or ScriptedProviders()
    settings = settings_for(database_url, **changes)
    core = build_core(settings, db, clock, SystemEntropy(), remote, identities=identities)
    await Preparation(core, settings)()
    return CoreUnderTest(core, clock, db, await core.catalog.default(), identities)


@pytest.fixture
async def under_test(database_url: str, db: Database, clock: FakeClock) -> AsyncIterator[CoreUnderTest]:
    """A core on each engine in turn."""
    ready = await core_under_test(database_url, db, clock)
    yield ready
    ready.core.sign_in_with_password.hashing.close()
