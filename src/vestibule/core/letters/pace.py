"""How long an answer takes that must not tell whether somebody was mailed (security 82)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from vestibule.kernel.clock import monotonic_seconds

# A letter costs a transaction, nobody's address costs none: 7 against 1 ms on PostgreSQL. Both are answered this late.
ANSWER_AFTER_SECONDS: Final = 0.1


@asynccontextmanager
async def even_pace() -> AsyncIterator[None]:
    """Let the block take `ANSWER_AFTER_SECONDS`, whatever it did; a refusal leaves at once, it tells more than time."""
    answer_at_seconds = monotonic_seconds() + ANSWER_AFTER_SECONDS
    yield
    await asyncio.sleep(answer_at_seconds - monotonic_seconds())
