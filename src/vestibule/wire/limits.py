"""Rate limits: declared on endpoints, counted in memory, Redis or memcached, before authentication and decoding.

When the store is away requests pass: a limiter must not take the whole entrance down with it.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter

from vestibule.kernel.clock import Clock, monotonic_seconds, to_micros
from vestibule.kernel.errors import TooManyRequests
from vestibule.kernel.meters import Meter, Meters
from vestibule.kernel.secret import Secret
from vestibule.wire.call import Call
from vestibule.wire.limit_memory import LimitMemory
from vestibule.wire.limit_stores import Store, memcached_store, redis_store

Strategy = Literal["fixed", "sliding"]
Allowance = tuple[int, timedelta]
KeyFunction = Callable[..., Awaitable[str | None] | str | None]

_PAUSE_SECONDS: Final = 1.0  # how long to leave a failing store alone
_WARN_EVERY_SECONDS: Final = 60.0
STORE_FAILURES: Final = Meter(
    "vestibule_limit_store_failures",
    "Times that the store of rate limits did not answer and was left alone for a second",
    "store",
    ("redis", "memcached"),
)

_TOGETHER: Final = 10  # callers behind an unlisted proxy may use up so many times a limit, whoever they claim to be

_log = structlog.get_logger("vestibule.wire")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` requests per `window` for each key; endpoints with one `group` share the count.

    `key` is `address` (IPv4 address, IPv6 /64) or a function, injected like a handler, that returns the key, or None
    for a call that is not limited. `by_network` says that the key is the network of `Call.limit_network`: behind an
    unlisted proxy all of them together are bounded as well. A key that names something else bounds itself.
    """

    group: str
    amount: int
    window: timedelta
    key: Literal["address"] | KeyFunction = "address"
    strategy: Strategy = "fixed"
    by_network: bool = True


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """The operator's word on limits. `amounts` maps `dialect.group` to another allowance, or to None for no limit.

    Without `redis_url` and `memcached` (`host:port`, several with commas) each of `workers` counts its share in memory.
    `prefix` begins every key.
    """

    enabled: bool = True
    amounts: Mapping[str, Allowance | None] = field(default_factory=dict)
    workers: int = 1
    redis_url: Secret | None = None
    memcached: str | None = None
    prefix: str = ""

    @property
    def is_shared(self) -> bool:
        """Whether all processes count together."""
        return self.redis_url is not None or self.memcached is not None


def address_key(call: Call) -> str:
    """Return the network that the caller is taken to own."""
    return call.limit_network


class Limiter:
    """Counts for all endpoints of one process, or of all processes when they share a Redis."""

    def __init__(self, settings: LimitSettings, clock: Clock, meters: Meters) -> None:
        self._meters = meters
        self._settings = settings
        self._clock = clock
        self._store = _store(settings, clock)
        if settings.is_shared:
            meters.declare(STORE_FAILURES)
        self._strategies = {
            "fixed": FixedWindowRateLimiter(self._store.storage),
            "sliding": SlidingWindowCounterRateLimiter(self._store.storage),
        }
        self._paused_until = 0.0
        self._warned_at = -math.inf

    def window(self, dialect: str, limit: Limit) -> "Window | None":
        """Return the counter for `limit`, with the operator's amount; None when it is switched off."""
        name = f"{dialect}.{limit.group}"
        allowance = self._settings.amounts.get(name, (limit.amount, limit.window))
        if not self._settings.enabled or allowance is None:
            return None
        amount, window = allowance
        seconds = max(1, int(window.total_seconds()))
        if not self._settings.is_shared:
            amount //= self._settings.workers
        item = RateLimitItemPerSecond(max(1, amount), seconds, namespace=self._settings.prefix + name)
        together = RateLimitItemPerSecond(
            max(1, amount) * _TOGETHER, seconds, namespace=f"{self._settings.prefix}{name}.together"
        )
        refusals = Meter("vestibule_limit_refusals", "Requests over a rate limit", "group", (name,))
        self._meters.declare(refusals)
        return Window(self, item, limit.strategy, together if limit.by_network else None, refusals)

    def refused(self, refusals: Meter) -> None:
        """Count a request that was one too many."""
        self._meters.count(refusals, refusals.values[0])

    async def close(self) -> None:
        """Let go of the store."""
        if self._store.close is not None:
            await self._store.close()

    async def hit(self, item: RateLimitItemPerSecond, strategy: Strategy, key: str) -> bool:
        """Count one request; False when it is one too many."""
        return await self._strategies[strategy].hit(item, self._store.name(key))

    async def standing(self, item: RateLimitItemPerSecond, strategy: Strategy, key: str) -> tuple[int, float]:
        """Return how many requests remain and in how many seconds more are granted."""
        name, seconds = item.key_for(self._store.name(key)), item.get_expiry()
        storage = self._store.storage
        if strategy == "fixed":
            used = await storage.get(name)
            ends = await storage.get_expiry(name)
            left = ends - to_micros(self._clock.now()) / 1_000_000
            return max(0, item.amount - used), min(max(0.0, left), seconds)
        before, before_left, now, now_left = await storage.get_sliding_window(name, seconds)
        remaining = max(0, item.amount - math.floor(before * before_left / seconds + now))
        soonest = [before_left % (seconds / before)] if before else []
        soonest += [now_left % seconds] if now else []
        return remaining, min(soonest, default=0.0)

    @property
    def is_paused(self) -> bool:
        """Whether the store failed a moment ago."""
        return monotonic_seconds() < self._paused_until

    @property
    def away(self) -> tuple[type[Exception], ...]:
        """What the store raises when it cannot be reached."""
        return self._store.away

    def pause(self, error: Exception) -> None:
        """Leave the store alone for a moment, and say so at most once a minute."""
        now = monotonic_seconds()
        self._paused_until = now + _PAUSE_SECONDS
        self._meters.count(STORE_FAILURES, "memcached" if self._settings.redis_url is None else "redis")
        if now - self._warned_at >= _WARN_EVERY_SECONDS:
            self._warned_at = now
            _log.warning("limits.store_unavailable", error=type(error).__name__, effect="requests are not limited")


