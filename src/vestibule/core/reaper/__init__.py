"""Removes what has expired, in small batches. Nothing relies on it: expiry is always in the predicates."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from vestibule.core.outbox import Outbox
from vestibule.core.reaper import store
from vestibule.kernel.clock import Clock
from vestibule.storage import Database, Statement

__all__ = ["MOST_AT_ONCE", "Reaper", "Retention"]

_BATCH: Final = 500
_MOST_BATCHES: Final = 20
MOST_AT_ONCE: Final = _BATCH * _MOST_BATCHES  # rows of one table in one sweep


@dataclass(frozen=True, slots=True)
class Retention:
    """How long finished messages and audit entries are kept, and how long a message may wait to be sent.

    `expired` is a margin for late clocks.
    """

    messages: timedelta = timedelta(days=30)
    unsent_messages: timedelta = timedelta(days=7)
    audit: timedelta = timedelta(days=365)
    expired: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reaper:
    """Sweeps a bounded number of rows at a time, so that it never stands in anybody's way."""

    db: Database
    outbox: Outbox
    clock: Clock
    retention: Retention = Retention()

    async def sweep(self) -> dict[str, int]:
        """Remove expired rows and return how many, by table; where it is `MOST_AT_ONCE`, more may be left."""
        now = self.clock.now()
        expired = now - self.retention.expired
        return {
            "sessions": await self._batches(store.SESSIONS, expired),
            "imported_tokens": await self._batches(store.IMPORTED_TOKENS, expired),
            "access_tokens": await self._batches(store.ACCESS_TOKENS, expired),
            "tickets": await self._batches(store.TICKETS, expired),
            "attempts": await self._batches(store.ATTEMPTS, expired),
            "signing_keys": await self._batches(store.SIGNING_KEYS, expired),
            "messages": await self._messages(now),
            "audit": await self._batches(store.AUDIT, now - self.retention.audit),
        }

    async def _messages(self, now: datetime) -> int:
        # A letter whose link has long expired helps nobody; its body goes, the delivery log keeps that it was there.
        await self.outbox.expire(self.db, created_before=now - self.retention.unsent_messages, limit=_BATCH)
        before = now - self.retention.messages
        return await _repeated(partial(self.outbox.delete_finished, self.db, finished_before=before, limit=_BATCH))

    async def _batches(self, statement: Statement[None], before: datetime) -> int:
        return await _repeated(partial(self.db.run, statement, before=before, batch=_BATCH))


async def _repeated(remove: Callable[[], Awaitable[int]]) -> int:
    total = 0
    for _ in range(_MOST_BATCHES):
        removed = await remove()
        total += removed
        if removed < _BATCH:
            break
    return total
