"""How long is kept what nobody needs for ever."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, days

KEEP_MESSAGES: Final = Variable(
    "VESTIBULE_KEEP_MESSAGES_DAYS",
    days(0, 36_500),
    timedelta(days=30),
    "How long the delivery log of sent messages is kept.",
    shown="30",
)
KEEP_UNSENT: Final = Variable(
    "VESTIBULE_KEEP_UNSENT_MESSAGES_DAYS",
    days(1, 365),
    timedelta(days=7),
    "How long a message waits for a mail server before it is given up.",
    shown="7",
)
KEEP_AUDIT: Final = Variable(
    "VESTIBULE_KEEP_AUDIT_DAYS",
    days(1, 36_500),
    timedelta(days=365),
    "How long audit entries are kept.",
    shown="365",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    KEEP_MESSAGES,
    KEEP_UNSENT,
    KEEP_AUDIT,
)
