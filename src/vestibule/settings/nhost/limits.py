"""Rate limits, and where they are counted."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, duration, names, switch, text, whole

_MANY: Final = 1_000_000

RATE_LIMIT_ENABLE: Final = switch("AUTH_RATE_LIMIT_ENABLE", "Rate limits on nhost's paths.")
MEMCACHE_SERVER: Final = Variable[tuple[str, ...]](
    "AUTH_RATE_LIMIT_MEMCACHE_SERVER",
    names,
    (),
    "memcached that counts for all processes: `host:11211`. `VESTIBULE_REDIS_URL` takes precedence.",
)
MEMCACHE_PREFIX: Final = Variable("AUTH_RATE_LIMIT_MEMCACHE_PREFIX", text, "", "What the keys of counts begin with.")
EMAIL_IS_GLOBAL: Final = switch(
    "AUTH_RATE_LIMIT_EMAIL_IS_GLOBAL", "Count mail for everybody together, not per address."
)


def _burst(group: str, default: int) -> Variable[int]:
    return Variable(f"AUTH_RATE_LIMIT_{group}_BURST", whole(1, _MANY), default, "Requests per interval.")


def _interval(group: str, shown: str) -> Variable[timedelta]:
    return Variable(f"AUTH_RATE_LIMIT_{group}_INTERVAL", duration, duration(shown), "The interval.", shown=shown)


# The limit group of the dialect -> how many, how often.
RATE_LIMITS: Final[dict[str, tuple[Variable[int], Variable[timedelta]]]] = {
    "global": (_burst("GLOBAL", 100), _interval("GLOBAL", "1m")),
    "email": (_burst("EMAIL", 10), _interval("EMAIL", "1h")),
    "sms": (_burst("SMS", 10), _interval("SMS", "1h")),
    "brute-force": (_burst("BRUTE_FORCE", 10), _interval("BRUTE_FORCE", "5m")),
    "signups": (_burst("SIGNUPS", 10), _interval("SIGNUPS", "5m")),
}

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    RATE_LIMIT_ENABLE,
    MEMCACHE_SERVER,
    MEMCACHE_PREFIX,
    EMAIL_IS_GLOBAL,
    *(variable for pair in RATE_LIMITS.values() for variable in pair),
)
