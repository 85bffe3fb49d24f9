"""Stand-ins for the two things a test must foresee: time and chance."""

import hashlib
from datetime import UTC, datetime, timedelta


class FakeClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = datetime.now(UTC) if start is None else start  # libraries compare a token's times with the real one

    def now(self) -> datetime:
        """Return the moment the clock shows."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Let `by` pass; return the new moment."""
        self._now += by
        return self._now


class SeededEntropy:
    """Bytes that look like chance and are the same in every run with the same seed."""

    def __init__(self, seed: str = "vestibule") -> None:
        self._seed = seed.encode()
        self._drawn = 0

    def bytes(self, size: int) -> bytes:
        """Return the next `size` bytes; no two draws are alike."""
        self._drawn += 1
        return hashlib.shake_256(self._seed + b"/" + str(self._drawn).encode()).digest(size)
