"""The server, its database, and what it tells."""

from typing import Any, Final

from vestibule.settings.environ import Variable, names, switch, text, url, whole

API_PREFIX: Final = Variable("AUTH_API_PREFIX", text, "", "Prefix of all nhost paths, besides `/v1` and none.")
PORT: Final = Variable("AUTH_PORT", whole(0, 65535), 4000, "Port to listen on.")
SERVER_URL: Final = Variable[str | None](
    "AUTH_SERVER_URL", url, None, "Public base URL with the prefix; links in mails are built from it."
)
CLIENT_URL: Final = Variable("AUTH_CLIENT_URL", url, "", "Default redirect target, and the first of the allowed ones.")
REDIRECT_URLS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS", names, (), "Further redirect targets; `*` and `**` match."
)
CONCEAL_ERRORS: Final = switch("AUTH_CONCEAL_ERRORS", "Answer telling errors as a plain invalid request.")
DEBUG: Final = switch("AUTH_DEBUG", "Log also why requests were refused, and what libraries tell of their work.")
LOG_TEXT: Final = switch("AUTH_LOG_FORMAT_TEXT", "Write the logs as text for people instead of JSON.")
POSTGRES: Final = Variable[str | None](
    "POSTGRES_CONNECTION", text, None, "The database.", shown="`HASURA_GRAPHQL_DATABASE_URL`", secret=True
)
HASURA_DATABASE: Final = Variable[str | None](
    "HASURA_GRAPHQL_DATABASE_URL", text, None, "The database, if the former is unset.", secret=True
)
POSTGRES_MIGRATIONS: Final = Variable[str | None](
    "POSTGRES_MIGRATIONS_CONNECTION", text, None, "The database as migrations reach it.", shown="the same", secret=True
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    API_PREFIX,
    PORT,
    SERVER_URL,
    CLIENT_URL,
    REDIRECT_URLS,
    CONCEAL_ERRORS,
    DEBUG,
    LOG_TEXT,
    POSTGRES,
    HASURA_DATABASE,
    POSTGRES_MIGRATIONS,
)
