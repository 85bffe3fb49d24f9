"""The operator's word on rate limits."""

from vestibule.kernel.secret import Secret
from vestibule.settings import nhost_names as nhost
from vestibule.settings import own
from vestibule.settings.environ import Reader
from vestibule.wire import LimitSettings
from vestibule.wire.limits import Allowance


def limit_settings(reader: Reader, *, workers: int) -> LimitSettings:
    """Return the limits; those of nhost are off unless Nhost's own switch turns them on."""
    redis_url = reader.get(own.REDIS_URL)
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        reader.refuse(own.REDIS_URL.name, "is no Redis URL", "write it like redis://host:6379/0")
    amounts: dict[str, Allowance | None] = {
        f"nhost.{group}": (reader.get(burst), reader.get(interval))
        for group, (burst, interval) in nhost.RATE_LIMITS.items()
    }
    if not reader.get(nhost.RATE_LIMIT_ENABLE):
        amounts = dict.fromkeys(amounts)
    return LimitSettings(
        enabled=reader.get(own.RATE_LIMITS),
        amounts=amounts,
        workers=workers,
        redis_url=Secret(redis_url) if redis_url else None,
    )
