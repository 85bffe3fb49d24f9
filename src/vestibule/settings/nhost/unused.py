"""Names of Nhost Auth without effect here. A security switch among them is refused when it is turned on."""

from collections.abc import Callable
from typing import Final

from vestibule.settings.environ import Problem, Reader
from vestibule.settings.nhost import later

UNUSED: Final = frozenset({"AUTH_ENABLE_CHANGE_ENV"})

# Names that earlier releases of Nhost Auth read, which old environment files still have -> what to know instead.
RETIRED: Final = {
    "AUTH_HOST": "VESTIBULE_HOST names the address to listen on",
    "AUTH_LOG_LEVEL": "AUTH_DEBUG=true logs more",
    "AUTH_SHOW_LOG_QUERY_PARAMS": "queries are never logged",
    "AUTH_TEMPLATE_FETCH_URL": "AUTH_EMAIL_TEMPLATES_PATH names a folder of templates",
    "AUTH_EMAIL_TEMPLATE_FETCH_URL": "AUTH_EMAIL_TEMPLATES_PATH names a folder of templates",
    "AUTH_SMS_TEST_PHONE_NUMBERS": "AUTH_SMS_PROVIDER=dev shows texts instead of sending them, with --dev",
    "AUTH_SIGNIN_PHONE_NUMBER_VERIFIED_REQUIRED": "whoever signs in by a number proves it",
    "AUTH_USER_ALLOWED_ROLES": "AUTH_USER_DEFAULT_ALLOWED_ROLES lists them",
    "AUTH_USER_SESSION_VARIABLE_FIELDS": "AUTH_JWT_CUSTOM_CLAIMS puts them into tokens",
    "AUTH_SKIP_INIT": "migrations run when asked for",
    "AUTH_SKIP_SERVE": "`vestibule migrate` does not serve",
}


def why_retired(name: str) -> str:
    """Return what to know about a name that Nhost Auth reads no longer."""
    return f"no longer read by Nhost Auth; {RETIRED[name]}"


def _is_on(value: str) -> bool:
    return value.strip().lower() not in {"false", "0", "f"}


# Serving without them would be less safe than the operator believes.
SWITCHES: Final[dict[str, tuple[Callable[[str], bool], str, str]]] = {
    "AUTH_ENABLE_CHANGE_ENV": (_is_on, "would let every caller change the settings", "unset it"),
    "AUTH_OAUTH2_PROVIDER_CIMD_ALLOW_INSECURE_TRANSPORT": (
        _is_on,
        "would believe what anybody on the way says about a client",
        "unset it",
    ),
}

# The beginning of a name -> why it has no effect; the first that fits.
_REASONS: Final = (
    ("AUTH_ENABLE_CHANGE_ENV", "settings are never changed by a request"),
    ("AUTH_OAUTH2_", "this version is no OAuth 2 provider"),
    ("AUTH_RATE_LIMIT_OAUTH2_", "this version is no OAuth 2 provider"),
    ("", "not built yet"),
)


def why_unused(name: str) -> str:
    """Return why a name that is known has no effect."""
    return next(reason for beginning, reason in _REASONS if name.startswith(beginning))


def unsafe_switches(reader: Reader) -> list[Problem]:
    """Return a problem for each switch that is on and cannot be kept."""
    problems = []
    for name, (is_on, wrong, mend) in SWITCHES.items():
        written = reader.written(name)
        if written is not None and is_on(written):
            problems.append(Problem(name, wrong, mend))
    return problems


def tell_missing(reader: Reader) -> None:
    """Note what is switched on and not there, so that nobody learns it from the users."""
    if reader.get(later.PROVIDER_ENABLED):
        reader.adjust(
            later.PROVIDER_ENABLED.name,
            "is on, and this version is no OAuth 2 provider",
            "/oauth2/* and its discovery documents answer 404",
        )


def turned_on(reader: Reader) -> list[str]:
    """Return the names that are set here and mean nothing yet."""
    unbuilt = {variable.name for variable in later.ALL if not variable.used}
    return sorted(name for name in UNUSED | unbuilt if reader.written(name) is not None)
