"""Counts of rate limits in this process: bounded, and swept by a few at a time, as new ones come.

The memory storage of `limits` walks all its keys on each hit, which a flood of addresses turns into work without end.
"""

from collections import OrderedDict
from typing import Final

from limits.aio.storage import SlidingWindowCounterSupport, Storage

from vestibule.kernel.clock import Clock, to_micros

_MAX_KEYS: Final = 200_000
_LOOKED_AT: Final = 2  # old counts for each new one: ended ones go faster than new ones come


class LimitMemory(Storage, SlidingWindowCounterSupport):
    """A storage for the strategies of `limits`. When it is full each new count takes the place of an old one."""

    STORAGE_SCHEME: list[str] | None = None

    def __init__(self, clock: Clock, max_keys: int = _MAX_KEYS) -> None:
        super().__init__()
        self._clock = clock
        self._max_keys = max_keys
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Nothing of ours fails."""
        return ()

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add to the count, which ends `expiry` seconds after its first hit."""
        now = self._now()
        count, ends = self._counts.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + expiry
            self._make_room(now)
        self._counts[key] = (count + amount, ends)
        return count + amount

    async def get(self, key: str) -> int:
        """Return the count, 0 when there is none or it has ended."""
        count, ends = self._counts.get(key, (0, 0.0))
        return count if ends > self._now() else 0

    async def get_expiry(self, key: str) -> float:
        """Return when the count ends, in seconds since 1970."""
        return self._counts.get(key, (0, self._now()))[1]

    async def clear(self, key: str) -> None:
        """Forget one count."""
        self._counts.pop(key, None)

    async def reset(self) -> int | None:
        """Forget all counts; return how many there were."""
        size = len(self._counts)
        self._counts.clear()
        return size

    async def check(self) -> bool:
        """Return that it works."""
        return True

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count when the weighted sum of this window and the one before allows it; refused hits are not counted."""
        before, before_left, current, _ = await self.get_sliding_window(key, expiry)
        if int(before * before_left / expiry + current) + amount > limit:
            return False
        await self.incr(self._window_key(key, expiry, 0), 2 * expiry, amount)
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return count and remaining seconds of the window before this one, then of this one."""
        into = self._now() % expiry
        before = await self.get(self._window_key(key, expiry, 1))
        current = await self.get(self._window_key(key, expiry, 0))
        return before, (expiry - into) if before else 0.0, current, 2 * expiry - into

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget both windows."""
        for age in (0, 1):
            await self.clear(self._window_key(key, expiry, age))

    def _now(self) -> float:
        return to_micros(self._clock.now()) / 1_000_000

    def _window_key(self, key: str, expiry: int, age: int) -> str:
        return f"{key}/{int(self._now() // expiry) - age}"

    def _make_room(self, now: float) -> None:
        for _ in range(min(_LOOKED_AT, len(self._counts))):
            key = next(iter(self._counts))
            if self._counts[key][1] > now:
                self._counts.move_to_end(key)
            else:
                del self._counts[key]
        if len(self._counts) >= self._max_keys:
            self._counts.popitem(last=False)
