"""What database URLs mean: one place, shared by the server and the migrations."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

# libpq and Go's pgx take these in a URL; they speak about the client, and asyncpg would send them to the server.
_FOREIGN_OPTIONS: Final = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "pool_health_check_period",
        "pool_max_conn_idle_time",
        "pool_max_conn_lifetime",
        "pool_max_conn_lifetime_jitter",
        "pool_max_conns",
        "pool_min_conns",
        "tcp_user_timeout",
    }
)


@dataclass(frozen=True, slots=True)
class SqliteLocation:
    """A SQLite file; `mode` is rw or ro (SQLite's own URI parameter)."""

    path: Path
    mode: str = "rw"

    @property
    def uri(self) -> str:
        """The file as SQLite's URI: never created on the way, that is what migrations do."""
        return f"file:{quote(str(self.path.absolute()))}?mode={self.mode}"


def sqlite_location(url: str) -> SqliteLocation:
    """Read `sqlite:///relative/path` or `sqlite:////absolute/path`, with an optional `?mode=ro`.

    Raises: ValueError.
    """
    rest, _, query = url.removeprefix("sqlite://").partition("?")
    path = unquote(rest.removeprefix("/"))
    options = dict(parse_qsl(query, keep_blank_values=True))
    mode = options.pop("mode", "rw")
    if not url.startswith("sqlite:///") or path in {"", ":memory:"}:
        raise ValueError("a SQLite URL names a file: sqlite:///relative/path or sqlite:////absolute/path")
    if options or mode not in {"rw", "ro"}:
        raise ValueError("a SQLite URL takes no other option than mode=rw or mode=ro")
    return SqliteLocation(Path(path), mode)


def postgres_dsn(url: str) -> str:
    """Return `url` as asyncpg takes it: options that only another client understands are left out."""
    parts = urlsplit(url)
    options = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in _FOREIGN_OPTIONS
    ]
    return urlunsplit(parts._replace(query=urlencode(options, quote_via=quote)))
