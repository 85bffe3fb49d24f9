"""The stores that count rate limits for several processes: Redis or Valkey, and memcached.

Both are asked within a quarter of a second. Their clients are extras that most servers do without.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from limits.aio.storage import MemcachedStorage, RedisStorage
from limits.aio.storage.memcached.memcachio import MemcachioBridge

from vestibule.wire.limit_memory import LimitMemory

PATIENCE_SECONDS: Final = 0.25
_CONNECTIONS: Final = 8


@dataclass(frozen=True, slots=True)
class Store:
    """Where counts are kept: `away` is what is raised when it cannot be reached, `name` turns a key into one for it."""

    storage: LimitMemory | RedisStorage | MemcachedStorage
    away: tuple[type[Exception], ...] = ()
    name: Callable[[str], str] = str
    close: Callable[[], Awaitable[object]] | None = None


def redis_store(url: str) -> Store:
    """Return the store in a Redis or Valkey: `redis://`, `rediss://`, `valkey://` or `unix:///` and a path."""
    from redis.asyncio import ConnectionPool  # noqa: PLC0415 - as above

    url = "redis" + url.removeprefix("valkey") if url.startswith("valkey:") else url  # one protocol, one client
    pool = ConnectionPool.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
    name = f"async+redis+{url}" if url.startswith("unix:") else f"async+{url}"  # what limits calls it
    options: dict[str, Any] = {"connection_pool": pool}  # Any: limits types its options without the pool
    storage = RedisStorage(name, implementation="redispy", key_prefix="vestibule", **options)
    known = storage.base_exceptions
    return Store(storage, (*(known if isinstance(known, tuple) else (known,)), OSError), close=pool.aclose)


def memcached_store(servers: str) -> Store:
    """Return the store in one or several memcached: `host:port`, separated by commas."""
    from memcachio.errors import MemcachedError, NoAvailableNodes  # noqa: PLC0415 - as above

    storage = MemcachedStorage(
        f"async+memcached://{servers}",
        connect_timeout=PATIENCE_SECONDS,
        read_timeout=PATIENCE_SECONDS,
        blocking_timeout=PATIENCE_SECONDS,
        max_connections=_CONNECTIONS,
    )

    async def close() -> None:
        bridge = storage.bridge
        if isinstance(bridge, MemcachioBridge):
            (await bridge.get_storage()).connection_pool.close()

    return Store(storage, (MemcachedError, NoAvailableNodes, OSError), name=_digest, close=close)


def _digest(key: str) -> str:
    """Return what memcached takes for a key: some hold blanks or are longer than its 250 bytes."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
