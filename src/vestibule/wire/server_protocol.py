"""uvicorn's HTTP protocol with bounds on what a stranger may send and how long it may take (security 112).

uvicorn alone waits for ever on half a head and collects 50 MB of it. It also inspects every header of every answer and
writes in two steps; what wire sends is safe by construction, so it may leave through `answer` in one write.
"""

import asyncio
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from vestibule.wire.call import Scope
from vestibule.wire.finish import ANSWER_EXTENSION

MAX_HEAD_BYTES: Final = 32 * 1024
MAX_DISCARDED_BYTES: Final = 1024 * 1024  # of a body that was refused; closing sooner could hide the answer
PATIENCE_SECONDS: Final = 10.0  # for a head, and again for a body

_FIELD_OVERHEAD: Final = 4  # the colon, the space and the line break


class BoundedHttpProtocol(HttpToolsProtocol):
    """Answers 431 to heads over 32 KiB and 408 to heads and bodies that take over 10 seconds, then closes."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],  # Any: uvicorn's signature
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._extensions = {ANSWER_EXTENSION: self.answer}
        self._default_headers: list[tuple[bytes, bytes]] = []
        self._default_block = b""
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True
        self._is_settled = False  # nothing is pending: the last bytes ended a message
        self._is_refused = False
        self._received = 0  # bytes since head or body began

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Start the clock: a connection that says nothing is closed too."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, then see what is still missing."""
        self._is_settled = False
        self._received += len(data)
        super().data_received(data)
        if not self._is_settled and not self.transport.is_closing():
            self._await_the_rest()

    def _await_the_rest(self) -> None:
        if self._in_head and self._received > MAX_HEAD_BYTES:
            self._refuse(431)
        elif not self._in_head and self._received > MAX_DISCARDED_BYTES:
            self.transport.close()
        elif self._deadline is None:
            self._arm()

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self.scope["extensions"] = self._extensions  # type: ignore[typeddict-item] # ASGI leaves extensions open
        self._in_head = True
        self._is_settled = False

    def on_headers_complete(self) -> None:
        """Hand the request to the application, unless its head is too large."""
        if self._is_refused:
            return
        pipelined = self._is_answering()
        if (pipelined or self._received > MAX_HEAD_BYTES) and self._head_size() > MAX_HEAD_BYTES:
            self._refuse(431)
            return
        self._disarm()
        self._in_head = False
        self._received = 0
        super().on_headers_complete()
        self.headers = []  # trailers would be appended to what the application already reads

    def on_body(self, body: bytes) -> None:
        """Collect the body."""
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Settle down: nothing is missing."""
        if self._is_refused:
            return
        self._disarm()
        self._is_settled = True
        self._in_head = True
        self._received = 0
        super().on_message_complete()

    def answer(self, scope: Scope, status: int, head: bytes, body: bytes) -> bool:
        """Write a whole answer at once; False when it has to take uvicorn's own way.

        `head` is the header lines up to and with the empty one. The caller vouches for them.
        """
        cycle = self.cycle
        if (
            cycle.scope is not scope
            or cycle.response_started
            or cycle.disconnected
            or not cycle.keep_alive
            or self.flow.write_paused
        ):
            return False
        defaults = self.server_state.default_headers
        if defaults is not self._default_headers:  # uvicorn makes a new list each second, for the date
            self._default_headers = defaults
            self._default_block = b"".join(b"%s: %s\r\n" % pair for pair in defaults)
        self.transport.write(b"".join((STATUS_LINE[status], self._default_block, head, body)))
        cycle.waiting_for_100_continue = False
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn declares it as never None
        return cycle is not None and not cycle.response_complete

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + _FIELD_OVERHEAD for name, value in self.headers)

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(PATIENCE_SECONDS, self._lose_patience)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _lose_patience(self) -> None:
        self._deadline = None
        busy = self._is_answering()
        if self.transport.is_closing():
            return
        if self.pipeline or (busy and (self._in_head or self.flow.read_paused)):
            self._arm()  # it is our answer that is awaited, or our reading
        elif not busy and (self._received == 0 or not self._in_head):
            self.transport.close()
        else:
            self._refuse(408)

    def _refuse(self, status: int) -> None:
        """Answer from outside the application and close; when an answer is under way, only close."""
        self._is_refused = True
        self._disarm()
        if not self._is_answering() or not (self._in_head or self.cycle.response_started):
            line = STATUS_LINE[status]
            reason = line.split(b" ", 2)[2].strip()
            headers = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            self.transport.write(line + headers % len(reason) + reason)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: anybody can ask for a WebSocket, and the log is no place for it."""


def uvicorn_options() -> dict[str, Any]:  # Any: uvicorn.Config's keywords have many types
    """Return what a uvicorn.Config for wire's application needs; forwarded headers are wire's business."""
    return {
        "http": BoundedHttpProtocol,
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
    }