def _store(settings: LimitSettings, clock: Clock) -> Store:
    if settings.redis_url is not None:
        return redis_store(settings.redis_url.reveal())
    if settings.memcached is not None:
        return memcached_store(settings.memcached)
    return Store(LimitMemory(clock))


class Window:
    """One limit as the operator wants it, ready to count."""

    def __init__(
        self,
        limiter: Limiter,
        item: RateLimitItemPerSecond,
        strategy: Strategy,
        together: RateLimitItemPerSecond | None,
        refusals: Meter,
    ) -> None:
        self._limiter = limiter
        self.item = item
        self._strategy = strategy
        self._together = together
        self._refusals = refusals

    async def charge(self, scope: str, key: str, call: Call, clock: Clock, *, tell: bool) -> None:
        """Count the call under `key` in `scope`; with `tell` the answer carries X-RateLimit headers.

        Behind an unlisted proxy all its callers are counted together as well where the key is their network: what it
        says of that may be made up.

        Raises: TooManyRequests.
        """
        if self._together is not None and call.claimed_network is not None:
            await self._count(self._together, scope + call.client_network, call, clock, tell=False)
        await self._count(self.item, scope + key, call, clock, tell=tell)

    async def _count(self, item: RateLimitItemPerSecond, key: str, call: Call, clock: Clock, *, tell: bool) -> None:
        limiter = self._limiter
        if limiter.is_paused:
            return
        try:
            granted = await limiter.hit(item, self._strategy, key)
            if granted and not tell:
                return
            remaining, seconds = await limiter.standing(item, self._strategy, key)
        except limiter.away as error:
            limiter.pause(error)
            return
        if tell:
            resets_at = math.ceil(to_micros(clock.now()) / 1_000_000 + seconds)
            call.response_headers += [
                ("x-ratelimit-limit", str(item.amount)),
                ("x-ratelimit-remaining", str(remaining)),
                ("x-ratelimit-reset", str(resets_at)),
            ]
        if not granted:
            limiter.refused(self._refusals)
            raise TooManyRequests(timedelta(seconds=max(1.0, seconds)))


Charge = Callable[[Call], Awaitable[None]]


def limit_step(
    window: Window,
    key: Callable[[Call], Awaitable[object]],
    scope: Callable[[Call], str] | None,
    clock: Clock,
    *,
    tell: bool,
) -> Charge:
    """Return the step that charges one limit; a key of None is not limited."""

    async def charge(call: Call) -> None:
        name = await key(call)
        if isinstance(name, str):
            await window.charge("" if scope is None else f"{scope(call)}/", name, call, clock, tell=tell)

    return charge
