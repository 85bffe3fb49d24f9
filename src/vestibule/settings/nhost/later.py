"""Variables of Nhost Auth for its OAuth 2 provider, which this version does not have: checked, and without effect."""

from collections.abc import Callable
from typing import Any, Final

from vestibule.settings.environ import Variable, duration, flag, seconds, text, whole

_DAY: Final = 86_400


def _later(name: str, parse: Callable[[str], Any], about: str) -> Variable[Any]:  # Any: variables of every type
    return Variable[Any](name, parse, None, about, used=False)


PROVIDER_ENABLED: Final = _later("AUTH_OAUTH2_PROVIDER_ENABLED", flag, "Be an OAuth 2 and OpenID Connect provider.")

ALL: Final = (
    PROVIDER_ENABLED,
    _later("AUTH_OAUTH2_PROVIDER_LOGIN_URL", text, "Page on which users agree."),
    _later("AUTH_OAUTH2_PROVIDER_ACCESS_TOKEN_TTL", seconds(1, _DAY), "Seconds that its access tokens live."),
    _later("AUTH_OAUTH2_PROVIDER_REFRESH_TOKEN_TTL", seconds(1, 3650 * _DAY), "Seconds that its refresh tokens live."),
    _later("AUTH_OAUTH2_PROVIDER_CIMD_ENABLED", flag, "Take clients that describe themselves at their own URL."),
    _later("AUTH_OAUTH2_PROVIDER_CIMD_ALLOW_INSECURE_TRANSPORT", flag, "Fetch such descriptions without TLS."),
    _later("AUTH_RATE_LIMIT_OAUTH2_SERVER_BURST", whole(1, 1_000_000), "Requests per interval at its token endpoint."),
    _later("AUTH_RATE_LIMIT_OAUTH2_SERVER_INTERVAL", duration, "The interval."),
)
