"""Names of Nhost Auth that mean nothing here yet. A security switch among them is refused when it is turned on."""

from collections.abc import Callable
from typing import Final

from vestibule.settings.environ import Problem, Reader

_PLAIN: Final = """
AUTH_DEBUG AUTH_LOG_FORMAT_TEXT AUTH_ENABLE_CHANGE_ENV
AUTH_PASSWORD_HIBP_ENABLED
AUTH_RATE_LIMIT_MEMCACHE_SERVER AUTH_RATE_LIMIT_MEMCACHE_PREFIX
AUTH_RATE_LIMIT_OAUTH2_SERVER_BURST AUTH_RATE_LIMIT_OAUTH2_SERVER_INTERVAL AUTH_TURNSTILE_SECRET
AUTH_OAUTH2_PROVIDER_ENABLED AUTH_OAUTH2_PROVIDER_LOGIN_URL AUTH_OAUTH2_PROVIDER_ACCESS_TOKEN_TTL
AUTH_OAUTH2_PROVIDER_REFRESH_TOKEN_TTL AUTH_OAUTH2_PROVIDER_CIMD_ENABLED
AUTH_OAUTH2_PROVIDER_CIMD_ALLOW_INSECURE_TRANSPORT
"""

UNUSED: Final = frozenset(_PLAIN.split())


def _is_on(value: str) -> bool:
    return value.strip().lower() not in {"false", "0", "f"}


def _is_set(_value: str) -> bool:
    return True


_NOT_BUILT: Final = "asks for a protection that this version does not have"

# Serving without them would be less safe than the operator believes.
SWITCHES: Final[dict[str, tuple[Callable[[str], bool], str, str]]] = {
    "AUTH_TURNSTILE_SECRET": (_is_set, _NOT_BUILT, "unset it, or check Turnstile in front of this server"),
    "AUTH_PASSWORD_HIBP_ENABLED": (_is_on, _NOT_BUILT, "set it to false"),
    "AUTH_RATE_LIMIT_MEMCACHE_SERVER": (_is_set, "names a memcached, which is not used", "set VESTIBULE_REDIS_URL"),
    "AUTH_ENABLE_CHANGE_ENV": (_is_on, "would let every caller change the settings", "unset it"),
}


def unsafe_switches(reader: Reader) -> list[Problem]:
    """Return a problem for each switch that is on and cannot be kept."""
    problems = []
    for name, (is_on, wrong, mend) in SWITCHES.items():
        written = reader.written(name)
        if written is not None and is_on(written):
            problems.append(Problem(name, wrong, mend))
    return problems


def turned_on(reader: Reader) -> list[str]:
    """Return the names that are set here and mean nothing yet."""
    return sorted(name for name in UNUSED if reader.written(name) is not None)
