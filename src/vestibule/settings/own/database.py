"""The database, and how it is reached."""

from typing import Any, Final

from vestibule.settings.environ import Variable, switch, text, whole

DATABASE_URL: Final = Variable[str | None](
    "VESTIBULE_DATABASE_URL",
    text,
    None,
    "`sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://user:password@host/name`.",
    shown="`POSTGRES_CONNECTION`, else `HASURA_GRAPHQL_DATABASE_URL`; with `--dev` sqlite:///var/vestibule.db",
    secret=True,
)
POOL_SIZE: Final = Variable("VESTIBULE_POOL_SIZE", whole(1, 1000), 10, "Connections to PostgreSQL, per worker.")
PGBOUNCER: Final = switch(
    "VESTIBULE_PGBOUNCER", "The database is behind PgBouncer in transaction mode: no prepared statements."
)
MIGRATE: Final = switch(
    "VESTIBULE_MIGRATE", "Bring the schema up to date before serving; also `--migrate`, implied by `--dev`."
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    DATABASE_URL,
    POOL_SIZE,
    PGBOUNCER,
    MIGRATE,
)
