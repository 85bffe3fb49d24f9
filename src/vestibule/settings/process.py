"""What the supervisor must know before any worker exists: where to listen, how many workers. Light to import."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from vestibule.settings import dotenv, files, nhost, own
from vestibule.settings.environ import Layer, Reader, SettingsError

DEV: Final = "--dev"  # the layer of what it assumes
DEV_DATABASE: Final = f"sqlite:///{files.DEV_FOLDER}/vestibule.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """What the command line says; None where it says nothing."""

    dev: bool = False
    dev_expose: bool = False
    strict: bool | None = None
    migrate: bool | None = None
    host: str | None = None
    port: int | None = None
    workers: int | None = None
    config_file: str | None = None
    env_file: str | None = None

    def values(self) -> dict[str, str]:
        """Return the flags that stand for variables, as those would be written."""
        given = asdict(self)
        names = {own.PREFIX + name.upper(): given[name] for name in ("strict", "migrate", "host", "port", "workers")}
        return {name: str(value).lower() for name, value in names.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen and with how many processes."""

    host: str
    port: int
    workers: int
    shutdown_grace: timedelta
    log_as_text: bool = False


def environment() -> Mapping[str, str]:
    """Return the environment of this process: the one place where it is read."""
    return dict(os.environ)


def reader_of(environ: Mapping[str, str], flags: Flags) -> Reader:
    """Return the layers of settings, the strongest first. Raises: SettingsError for an unreadable file."""
    named = flags.config_file or environ.get(own.files.CONFIG.name, "").strip()
    path = Path(named) if named else None
    layers = [
        Layer("the command line", flags.values()),
        Layer("the environment", environ),
        *([Layer(flags.env_file, dotenv.values_in(Path(flags.env_file)))] if flags.env_file else []),
        Layer(str(path or files.DEFAULT_FILE), files.values_in(path)),
    ]
    if flags.dev:
        layers.append(Layer(DEV, _DEV_VALUES))
    return Reader(layers)


_DEV_PORTS: Final = (3000, 4200, 5173, 8080)  # where the usual tools serve a front end
_DEV_VALUES: Final = {
    own.serving.HOST.name: "127.0.0.1",
    own.database.DATABASE_URL.name: DEV_DATABASE,
    own.serving.DIALECTS.name: "nhost,sublay,accountmaker",
    own.serving.ALLOWED_ORIGINS.name: ",".join(f"http://localhost:{port}" for port in _DEV_PORTS),
    own.limits.RATE_LIMITS.name: "false",
    own.database.MIGRATE.name: "true",
    own.serving.WORKERS.name: "1",
    nhost.users.VERIFIED_REQUIRED.name: "false",
    nhost.server.CLIENT_URL.name: "http://localhost:3000",
    **dict.fromkeys(
        (
            variable.name
            for variable in (
                nhost.ways_in.ANONYMOUS_ENABLED,
                nhost.ways_in.LINKS_ENABLED,
                nhost.ways_in.EMAIL_CODES_ENABLED,
                nhost.ways_in.TEXT_CODES_ENABLED,
                nhost.ways_in.MFA_ENABLED,
                nhost.ways_in.WEBAUTHN_ENABLED,
            )
        ),
        "true",
    ),
    nhost.ways_in.WEBAUTHN_ORIGINS.name: ",".join(f"http://localhost:{port}" for port in _DEV_PORTS),
}


def listening(reader: Reader, flags: Flags) -> Listening:
    """Read where to listen; problems are noted in `reader`."""
    host = reader.get(own.serving.HOST)
    if flags.dev and not flags.dev_expose and not is_loopback(host):
        reader.refuse(
            own.serving.HOST.name, f"is {host}, and --dev stays on this machine", "add --dev-expose to let others in"
        )
    workers = reader.get(own.serving.WORKERS) or (1 if is_sqlite(reader) else cores())
    port = reader.get(reader.first(own.serving.PORT, nhost.server.PORT))
    return Listening(
        host=host,
        port=port,
        workers=workers,
        shutdown_grace=reader.get(own.serving.SHUTDOWN),
        log_as_text=reader.get(nhost.server.LOG_TEXT),
    )


def listening_of(environ: Mapping[str, str], flags: Flags) -> Listening:
    """Return where to listen. Raises: SettingsError."""
    reader = reader_of(environ, flags)
    found = listening(reader, flags)
    if reader.problems:
        raise SettingsError(reader.problems)
    return found


def is_sqlite(reader: Reader) -> bool:
    """Tell whether the database is a SQLite file."""
    chosen = reader.first(own.database.DATABASE_URL, nhost.server.POSTGRES, nhost.server.HASURA_DATABASE)
    return (reader.get(chosen) or "").startswith("sqlite:")


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine only."""
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
