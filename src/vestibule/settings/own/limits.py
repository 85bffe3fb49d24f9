"""How much strangers may cause, and where it is counted."""

from typing import Any, Final

from vestibule.settings.environ import Variable, countries, switch, text, whole

RATE_LIMITS: Final = switch(
    "VESTIBULE_RATE_LIMITS",
    "Apply rate limits at all. Those of nhost follow `AUTH_RATE_LIMIT_ENABLE`. With `--dev` off.",
    default=True,
)
REDIS_URL: Final = Variable[str | None](
    "VESTIBULE_REDIS_URL",
    text,
    None,
    "Redis or Valkey that counts for all processes: `redis://host:6379/0`, `rediss://`, `valkey://` or"
    " `unix:///run/redis.sock`. Without it, or a memcached, each counts in memory.",
    secret=True,
)
MAIL_PER_HOUR: Final = Variable(
    "VESTIBULE_MAIL_PER_HOUR",
    whole(1, 10_000_000),
    2_000,
    "Letters that strangers may cause in an hour, per project (sign-ups, resets); to one address it is 6 in any case.",
)
SMS_PER_HOUR: Final = Variable(
    "VESTIBULE_SMS_PER_HOUR",
    whole(1, 10_000_000),
    500,
    "Text messages that strangers may cause in an hour, per project; to one number it is 5 in any case.",
)
SMS_COUNTRIES: Final = Variable[tuple[str, ...]](
    "VESTIBULE_SMS_COUNTRIES",
    countries,
    (),
    "Countries whose numbers get text messages, like `DE,AT,CH`. Without it all do.",
)
ANONYMOUS_PER_HOUR: Final = Variable(
    "VESTIBULE_ANONYMOUS_USERS_PER_HOUR",
    whole(1, 10_000_000),
    1_000,
    "Anonymous users that one network may make in an hour, per project.",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    RATE_LIMITS,
    REDIS_URL,
    MAIL_PER_HOUR,
    SMS_PER_HOUR,
    SMS_COUNTRIES,
    ANONYMOUS_PER_HOUR,
)
