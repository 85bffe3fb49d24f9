"""The server's own few paths: alive, ready, the OpenAPI documents and the page that shows them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, Final, Literal

import msgspec
import structlog

from vestibule.kernel.errors import RouteNotFound, StorageUnavailable
from vestibule.wire.answers import Answer, Html, RawBody
from vestibule.wire.call import Call
from vestibule.wire.cors import AnyOrigin
from vestibule.wire.declaration import JSON
from vestibule.wire.dialect import WIRE_REFUSALS, Dialect, Failure, WireError
from vestibule.wire.docs_page import docs_page
from vestibule.wire.failures import InternalError
from vestibule.wire.openapi import Document

ReadinessCheck = Callable[[], Awaitable[object]]
Describe = Callable[[], Document]

_CACHE: Final = "public, max-age=300"
PATIENCE_SECONDS: Final = 2.0  # for one check
_READY: Final = 200
_OK: Final = "ok"
_FAILED: Final = "failed"
_NOT_READY: Final = 503

_log = structlog.get_logger("vestibule.wire")


class Problem(msgspec.Struct, frozen=True):
    """An error of the server's own paths."""

    error: str


class Liveness(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served, and what each check says: ok, failed, or a warning in words."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str]


_STATUSES: Final = {
    "malformed-request": 400,
    "route-not-found": 404,
    "method-not-allowed": 405,
    "payload-too-large": 413,
    "unsupported-media-type": 415,
    "too-many-requests": 429,
    "overloaded": 503,
    "storage-unavailable": 503,
}


def _wire_error(kind: type[Failure]) -> WireError:
    return WireError(_STATUSES.get(kind.code, 500), kind.code)


def own_dialect(describe: Mapping[str, Describe], readiness: Mapping[str, ReadinessCheck]) -> Dialect:
    """Return the dialect of the server's own paths; `describe` gives the documents of the others.

    A check fails when it raises or returns False; text is a warning.
    """
    errors = {kind: _wire_error(kind) for kind in WIRE_REFUSALS}

    def render(call: Call, failure: Failure) -> Answer[object]:  # noqa: ARG001 - the signature of every renderer
        error = errors.get(type(failure), errors[InternalError])
        return Answer(Problem(error.code), status=error.status)

    own = Dialect(
        "server",
        title="Vestibule",
        version="1",
        render=render,
        errors=errors,
        error_schema=Problem,
        prefixes=("/livez", "/readyz", "/openapi", "/docs"),
    )

    @own.get("/livez", head=True)
    def livez() -> Liveness:
        """Answer 200 as long as the process runs."""
        return Liveness()

    @own.get("/readyz", head=True, answers={_NOT_READY: Readiness})
    async def readyz() -> Answer[Readiness]:
        """Answer 200 when every check passes, else 503; both name the checks."""
        names = list(readiness)
        results = await asyncio.gather(*(_result(name, readiness[name]) for name in names))
        ready = _FAILED not in results
        checks = dict(zip(names, results, strict=True))
        return Answer(Readiness("ready" if ready else "not ready", checks), status=_READY if ready else _NOT_READY)

    _serve_documents(own, describe)
    return own


class _Documents:
    """The documents as they are sent, and the page: written when somebody asks, since most servers are never asked."""

    def __init__(self, describe: Mapping[str, Describe]) -> None:
        self.names = frozenset(f"{name}.json" for name in describe)
        self._describe = describe

    @cached_property
    def encoded(self) -> Mapping[str, tuple[bytes, str]]:
        """Each document with its entity tag."""
        contents = {f"{name}.json": msgspec.json.encode(document) for name, document in self._described.items()}
        return {name: (content, f'"{hashlib.sha256(content).hexdigest()[:32]}"') for name, content in contents.items()}

    @cached_property
    def page(self) -> tuple[str, str]:
        """The page and its Content-Security-Policy."""
        return docs_page(self._described)

    @property
    def _described(self) -> Mapping[str, Document]:
        return {name: describe() for name, describe in self._describe.items()}


def _serve_documents(own: Dialect, describe: Mapping[str, Describe]) -> None:
    documents = _Documents(describe)

    @own.get(
        "/openapi/{document}",
        cache=_CACHE,
        cors=AnyOrigin(methods=("GET",)),
        raises=(RouteNotFound,),
        answers={200: dict[str, Any], 304: None},
    )
    async def openapi(call: Call, document: str) -> RawBody | Answer[None]:
        """Describe one dialect by an OpenAPI 3.1 document, such as `nhost.json`."""
        if document not in documents.names:
            raise RouteNotFound
        content, tag = (await asyncio.to_thread(lambda: documents.encoded))[document]
        header = ("etag", tag)
        if tag in (call.header("if-none-match") or ""):
            return Answer(None, status=304, headers=[header])
        return RawBody(content, JSON, headers=[header])

    @own.get("/docs", cache=_CACHE)
    async def docs() -> Html:
        """Show all dialects, their endpoints and shapes on one page."""
        page, policy = await asyncio.to_thread(lambda: documents.page)
        return Html(page, headers=[("content-security-policy", policy)])


async def _result(name: str, check: ReadinessCheck) -> str:
    try:
        said = await asyncio.wait_for(check(), PATIENCE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever breaks a check, it has failed; logged
        reason = {"reason": error.reason} if isinstance(error, StorageUnavailable) else {}
        _log.warning("readiness.failed", check=name, error=type(error).__name__, **reason)
        return _FAILED
    if isinstance(said, str):
        return said
    return _FAILED if said is False else _OK
