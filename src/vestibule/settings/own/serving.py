"""Where this server listens, who may call it, what it writes of that."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, names, seconds, switch, text, url, whole

HOST: Final = Variable(
    "VESTIBULE_HOST",
    text,
    "0.0.0.0",  # noqa: S104 - in a container the only useful one; --dev binds 127.0.0.1
    "Address to listen on; also `--host`. With `--dev` 127.0.0.1.",
)
PORT: Final = Variable("VESTIBULE_PORT", whole(0, 65535), 4000, "Port to listen on; also `--port`. 0 takes a free one.")
WORKERS: Final = Variable[int | None](
    "VESTIBULE_WORKERS",
    whole(1, 256),
    None,
    "Worker processes; also `--workers`.",
    shown="1 on SQLite and with `--dev`, one per core on PostgreSQL",
)
SHUTDOWN: Final = Variable(
    "VESTIBULE_SHUTDOWN_SECONDS",
    seconds(0, 3600),
    timedelta(seconds=30),
    "How long running requests may take to finish after SIGTERM.",
    shown="30",
)
PUBLIC_URL: Final = Variable[str | None](
    "VESTIBULE_PUBLIC_URL",
    url,
    None,
    "How browsers and mails reach this server, without a path. All links are built from it.",
    shown="scheme and host of `AUTH_SERVER_URL`",
)
ALLOW_HTTP: Final = switch(
    "VESTIBULE_ALLOW_HTTP", "Accept public URLs that are not https, on hosts other than localhost."
)
TRUSTED_PROXIES: Final = Variable[tuple[str, ...]](
    "VESTIBULE_TRUSTED_PROXIES",
    names,
    (),
    "Networks (`10.0.0.0/8`), or `unix`, whose X-Forwarded-For is believed. Without it the peer is the caller.",
)
METRICS_PORT: Final = Variable[int | None](
    "VESTIBULE_METRICS_PORT",
    whole(1, 65535),
    None,
    "Port for Prometheus, `/metrics`: each worker takes the first free one from there on. Without it there is none.",
)
METRICS_HOST: Final = Variable(
    "VESTIBULE_METRICS_HOST", text, "127.0.0.1", "Address that Prometheus reaches them at; they ask for no credentials."
)
DIALECTS: Final = Variable[tuple[str, ...]](
    "VESTIBULE_DIALECTS",
    names,
    ("nhost",),
    "What the default project speaks: nhost, sublay, accountmaker. With `--dev` all three.",
)
PROJECT_NAME: Final = Variable[str | None](
    "VESTIBULE_PROJECT_NAME",
    text,
    None,
    "What mails call the default project.",
    shown="the host of `AUTH_CLIENT_URL`, or Vestibule where that is a developer's",
)
ALLOWED_ORIGINS: Final = Variable[tuple[str, ...]](
    "VESTIBULE_ALLOWED_ORIGINS",
    names,
    (),
    "Browser origins that may call with credentials (sublay). With `--dev` the usual localhost ports.",
)
ACCESS_LOG: Final = switch("VESTIBULE_ACCESS_LOG", "Write one line per request to standard output.", default=True)
ECHO_REQUEST_ID: Final = switch("VESTIBULE_ECHO_REQUEST_ID", "Take over a well-formed X-Request-ID of the caller.")

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    HOST,
    PORT,
    WORKERS,
    SHUTDOWN,
    PUBLIC_URL,
    ALLOW_HTTP,
    TRUSTED_PROXIES,
    METRICS_PORT,
    METRICS_HOST,
    DIALECTS,
    PROJECT_NAME,
    ALLOWED_ORIGINS,
    ACCESS_LOG,
    ECHO_REQUEST_ID,
)
