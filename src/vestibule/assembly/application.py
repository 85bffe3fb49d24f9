"""Puts core, dialects, delivery and background tasks together into one ASGI application."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TextIO

from vestibule.assembly.background import Background
from vestibule.assembly.cores import build_core
from vestibule.assembly.readiness import readiness_checks
from vestibule.assembly.start import Preparation
from vestibule.core.facade import Core
from vestibule.delivery.mail import Transport
from vestibule.delivery.mailbox import Mailbox, MailboxTransport
from vestibule.delivery.render import Renderer
from vestibule.delivery.samples import Samples
from vestibule.delivery.settings import WorkerSettings
from vestibule.delivery.worker import OutboxWorker
from vestibule.dialects.accountmaker import accountmaker_mount
from vestibule.dialects.nhost import nhost_mount
from vestibule.dialects.sublay import sublay_mount
from vestibule.kernel.clock import Clock, SystemClock
from vestibule.kernel.entropy import Entropy, SystemEntropy
from vestibule.settings import Settings
from vestibule.storage import database_from_url
from vestibule.web.mailbox import GalleryPages, MailboxPages, PageHosts, mailbox
from vestibule.wire import Mount, WireSettings, build_app
from vestibule.wire.app import App


@dataclass(frozen=True, slots=True)
class Application:
    """A server without its sockets: `app` speaks ASGI, `start` and `stop` frame its life."""

    app: App
    core: Core
    background: Background
    mailbox: Mailbox | None

    async def start(self) -> None:
        """Open the database and start the tasks. Raises: StartRefused."""
        await self.core.db.open()
        await self.background.start()

    async def stop(self) -> None:
        """Stop the tasks and give everything back."""
        await self.background.stop()
        await self.core.db.close()
        self.core.sign_in_with_password.hashing.close()


def assemble(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    transport: Transport | None = None,
    log_stream: TextIO | None = None,
    with_worker: bool = True,
) -> Application:
    """Return the application that `settings` describe; nothing is opened yet.

    Raises: MountError, ValueError when the settings contradict each other.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    db = database_from_url(settings.database_url, pool_size=settings.pool_size, pgbouncer=settings.pgbouncer)
    core = build_core(settings, db, clock, entropy)
    kept = Mailbox() if settings.dev and settings.smtp is None else None
    transport = transport or _transport(settings, kept)
    renderer = Renderer(settings.policy.default_locale, [settings.mail_templates] if settings.mail_templates else [])
    worker = _worker(core, renderer, transport) if with_worker and transport is not None else None
    background = Background(core, Preparation(core, settings), worker, mail_leaves=transport is not None)
    mounts, dependencies = _doors(core, settings)
    if settings.dev:
        mounts.append(Mount(mailbox))
        dependencies |= _mail_pages(settings, kept, renderer)
    application: list[Application] = []

    @asynccontextmanager
    async def life() -> AsyncIterator[None]:
        await application[0].start()
        try:
            yield
        finally:
            await application[0].stop()

    app = build_app(
        mounts,
        dependencies=dependencies,
        clock=clock,
        entropy=entropy,
        fallback="nhost",
        settings=WireSettings(
            limits=settings.limits,
            trusted_proxies=settings.trusted_proxies,
            access_log=settings.access_log,
            echo_request_id=settings.echo_request_id,
            public_url=settings.public_url,
        ),
        readiness=readiness_checks(core, background),
        is_prepared=lambda: background.is_prepared,
        lifespan=life,
        log_stream=log_stream,
    )
    application.append(Application(app, core, background, kept))
    return application[0]


def _doors(core: Core, settings: Settings) -> tuple[list[Mount], dict[type, object]]:
    # Every door is built, since one server may hold projects that open different ones; who may come through which
    # is asked of the project on each request.
    mounts: list[Mount] = []
    dependencies: dict[type, object] = {Core: core}
    doors: list[tuple[Mount, Mapping[type, object]]] = [
        nhost_mount(core, settings.nhost),
        sublay_mount(core, settings.sublay),
        accountmaker_mount(core, settings.accountmaker),
    ]
    for mount, wanted in doors:
        mounts.append(mount)
        dependencies |= wanted
    return mounts, dependencies


def _transport(settings: Settings, kept: Mailbox | None) -> Transport | None:
    if kept is not None:
        return MailboxTransport(kept, lambda line: print(line, file=sys.stderr, flush=True))  # noqa: T201 - for a developer's eyes
    if settings.smtp is None:
        return None  # messages wait in the outbox until somebody configures a mail server
    from vestibule.delivery.smtp import SmtpTransport  # noqa: PLC0415 - costs memory that a server without mail saves

    return SmtpTransport(settings.smtp)


def _mail_pages(settings: Settings, kept: Mailbox | None, renderer: Renderer) -> dict[type, object]:
    samples = Samples(renderer, product=settings.project_name, public_url=settings.public_url)
    return {
        MailboxPages: MailboxPages(kept or Mailbox(), mail_leaves=kept is None),
        GalleryPages: GalleryPages(samples),
        PageHosts: PageHosts(None) if settings.dev_expose else PageHosts(),
    }


def _worker(core: Core, renderer: Renderer, transport: Transport) -> OutboxWorker:
    return OutboxWorker(core.db, core.outbox, transport, renderer, name="serve", settings=WorkerSettings())
