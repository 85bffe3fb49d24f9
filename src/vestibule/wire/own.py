"""The server's own few paths: alive, ready, the OpenAPI documents and the page that shows them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal

import msgspec
import structlog

from vestibule.kernel.errors import RouteNotFound
from vestibule.wire.answers import Answer, Html, RawBody
from vestibule.wire.call import Call
from vestibule.wire.cors import AnyOrigin
from vestibule.wire.declaration import JSON
from vestibule.wire.dialect import WIRE_REFUSALS, Dialect, Failure, WireError
from vestibule.wire.docs_page import docs_page
from vestibule.wire.failures import InternalError
from vestibule.wire.openapi import Document

ReadinessCheck = Callable[[], Awaitable[object]]

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


def own_dialect(documents: Mapping[str, Document], readiness: Mapping[str, ReadinessCheck]) -> Dialect:
    """Return the dialect of the server's own paths.

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

    _serve_documents(own, documents)
    return own


def _serve_documents(own: Dialect, documents: Mapping[str, Document]) -> None:
    encoded = {f"{name}.json": msgspec.json.encode(document) for name, document in documents.items()}
    tags = {name: f'"{hashlib.sha256(content).hexdigest()[:32]}"' for name, content in encoded.items()}
    page, policy = docs_page(documents)

    @own.get(
        "/openapi/{document}",
        cache=_CACHE,
        cors=AnyOrigin(methods=("GET",)),
        raises=(RouteNotFound,),
        answers={200: dict[str, Any], 304: None},
    )
    def openapi(call: Call, document: str) -> RawBody | Answer[None]:
        """Describe one dialect by an OpenAPI 3.1 document, such as `nhost.json`."""
        if document not in encoded:
            raise RouteNotFound
        tag = ("etag", tags[document])
        if tags[document] in (call.header("if-none-match") or ""):
            return Answer(None, status=304, headers=[tag])
        return RawBody(encoded[document], JSON, headers=[tag])

    @own.get("/docs", cache=_CACHE)
    def docs() -> Html:
        """Show all dialects, their endpoints and shapes on one page."""
        return Html(page, headers=[("content-security-policy", policy)])


async def _result(name: str, check: ReadinessCheck) -> str:
    try:
        said = await asyncio.wait_for(check(), PATIENCE_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever breaks a check, it has failed; logged
        _log.warning("readiness.failed", check=name, error=type(error).__name__)
        return _FAILED
    if isinstance(said, str):
        return said
    return _FAILED if said is False else _OK
