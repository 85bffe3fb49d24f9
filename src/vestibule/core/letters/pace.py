"""How long an answer takes that must not tell whether somebody was mailed (security 82)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from vestibule.kernel.clock import Clock, monotonic_seconds

# A letter costs a transaction, nobody's address costs none: 7 against 1 ms on PostgreSQL. Both are answered this late.
ANSWER_AFTER_SECONDS: Final = 0.1


@asynccontextmanager
async def even_pace(clock: Clock, seconds: float = ANSWER_AFTER_SECONDS) -> AsyncIterator[None]:
    """Let the block take `seconds`, whatever it did; a refusal leaves at once, it tells more than time."""
    answer_at_seconds = monotonic_seconds() + seconds
    yield
    await clock.wait_until(answer_at_seconds)
