"""Puts core, dialects, delivery and background tasks together into one ASGI application."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TextIO

from vestibule.assembly.background import Background
from vestibule.assembly.channels import Channels, channels_of
from vestibule.assembly.claims import custom_claims_of
from vestibule.assembly.cores import build_core
from vestibule.assembly.dev_provider import dev_provider_mount
from vestibule.assembly.identities import identity_providers
from vestibule.assembly.protections import Protections, protections_of
from vestibule.assembly.readiness import readiness_checks
from vestibule.assembly.start import Preparation
from vestibule.core.facade import Core
from vestibule.core.social import IdentityProviders
from vestibule.delivery.mail import Transport
from vestibule.delivery.mailbox import Mailbox
from vestibule.delivery.render import Renderer
from vestibule.delivery.samples import Samples
from vestibule.delivery.settings import WorkerSettings
from vestibule.delivery.sms import TextTransport
from vestibule.delivery.worker import OutboxWorker
from vestibule.dialects.accountmaker import accountmaker_mount
from vestibule.dialects.nhost import nhost_mount
from vestibule.dialects.sublay import sublay_mount
from vestibule.kernel.clock import Clock, SystemClock
from vestibule.kernel.entropy import Entropy, SystemEntropy
from vestibule.kernel.meters import Meters
from vestibule.settings import Settings
from vestibule.storage import database_from_url
from vestibule.web.mailbox import GalleryPages, MailboxPages, mailbox
from vestibule.web.page_hosts import PageHosts
from vestibule.wire import Mount, WireSettings, build_app
from vestibule.wire.app import App


@dataclass(frozen=True, slots=True)
class Application:
    """A server without its sockets: `app` speaks ASGI, `start` and `stop` frame its life."""

    app: App
    core: Core
    background: Background
    channels: Channels
    meters: Meters

    @property
    def mailbox(self) -> Mailbox | None:
        """What the development page shows; None without that page."""
        return self.channels.mailbox

    async def start(self) -> None:
        """Open the database and start the tasks. Raises: StartRefused."""
        await self.core.db.open()
        await self.background.start()

    async def stop(self) -> None:
        """Stop the tasks and give everything back."""
        await self.background.stop()
        if self.core.sign_in_with_password.note_leaked is not None:
            await self.core.sign_in_with_password.note_leaked.close()
        await self.channels.close()
        await self.core.db.close()
        self.core.sign_in_with_password.hashing.close()


def assemble(
    settings: Settings,
    *,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
    transport: Transport | None = None,
    texts: TextTransport | None = None,
    identities: IdentityProviders | None = None,
    log_stream: TextIO | None = None,
    with_worker: bool = True,
) -> Application:
    """Return the application that `settings` describe; nothing is opened yet.

    `transport` and `texts` take the places of the transports for mails and text messages, `identities` that of the
    providers that people come in by.

    Raises: MountError, ValueError when the settings contradict each other.
    """
    clock, entropy = clock or SystemClock(), entropy or SystemEntropy()
    db = database_from_url(settings.database_url, pool_size=settings.pool_size, pgbouncer=settings.pgbouncer)
    meters = Meters()
    channels = channels_of(settings, mail=transport, texts=texts)
    protections = protections_of(settings, channels.outbound, meters)
    claims = custom_claims_of(settings, channels.outbound, channels.hasura, clock, entropy)
    identities = identities or identity_providers(
        settings,
        is_default=lambda project_id: core.catalog.is_default(project_id),  # noqa: PLW0108 - the core is built below
        outbound=channels.outbound,
        clock=clock,
        entropy=entropy,
    )
    core = build_core(
        settings,
        db,
        clock,
        entropy,
        channels.remote_verification,
        claims,
        identities,
        leaks=protections.leaks,
        meters=meters,
    )
    renderer = Renderer(settings.policy.default_locale, [settings.mail_templates] if settings.mail_templates else [])
    worker = _worker(core, renderer, channels) if with_worker else None
    background = Background(core, Preparation(core, settings), worker, mail_leaves=channels.mail is not None)
    mounts, dependencies = _doors(core, settings, protections)
    if channels.mailbox is not None:
        mounts.append(Mount(mailbox))
        dependencies |= _mail_pages(settings, channels.mailbox, renderer)
    if settings.dev_provider is not None:
        mount, needed = dev_provider_mount(settings, settings.dev_provider, clock, entropy)
        mounts.append(mount)
        dependencies |= needed
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
        meters=meters,
        settings=_wire_settings(settings),
        readiness=readiness_checks(core, background, texts_leave=channels.texts is not None),
        is_prepared=lambda: background.is_prepared,
        lifespan=life,
        log_stream=log_stream,
    )
    application.append(Application(app, core, background, channels, meters))
    return application[0]


def _doors(core: Core, settings: Settings, protections: Protections) -> tuple[list[Mount], dict[type, object]]:
    # Every door is built, since one server may hold projects that open different ones; who may come through which
    # is asked of the project on each request.
    mounts: list[Mount] = []
    dependencies: dict[type, object] = {Core: core}
    doors: list[tuple[Mount, Mapping[type, object]]] = [
        nhost_mount(core, settings.nhost, protections.captcha),
        sublay_mount(core, settings.sublay),
        accountmaker_mount(core, settings.accountmaker),
    ]
    for mount, wanted in doors:
        mounts.append(mount)
        dependencies |= wanted
    return mounts, dependencies


def _wire_settings(settings: Settings) -> WireSettings:
    return WireSettings(
        limits=settings.limits,
        trusted_proxies=settings.trusted_proxies,
        access_log=settings.access_log,
        log_as_text=settings.log_as_text,
        echo_request_id=settings.echo_request_id,
        public_url=settings.public_url,
    )


def _mail_pages(settings: Settings, kept: Mailbox, renderer: Renderer) -> dict[type, object]:
    samples = Samples(renderer, product=settings.project_name, public_url=settings.public_url)
    return {
        MailboxPages: MailboxPages(kept, mail_leaves=settings.mail is not None),
        GalleryPages: GalleryPages(samples),
        PageHosts: PageHosts(None) if settings.dev_expose else PageHosts(),
    }


def _worker(core: Core, renderer: Renderer, channels: Channels) -> OutboxWorker | None:
    if channels.mail is None and channels.texts is None:
        return None  # messages wait in the outbox until somebody configures a way out
    return OutboxWorker(
        core.db, core.outbox, channels.mail, renderer, name="serve", settings=WorkerSettings(), texts=channels.texts
    )
