"""Builds the ASGI application: Falcon for the life of the server, our compiled endpoints for every request.

Requests go straight from the route table to one coroutine. Falcon's own request path was measured to cost 40 % of
what a bare handler can do, before any work of ours; its compiled router is what we keep of it on the hot path.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, TextIO

import falcon.asgi

from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.meters import Meters
from vestibule.wire.access_log import AccessLog
from vestibule.wire.address import TrustedProxies
from vestibule.wire.call import Receive, Scope, Send
from vestibule.wire.declaration import Endpoint
from vestibule.wire.dialect import WIRE_REFUSALS, Dialect, MountError
from vestibule.wire.endpoint import compile_endpoint
from vestibule.wire.limits import Limiter, LimitSettings
from vestibule.wire.not_found import Refusals
from vestibule.wire.openapi import Document, describe_dialect
from vestibule.wire.own import ReadinessCheck, own_dialect
from vestibule.wire.request_ids import RequestIds
from vestibule.wire.routes import Routes
from vestibule.wire.steps import Mounting

Lifespan = Callable[[], AbstractAsyncContextManager[object]]


@dataclass(frozen=True, slots=True)
class Mount:
    """A dialect to serve. `extra_bases` come besides its own; `without` names operations that are not served.

    `handlers` are the modules that declare the endpoints, in the order in which they should be read about.
    """

    dialect: Dialect
    extra_bases: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    handlers: tuple[ModuleType, ...] = ()


@dataclass(frozen=True, slots=True)
class WireSettings:
    """The operator's word on the wire.

    `trusted_proxies` are networks, or `unix` for a peer on a Unix socket; `log_as_text` writes the access log for
    people; `echo_request_id` takes over a well-formed X-Request-ID; `public_url` is named in the OpenAPI documents.
    """

    limits: LimitSettings = field(default_factory=LimitSettings)
    trusted_proxies: tuple[str, ...] = ()
    access_log: bool = True
    log_as_text: bool = False
    echo_request_id: bool = False
    public_url: str = ""


def served(mount: Mount) -> list[Endpoint]:
    """Return the endpoints that are switched on."""
    return [endpoint for endpoint in mount.dialect.endpoints if endpoint.operation not in mount.without]


class App:
    """The ASGI application."""

    def __init__(
        self, routes: Routes, refusals: Refusals, fallback: Dialect, falcon_app: "falcon.asgi.App[Any, Any]"
    ) -> None:
        self.routes = routes
        self._refusals = refusals
        self._fallback = fallback
        self._falcon = falcon_app  # Any: its request and response types are never used

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server."""
        if scope["type"] != "http":
            await self._falcon(dict(scope), receive, send)
            return
        path, method = scope["path"], scope["method"]
        found = self.routes.find(path, method)
        if found is not None:
            route, params = found
            responder = route.methods.get(method)
            if responder is None:
                responder, params = self._refusals.method_not_allowed(route), {}
        else:
            responder, params = self._refusals.nobody(self.routes.owner(path, self._fallback), scope, self.routes), {}
        await responder(scope, receive, send, params)


