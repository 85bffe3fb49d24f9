"""Who may come in, and what new users are like."""

from typing import Any, Final

from vestibule.delivery.locales import LOCALES
from vestibule.settings.environ import Variable, names, one_of, switch, text, whole

DISABLE_SIGNUP: Final = switch("AUTH_DISABLE_SIGNUP", "Nobody can sign up.")
DISABLE_NEW_USERS: Final = switch("AUTH_DISABLE_NEW_USERS", "New users are disabled until enabled.")
DISABLE_AUTO_SIGNUP: Final = switch(
    "AUTH_DISABLE_AUTO_SIGNUP", "Signing in with a link or code registers nobody; only `/signup/*` does."
)
DEFAULT_ROLE: Final = Variable("AUTH_USER_DEFAULT_ROLE", text, "user", "Default role of new users.")
ALLOWED_ROLES: Final = Variable[tuple[str, ...]](
    "AUTH_USER_DEFAULT_ALLOWED_ROLES", names, ("me",), "Roles of new users; the default role is added."
)
DEFAULT_LOCALE: Final = Variable("AUTH_LOCALE_DEFAULT", text, "en", "Locale of users who name none that is allowed.")
ALLOWED_LOCALES: Final = Variable[tuple[str, ...]](
    "AUTH_LOCALE_ALLOWED_LOCALES",
    names,
    ("en",),
    f"Allowed locales; the default one is added. Our letters are there in `{','.join(LOCALES)}`.",
)
VERIFIED_REQUIRED: Final = switch(
    "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED",
    "Only verified addresses may sign in. With `--dev` false.",
    default=True,
)
PASSWORD_MIN_LENGTH: Final = Variable(
    "AUTH_PASSWORD_MIN_LENGTH", whole(0, 128), 3, "Shortest new password. Below 3 it counts as 3."
)
GRAVATAR_ENABLED: Final = switch("AUTH_GRAVATAR_ENABLED", "Give new users a Gravatar URL.", default=True)
GRAVATAR_DEFAULT: Final = Variable(
    "AUTH_GRAVATAR_DEFAULT",
    one_of("blank", "identicon", "monsterid", "wavatar", "retro", "robohash", "mp", "404"),
    "blank",
    "Gravatar for addresses without one.",
)
GRAVATAR_RATING: Final = Variable("AUTH_GRAVATAR_RATING", one_of("g", "pg", "r", "x"), "g", "Highest Gravatar rating.")
ALLOWED_EMAILS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS", names, (), "Addresses that may come in."
)
ALLOWED_DOMAINS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS", names, (), "Domains that may come in."
)
BLOCKED_EMAILS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", names, (), "Addresses that may not."
)
BLOCKED_DOMAINS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS", names, (), "Domains that may not."
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    DISABLE_SIGNUP,
    DISABLE_NEW_USERS,
    DISABLE_AUTO_SIGNUP,
    DEFAULT_ROLE,
    ALLOWED_ROLES,
    DEFAULT_LOCALE,
    ALLOWED_LOCALES,
    VERIFIED_REQUIRED,
    PASSWORD_MIN_LENGTH,
    GRAVATAR_ENABLED,
    GRAVATAR_DEFAULT,
    GRAVATAR_RATING,
    ALLOWED_EMAILS,
    ALLOWED_DOMAINS,
    BLOCKED_EMAILS,
    BLOCKED_DOMAINS,
)
