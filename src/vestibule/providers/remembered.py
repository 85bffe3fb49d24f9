"""A document of somebody else's that seldom changes: a key set, a discovery document."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, Generic, TypeVar

from vestibule.kernel.clock import monotonic_seconds
from vestibule.outbound import OutboundFailed, Unreachable

T = TypeVar("T")

_FRESH: Final = timedelta(hours=1).total_seconds()
_GOOD: Final = timedelta(hours=24).total_seconds()
_PAUSE: Final = timedelta(seconds=30).total_seconds()


class Remembered(Generic[T]):
    """Fetches when somebody needs the document, one task for all who wait, and at most twice a minute (security 125).

    A server that is away costs one task its deadline; the others fail at once, or use what was fetched within the
    last day. `fetch` raises OutboundFailed. `now` counts seconds that never run backwards.
    """

    def __init__(self, fetch: Callable[[], Awaitable[T]], now: Callable[[], float] = monotonic_seconds) -> None:
        self._fetch = fetch
        self._now = now
        self._fetching = asyncio.Lock()
        self._document: T | None = None
        self._fetched_at = 0.0
        self._asked_at: float | None = None

    async def get(self) -> T:
        """Return the document. Raises: OutboundFailed."""
        return await self._within(_FRESH)

    async def newer(self) -> T:
        """Return the document, fetched anew if that was not done a moment ago. Raises: OutboundFailed."""
        return await self._within(_PAUSE)

    async def _within(self, life_seconds: float) -> T:
        if (known := self._known(life_seconds)) is not None:
            return known
        async with self._fetching:
            # Whoever waited here finds what the one before has fetched, or that it failed.
            if self._asked_at is None or self._now() >= self._asked_at + _PAUSE:
                self._asked_at = self._now()
                try:
                    self._document = await self._fetch()
                    self._fetched_at = self._now()
                except OutboundFailed:
                    if self._known(_GOOD) is None:
                        raise
                except BaseException:  # whoever fetched was given up: that says nothing about the server
                    self._asked_at = None
                    raise
            if (known := self._known(_GOOD)) is None:
                raise Unreachable("it did not answer a moment ago")
            return known

    def _known(self, life_seconds: float) -> T | None:
        return self._document if self._now() < self._fetched_at + life_seconds else None
