"""The operator's word on rate limits."""

import re
from typing import Final

from vestibule.kernel.secret import Secret
from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader
from vestibule.wire import LimitSettings
from vestibule.wire.limits import Allowance

_SERVER: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_REDIS: Final = ("redis://", "rediss://", "valkey://", "unix:///")
_PREFIX: Final = re.compile(r"[!-~]{0,64}")  # what memcached takes in a key


def limit_settings(reader: Reader, *, workers: int) -> LimitSettings:
    """Return the limits; those of nhost are off unless Nhost's own switch turns them on."""
    redis_url = reader.get(own.limits.REDIS_URL)
    if redis_url and not redis_url.startswith(_REDIS):
        reader.refuse(
            own.limits.REDIS_URL.name, "is no Redis URL", "write it like redis://host:6379/0 or unix:///run/redis.sock"
        )
    amounts: dict[str, Allowance | None] = {
        f"nhost.{group}": (reader.get(burst), reader.get(interval))
        for group, (burst, interval) in nhost.limits.RATE_LIMITS.items()
    }
    if not reader.get(nhost.limits.RATE_LIMIT_ENABLE):
        amounts = dict.fromkeys(amounts)
    return LimitSettings(
        enabled=reader.get(own.limits.RATE_LIMITS),
        amounts=amounts,
        workers=workers,
        redis_url=Secret(redis_url) if redis_url else None,
        memcached=_memcached(reader),
        prefix=_prefix(reader),
    )


def _memcached(reader: Reader) -> str | None:
    servers = reader.get(nhost.limits.MEMCACHE_SERVER)
    if not servers:
        return None
    if wrong := [server for server in servers if not _SERVER.fullmatch(server)]:
        reader.refuse(nhost.limits.MEMCACHE_SERVER.name, f"names {wrong[0]!r}", "write it like cache:11211")
    if reader.is_set(own.limits.REDIS_URL):
        reader.warn(nhost.limits.MEMCACHE_SERVER.name, f"is not used, since {own.limits.REDIS_URL.name} is set")
    return ",".join(server if server.rpartition("]")[2].count(":") else f"{server}:11211" for server in servers)


def _prefix(reader: Reader) -> str:
    found = reader.get(nhost.limits.MEMCACHE_PREFIX)
    if not _PREFIX.fullmatch(found):
        reader.refuse(nhost.limits.MEMCACHE_PREFIX.name, "cannot begin a key", "use up to 64 letters, without blanks")
    return found
