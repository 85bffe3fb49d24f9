"""Leaves a server alone for a while that did not answer several times in a row: nobody waits for what will not come."""

import asyncio
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from vestibule.kernel.clock import monotonic_seconds
from vestibule.outbound.reply import Garbled, OutboundFailed, Refused, TooLarge, Unreachable

_FAILURES: Final = 5
_PAUSE: Final = timedelta(seconds=30)


class Breaker:
    """Wraps calls to one server: `async with breaker: await outbound.get(...)`. Each process has its own.

    After `failures` calls in a row without an answer the next ones fail at once, for `pause`; then one call may try.
    """

    def __init__(self, failures: int = _FAILURES, pause: timedelta = _PAUSE) -> None:
        self._most = failures
        self._pause_seconds = pause.total_seconds()
        self._failures = 0
        self._closed_until_seconds = 0.0

    async def __aenter__(self) -> Self:
        """Raises: Unreachable while the server is left alone."""
        now = monotonic_seconds()
        if self._failures >= self._most:
            if now < self._closed_until_seconds:
                raise Unreachable("it did not answer lately and is left alone for a moment")
            self._closed_until_seconds = now + self._pause_seconds  # the others wait for what this one finds
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Note how the call ended; an answer of whatever status, length or shape is a sign of life."""
        if isinstance(error, asyncio.CancelledError | Refused):
            return
        if isinstance(error, OutboundFailed) and not isinstance(error, TooLarge | Garbled):
            self._failures += 1
            self._closed_until_seconds = monotonic_seconds() + self._pause_seconds
        else:
            self._failures = 0
