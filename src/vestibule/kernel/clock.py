"""The only place that reads the wall clock, so that tests can stop it (design: time is passed in)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)


class Clock(Protocol):
    """Gives the present moment as an aware UTC datetime, and lets time pass."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC, with microseconds."""
        ...

    async def wait_until(self, at_seconds: float) -> None:
        """Return once `monotonic_seconds()` has come to `at_seconds`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC, with microseconds."""
        return datetime.now(UTC)

    async def wait_until(self, at_seconds: float) -> None:
        """Return once `monotonic_seconds()` has come to `at_seconds`."""
        await asyncio.sleep(at_seconds - monotonic_seconds())


def monotonic_seconds() -> float:
    """Return seconds that never run backwards: for measuring durations, never for expiry."""
    return time.monotonic()


def to_micros(moment: datetime) -> int:
    """Return whole microseconds since 1970 UTC, exact (a float would lose the last digit)."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC moment that lies `micros` microseconds after 1970."""
    return EPOCH + timedelta(microseconds=micros)


def to_seconds(moment: datetime) -> int:
    """Return whole seconds since 1970 UTC, rounded down (JWT NumericDate, RFC 7519 section 2)."""
    return (moment - EPOCH) // _SECOND
