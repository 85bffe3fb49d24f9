"""A whole server in the test process: every dialect on one ASGI application, on either engine.

`serve` is a function: `async with serve(environ={...}, policy=...) as running:`. Nothing is faked but time and the
mail server; `running.mails()` empties the outbox and returns what would have left.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx2
import pytest

from tests.support.cores import PUBLIC_URL, settings_for
from tests.support.fakes import FakeClock
from tests.support.identities import ScriptedProviders
from tests.support.ready_keys import ReadyKeys
from vestibule.assembly.application import Application, assemble
from vestibule.core.facade import Core
from vestibule.core.projects import Client, IssuedServiceKey, NewClient, NewProject, Project
from vestibule.delivery.mail import Mail
from vestibule.delivery.mailbox import Mailbox, MailboxTransport
from vestibule.delivery.render import Renderer
from vestibule.delivery.settings import WorkerSettings
from vestibule.delivery.sms.dev import DevTransport
from vestibule.delivery.worker import OutboxWorker
from vestibule.kernel.entropy import SystemEntropy

ALL_DOORS = frozenset({"nhost", "sublay", "accountmaker"})
CLIENT_ID = "cid_tests"
ORIGIN = "http://localhost:3000"


_ONE_BY_ONE = WorkerSettings(concurrency=1)  # so that what is told of the order is so


@cache
def _renderer() -> Renderer:
    """Return the renderer of all servers: it compiles each template once."""
    return Renderer("en")


@dataclass
class Running:
    """A server and what a test does with it."""

    application: Application
    client: httpx2.AsyncClient
    clock: FakeClock
    project: Project
    account_client: Client
    identities: ScriptedProviders = field(default_factory=ScriptedProviders)
    _kept: Mailbox = field(default_factory=Mailbox)
    _texts: Mailbox = field(default_factory=Mailbox)

    @property
    def core(self) -> Core:
        """The use-cases behind the doors."""
        return self.application.core

    async def mails(self) -> Sequence[Mail]:
        """Send what is due and return every mail so far, the newest first."""
        worker = OutboxWorker(
            self.core.db,
            self.core.outbox,
            MailboxTransport(self._kept, lambda _: None),
            _renderer(),
            name="test",
            settings=_ONE_BY_ONE,
        )
        await worker.drain()
        return self._kept.newest()

    async def texts(self) -> Sequence[Mail]:
        """Send what is due and return every text message so far, the newest first; `recipient` is the number."""
        worker = OutboxWorker(
            self.core.db,
            self.core.outbox,
            None,
            _renderer(),
            name="test",
            settings=_ONE_BY_ONE,
            texts=DevTransport(self._texts, lambda _: None),
        )
        await worker.drain()
        return self._texts.newest()

    async def other_project(self, public_id: str | None = None, **settings: Any) -> Project:
        """Create a second project that opens every door."""
        new = NewProject("Other", ALL_DOORS, public_id=public_id, settings=settings)
        return await self.core.registry.create_project(new)

    async def new_client(self, project: Project | None = None, **more: Any) -> Client:
        """Create another client."""
        new = NewClient(**{"name": "Another", "allowed_origins": (ORIGIN,), **more})
        return await self.core.registry.create_client(project or self.project, new)

    async def service_key(self, project: Project | None = None) -> IssuedServiceKey:
        """Issue a service key."""
        return await self.core.service_keys.issue(project or self.project, "tests")


@asynccontextmanager
async def behind_a_proxy(running: Running) -> AsyncIterator[Running]:
    """Give the same server as one caller meets it through a private proxy, which nobody listed."""
    transport = httpx2.ASGITransport(app=running.application.app, client=("10.9.9.9", 1234))
    headers = {"x-forwarded-for": "203.0.113.7"}
    async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers) as http:
        yield replace(running, client=http)


Serve = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def serve(database_url: str, clock: FakeClock) -> Serve:
    """Return the function that starts a server on the test's own database, on each engine in turn."""
    ready_keys = ReadyKeys()

    @asynccontextmanager
    async def start(environ: Mapping[str, str] | None = None, **changes: Any) -> AsyncIterator[Running]:
        policy = changes.pop("policy", {})
        identities = ScriptedProviders()
        settings = settings_for(database_url, environ, **{"access_log": False, **changes})
        settings = replace(settings, policy=replace(settings.policy, **policy)) if policy else settings
        application = assemble(settings, clock=clock, entropy=SystemEntropy(), identities=identities, with_worker=False)
        application.core.key_sets.make_pem = ready_keys
        await application.start()
        try:
            project = await application.core.catalog.default()
            client = await application.core.registry.create_client(
                project, NewClient("Tests", public_id=CLIENT_ID, allowed_origins=(ORIGIN,))
            )
            transport = httpx2.ASGITransport(app=application.app, client=("192.0.2.1", 1234))
            async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
                yield Running(application, http, clock, project, client, identities)
        finally:
            await application.stop()

    return start
