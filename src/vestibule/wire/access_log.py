"""One line per request, JSON or for people: which endpoint, how it ended, how long it took.

Never an address, a path or a token.

Lines are collected for a hundredth of a second and written together: a write of its own would be a sixth of what a
small request costs. `ts` is when they were written.
"""

import asyncio
from collections.abc import Callable
from typing import Final, TextIO

import msgspec

from vestibule.kernel.clock import Clock, monotonic_seconds

WRITE_AFTER_SECONDS: Final = 0.01

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Record = Callable[[str, str, int, float], None]


class AccessLog:
    """Writes to `stream`; None switches the log off. `as_text` is for people to read, JSON for programs."""

    def __init__(self, stream: TextIO | None, clock: Clock, *, as_text: bool = False) -> None:
        self._stream = stream
        self._clock = clock
        self._as_text = as_text
        self._lines: list[str] = []

    def recorder(self, dialect: str, endpoint: str) -> Record:
        """Return the function that records one answer: request id, method, status and when it started."""
        if self._stream is None:
            return _discard
        names = msgspec.json.encode({"dialect": dialect, "endpoint": endpoint}).decode()[1:-1]
        form = f'"request_id":"%s",{_literal(names)},"method":"%s","status":%d,"ms":%.3f}}\n'
        if self._as_text:
            form = f"%s {_literal(f'{dialect} {endpoint}')} %s %d %.3f ms\n"
        lines = self._lines

        def record(request_id: str, method: str, status: int, started: float) -> None:
            if not lines:
                asyncio.get_running_loop().call_later(WRITE_AFTER_SECONDS, self.flush)
            known = method if method in _METHODS else "OTHER"
            milliseconds = (monotonic_seconds() - started) * 1000
            lines.append(form % (request_id, known, status, milliseconds))

        return record

    def flush(self) -> None:
        """Write what has been collected. A broken log must not break the server: what cannot be written is lost."""
        if self._stream is None or not self._lines:
            return
        moment = self._clock.now().isoformat(timespec="milliseconds")
        head = f"{moment} " if self._as_text else f'{{"ts":"{moment}",'
        text = head + head.join(self._lines)
        self._lines.clear()
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            return


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _discard(request_id: str, method: str, status: int, started: float) -> None:
    """Record nothing."""
