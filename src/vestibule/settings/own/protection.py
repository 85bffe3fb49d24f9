"""Captchas, leaked passwords, and stolen ones that are tried at many accounts."""

from typing import Any, Final

from vestibule.protection.settings import LEAKED_PASSWORDS_URL as LEAKED_PASSWORDS
from vestibule.protection.settings import TURNSTILE_URL as TURNSTILE
from vestibule.settings.environ import Variable, url, whole

TURNSTILE_URL: Final = Variable(
    "VESTIBULE_TURNSTILE_URL", url, TURNSTILE, "Where solutions of Turnstile are checked; for tests."
)
HIBP_URL: Final = Variable(
    "VESTIBULE_HIBP_URL",
    url,
    LEAKED_PASSWORDS,
    "Where ranges of leaked passwords are asked for: a mirror of your own, say.",
)
STUFFING_FAILURES: Final = Variable(
    "VESTIBULE_STUFFING_FAILURES",
    whole(0, 1_000_000),
    60,
    "Wrong passwords in a minute, per project, from which on networks that try many accounts may be refused;"
    " 0 is never.",
)
STUFFING_PERCENT: Final = Variable(
    "VESTIBULE_STUFFING_PERCENT",
    whole(1, 100),
    80,
    "How many percent of them and of the people who came in by password they must be by then.",
)
STUFFING_ACCOUNTS: Final = Variable(
    "VESTIBULE_STUFFING_ACCOUNTS",
    whole(1, 1_000_000),
    10,
    "At how many accounts a network has failed in ten minutes to be refused then.",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    TURNSTILE_URL,
    HIBP_URL,
    STUFFING_FAILURES,
    STUFFING_PERCENT,
    STUFFING_ACCOUNTS,
)