def build_app(
    mounts: Sequence[Mount],
    *,
    dependencies: Mapping[type, object],
    clock: Clock,
    entropy: Entropy,
    fallback: str,
    settings: WireSettings | None = None,
    readiness: Mapping[str, ReadinessCheck] | None = None,
    is_prepared: Callable[[], bool] = lambda: True,
    lifespan: Lifespan | None = None,
    meters: Meters | None = None,
    log_stream: TextIO | None = None,
) -> App:
    """Return the application that serves `mounts`.

    `dependencies` are what handlers may ask for by type; `fallback` names the dialect that answers for paths nobody
    claims; until `is_prepared` says so, what needs a project answers 503; `lifespan` is entered when the server starts
    and left when it stops; `log_stream` defaults to stdout.

    Raises: MountError when declarations collide or a dialect cannot show a refusal that it declares.
    """
    settings = settings or WireSettings()
    access_log = AccessLog(
        (log_stream or sys.stdout) if settings.access_log else None, clock, as_text=settings.log_as_text
    )
    mounting = Mounting(
        dependencies=dependencies,
        clock=clock,
        request_ids=RequestIds(entropy, echo=settings.echo_request_id),
        proxies=TrustedProxies(settings.trusted_proxies),
        limiter=Limiter(settings.limits, clock, meters or Meters()),
        access_log=access_log,
        is_prepared=is_prepared,
    )
    by_name = {mount.dialect.name: mount.dialect for mount in mounts}
    if len(by_name) < len(mounts) or fallback not in by_name:
        raise MountError(f"dialects need different names, and the fallback {fallback!r} must be one of {list(by_name)}")
    routes, refusals = Routes(), Refusals(mounting)
    for mount in mounts:
        _mount(mount, routes, refusals, mounting)
    describe = {mount.dialect.name: partial(_describe, mount, dependencies, settings.public_url) for mount in mounts}
    _mount(Mount(own_dialect(describe, readiness or {})), routes, refusals, mounting)
    routes.complete(refusals.preflight)
    falcon_app = falcon.asgi.App(middleware=[_Life(lifespan, mounting)])
    return App(routes, refusals, by_name[fallback], falcon_app)


def _describe(mount: Mount, dependencies: Mapping[type, object], url: str) -> Document:
    bases = (*mount.dialect.bases, *mount.extra_bases)
    return describe_dialect(mount.dialect, sorted(served(mount), key=_place(mount)), bases, dependencies, url)


def _place(mount: Mount) -> Callable[[Endpoint], tuple[int, int]]:
    """Return where an endpoint stands in the document: by tag, then by module, then as declared."""
    tags = {tag: place for place, tag in enumerate(mount.dialect.tags)}
    modules = {module.__name__: place for place, module in enumerate(mount.handlers)}
    return lambda endpoint: (
        min((tags.get(tag, len(tags)) for tag in endpoint.tags), default=0),
        modules.get(endpoint.function.__module__, len(modules)),
    )


def _mount(mount: Mount, routes: Routes, refusals: Refusals, mounting: Mounting) -> None:
    dialect = mount.dialect
    for endpoint in served(mount):
        _check_errors(dialect, endpoint)
        for base in endpoint.bases or (*dialect.bases, *mount.extra_bases):
            responder = compile_endpoint(dialect, endpoint, base, mounting)
            routes.add(dialect, endpoint, base, responder)
    routes.claim(dialect, (*dialect.prefixes, *mount.extra_bases))
    refusals.prepare(dialect)


def _check_errors(dialect: Dialect, endpoint: Endpoint) -> None:
    """Refuse to start when a declared refusal has no form, rather than answer 500 some night."""
    auth = endpoint.auth.raises if endpoint.auth else ()
    guards = [kind for guard in dialect.guards_of(endpoint) for kind in guard.raises]
    missing = dialect.missing_errors([*WIRE_REFUSALS, *dialect.common_raises, *guards, *auth, *endpoint.raises])
    if missing:
        names = ", ".join(kind.__name__ for kind in missing)
        raise MountError(
            f"{dialect.name}.{endpoint.operation} may refuse with {names}, which {dialect.name} cannot show"
        )


class _Life:
    """Falcon middleware that follows the life of the server; it has no part in requests."""

    def __init__(self, lifespan: Lifespan | None, mounting: Mounting) -> None:
        self._lifespan = lifespan
        self._mounting = mounting
        self._stack = AsyncExitStack()

    async def process_startup(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002 - Falcon's call
        """Open what the server needs; an exception here ends the start."""
        if self._lifespan is not None:
            await self._stack.enter_async_context(self._lifespan())

    async def process_shutdown(self, scope: Mapping[str, Any], event: Mapping[str, Any]) -> None:  # noqa: ARG002 - as above
        """Close it again, then write the last lines."""
        await self._stack.aclose()
        await self._mounting.close()
