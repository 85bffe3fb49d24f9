"""The server that is asked for custom claims."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, duration, names, one_of, text

CLAIMS_WEBHOOK_URL: Final = Variable[str | None](
    "VESTIBULE_CLAIMS_WEBHOOK_URL", text, None, "A server of yours that is asked for the custom claims of each token."
)
CLAIMS_WEBHOOK_SECRET: Final = Variable[tuple[str, ...]](
    "VESTIBULE_CLAIMS_WEBHOOK_SECRET",
    names,
    (),
    "Signs what it is asked: `whsec_` and base64; several may be listed, each signs.",
    secret=True,
)
CLAIMS_WEBHOOK_TIMEOUT: Final = Variable(
    "VESTIBULE_CLAIMS_WEBHOOK_TIMEOUT", duration, timedelta(seconds=2), "How long its answer may take.", shown="2s"
)
CLAIMS_ON_FAILURE: Final = Variable(
    "VESTIBULE_CLAIMS_ON_FAILURE",
    one_of("refuse", "omit"),
    "refuse",
    "Where custom claims cannot be had: refuse the token, or make it without any as Nhost Auth does.",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    CLAIMS_WEBHOOK_URL,
    CLAIMS_WEBHOOK_SECRET,
    CLAIMS_WEBHOOK_TIMEOUT,
    CLAIMS_ON_FAILURE,
)
