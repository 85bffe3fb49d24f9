"""Root keys and signing keys."""

from typing import Any, Final

from vestibule.settings.environ import Variable, names, one_of

SECRET_KEYS: Final = Variable[tuple[str, ...]](
    "VESTIBULE_SECRET_KEYS",
    names,
    (),
    "Root keys, the current one first; at least 16 characters each, better 64 hexadecimal digits. Keep them apart"
    " from backups of the database.",
    shown="`AUTH_ENCRYPTION_KEY`, else derived from `HASURA_GRAPHQL_JWT_SECRET`",
    secret=True,
)
SIGNING_ALGORITHM: Final = Variable(
    "VESTIBULE_SIGNING_ALGORITHM",
    one_of("RS256", "ES256", "EdDSA"),
    "RS256",
    "Algorithm of new signing keys that are kept in the database.",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    SECRET_KEYS,
    SIGNING_ALGORITHM,
)
