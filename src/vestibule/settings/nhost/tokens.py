"""Keys, lives of tokens, custom claims."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, seconds, text

_YEARS: Final = 10 * 365 * 86_400

ENCRYPTION_KEY: Final = Variable[str | None](
    "AUTH_ENCRYPTION_KEY",
    text,
    None,
    "Root key, 64 hexadecimal digits, if `VESTIBULE_SECRET_KEYS` is unset.",
    secret=True,
)
JWT_SECRET: Final = Variable[str | None](
    "HASURA_GRAPHQL_JWT_SECRET",
    text,
    None,
    "JSON with type, key, signing_key, kid, issuer, claims_namespace: signs nhost's access tokens.",
    shown="a key kept in the database",
    secret=True,
)
ACCESS_LIFE: Final = Variable(
    "AUTH_ACCESS_TOKEN_EXPIRES_IN",
    seconds(1, _YEARS),
    timedelta(minutes=15),
    "Seconds. Whoever only verifies a token takes it that long, so above a day it is warned about.",
    shown="900",
)
REFRESH_LIFE: Final = Variable(
    "AUTH_REFRESH_TOKEN_EXPIRES_IN", seconds(60, _YEARS), timedelta(days=30), "Seconds.", shown="2592000"
)
CUSTOM_CLAIMS: Final = Variable[str | None](
    "AUTH_JWT_CUSTOM_CLAIMS", text, None, "JSON object of claims in access tokens and their paths in the user."
)
CUSTOM_CLAIMS_DEFAULTS: Final = Variable[str | None](
    "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS", text, None, "JSON object of claims and what stands in for missing values."
)
GRAPHQL_URL: Final = Variable[str | None](
    "HASURA_GRAPHQL_GRAPHQL_URL", text, None, "Where custom claims are read.", shown="the user at hand"
)
ADMIN_SECRET: Final = Variable[str | None](
    "HASURA_GRAPHQL_ADMIN_SECRET", text, None, "Lets this server read custom claims there.", secret=True
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    ENCRYPTION_KEY,
    JWT_SECRET,
    ACCESS_LIFE,
    REFRESH_LIFE,
    CUSTOM_CLAIMS,
    CUSTOM_CLAIMS_DEFAULTS,
    GRAPHQL_URL,
    ADMIN_SECRET,
)
