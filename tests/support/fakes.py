"""Stand-ins for the two things a test must foresee: time and chance."""

import hashlib
from datetime import UTC, datetime, timedelta

from vestibule.kernel.clock import monotonic_seconds


class FakeClock:
    """A clock that stands still until it is told to go on. Nobody waits by it: `seconds` tells how late it would be."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = datetime.now(UTC) if start is None else start  # libraries compare a token's times with the real one
        self._skipped_seconds = 0.0

    def now(self) -> datetime:
        """Return the moment the clock shows."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Let `by` pass; return the new moment."""
        self._now += by
        return self._now

    async def wait_until(self, at_seconds: float) -> None:
        """Note the wait, and go on."""
        self._skipped_seconds += max(0.0, at_seconds - monotonic_seconds())

    def seconds(self) -> float:
        """Return what `monotonic_seconds()` would be if every wait had been waited."""
        return monotonic_seconds() + self._skipped_seconds


class SeededEntropy:
    """Bytes that look like chance and are the same in every run with the same seed."""

    def __init__(self, seed: str = "vestibule") -> None:
        self._seed = seed.encode()
        self._drawn = 0

    def bytes(self, size: int) -> bytes:
        """Return the next `size` bytes; no two draws are alike."""
        self._drawn += 1
        return hashlib.shake_256(self._seed + b"/" + str(self._drawn).encode()).digest(size)
