"""The last stretch of every request: a result or a failure becomes status, headers and bytes, and leaves."""

import traceback
from typing import Final

import structlog

from vestibule.kernel.errors import Refusal
from vestibule.wire.answers import (
    REPLY_TYPES,
    HeaderBlock,
    HeaderPair,
    RawBody,
    Rendered,
    encode_headers,
    merge_headers,
    render_reply,
)
from vestibule.wire.call import Call, Send
from vestibule.wire.declaration import JSON
from vestibule.wire.dialect import Dialect, Failure
from vestibule.wire.failures import InternalError, failure_headers
from vestibule.wire.steps import Mounting

# In the scope's extensions: takes scope, status, header lines and body; False when it cannot write them at once.
ANSWER_EXTENSION: Final = "vestibule.answer"

_NO_CONTENT: Final = 204
_NO_STORE: Final = "no-store"
_BODILESS: Final = frozenset({204, 304})

_log = structlog.get_logger("vestibule.wire")


class Finisher:
    """Turns results and failures of one endpoint into rendered answers."""

    def __init__(
        self, dialect: Dialect, mounting: Mounting, *, cache: str | None, vary: str | None, status: int
    ) -> None:
        self._dialect = dialect
        self._now = mounting.clock.now
        self._status = status
        self._base = _base_headers(cache or _NO_STORE, vary)
        self._failure_base = _base_headers(_NO_STORE, vary)
        self._bare_block = HeaderBlock(self._base)
        self._json_block = HeaderBlock([(b"content-type", JSON.encode("latin-1")), *self._base])
        self._document: RawBody | None = None  # the last one, and how it was sent
        self._rendered: Rendered = (_NO_CONTENT, self._bare_block, b"")

    def succeed(self, value: object) -> Rendered:
        """Return what a handler's result looks like on the wire."""
        if value is None:
            return _NO_CONTENT, self._bare_block, b""
        if not isinstance(value, REPLY_TYPES):
            return self._status, self._json_block, self._dialect.encode(value)
        if value is self._document:
            return self._rendered
        dialect = self._dialect
        status, own, body = render_reply(value, dialect.encode, self._status, self._now)
        rendered = status, merge_headers(self._base, own), body
        if isinstance(value, RawBody) and not value.cookies:  # a cookie's expiry moves with the clock
            self._document, self._rendered = value, rendered
        return rendered

    def fail(self, call: Call, failure: Failure) -> Rendered:
        """Return the dialect's own form of a failure."""
        dialect = self._dialect
        reply = dialect.render(call, failure)
        status, own, body = render_reply(reply, dialect.encode, dialect.wire_error(failure).status, self._now)
        implied = failure_headers(failure, status)
        return status, merge_headers([*self._failure_base, *implied], own), body

    def refuse(self, call: Call, refusal: Refusal) -> Rendered:
        """Return the dialect's form of `refusal`; one that it cannot show is our fault, not the caller's."""
        # Its own code, which a dialect may conceal or share among several.
        _log.debug("request.refused", request_id=call.request_id, dialect=call.dialect.name, code=refusal.code)
        try:
            return self.fail(call, refusal)
        except Exception as error:  # noqa: BLE001 - logged by crash
            return self.crash(call, error)

    def crash(self, call: Call, error: Exception) -> Rendered:
        """Log an unexpected exception once and return the dialect's internal error, which tells nothing of it."""
        endpoint = call.endpoint.operation if call.endpoint else ""
        _log.error(
            "request.crashed",
            request_id=call.request_id,
            dialect=call.dialect.name,
            endpoint=endpoint,
            traceback=_without_locals(error),
        )
        try:
            return self.fail(call, InternalError())
        except Exception as broken:  # noqa: BLE001 - the renderer itself is broken; something must be answered
            _log.error("request.crash_not_rendered", request_id=call.request_id, traceback=_without_locals(broken))
            plain = [(b"content-type", b"text/plain; charset=utf-8"), *self._failure_base]
            return 500, HeaderBlock(plain), b"Internal Server Error"


def _without_locals(error: Exception) -> str:
    """Return the traceback as text: a prettier one would print local variables, passwords among them (security 117)."""
    return "".join(traceback.format_exception(error))


def _base_headers(cache: str, vary: str | None) -> list[HeaderPair]:
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cache-control", cache.encode("latin-1")),
    ]
    if vary is not None:
        headers.append((b"vary", vary.encode("latin-1")))
    return headers


async def send_answer(call: Call, send: Send, answer: Rendered) -> int:
    """Send the answer with what every answer carries; return its status."""
    status, block, body = answer
    scope = call.scope
    if call.response_headers:
        block = HeaderBlock([*block.pairs, *encode_headers(call.response_headers)])
    length = b"" if status in _BODILESS else b"content-length: %d\r\n" % len(body)
    if status in _BODILESS or scope["method"] == "HEAD":
        body = b""
    request_id = call.request_id.encode()
    write = scope["extensions"].get(ANSWER_EXTENSION) if "extensions" in scope else None
    if write is not None and write(
        scope, status, b"%sx-request-id: %s\r\n%s\r\n" % (block.lines, request_id, length), body
    ):
        return status
    headers = [*block.pairs, (b"x-request-id", request_id)]
    if length:
        headers.append((b"content-length", length[16:-2]))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return status
