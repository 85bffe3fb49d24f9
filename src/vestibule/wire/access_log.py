"""One JSON line per request: which endpoint, how it ended, how long it took. Never an address, a path or a token.

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
    """Writes to `stream`; None switches the log off."""

    def __init__(self, stream: TextIO | None, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._lines: list[str] = []

    def recorder(self, dialect: str, endpoint: str) -> Record:
        """Return the function that records one answer: request id, method, status and when it started."""
        if self._stream is None:
            return _discard
        names = msgspec.json.encode({"dialect": dialect, "endpoint": endpoint}).decode()[1:-1]
        lines = self._lines

        def record(request_id: str, method: str, status: int, started: float) -> None:
            if not lines:
                asyncio.get_running_loop().call_later(WRITE_AFTER_SECONDS, self.flush)
            known = method if method in _METHODS else "OTHER"
            milliseconds = (monotonic_seconds() - started) * 1000
            lines.append(
                f'"request_id":"{request_id}",{names},"method":"{known}","status":{status},"ms":{milliseconds:.3f}}}\n'
            )

        return record

    def flush(self) -> None:
        """Write what has been collected. A broken log must not break the server: what cannot be written is lost."""
        if self._stream is None or not self._lines:
            return
        head = f'{{"ts":"{self._clock.now().isoformat(timespec="milliseconds")}",'
        text = head + head.join(self._lines)
        self._lines.clear()
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            return


def _discard(request_id: str, method: str, status: int, started: float) -> None:
    """Record nothing."""
