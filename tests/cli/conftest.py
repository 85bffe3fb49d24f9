"""Real processes: `run` for commands that end, `launch` for those that stay. Each is ended by its process id."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest

PROGRAM = (sys.executable, "-P", "-c", "import sys; from vestibule.cli import main; sys.exit(main())")
PATIENCE_SECONDS = 120.0
KEY = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Launch = Callable[..., "Server"]


def base_environment() -> dict[str, str]:
    """Nothing of the developer's own settings."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "PYTHONPYCACHEPREFIX")
    return {name: os.environ[name] for name in kept if name in os.environ}


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """Return what `condition` returns once it is true."""
    until = monotonic() + PATIENCE_SECONDS
    while monotonic() < until:
        result = condition()
        if result:
            return result
        sleep(0.02)
    raise AssertionError(f"{what} did not happen within {PATIENCE_SECONDS:.0f} s")


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid: int) -> list[int]:
    """Return the living child processes of `pid`."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in map(int, listed) if is_alive(child)]


@dataclass
class Server:
    """A running `vestibule serve`."""

    process: "subprocess.Popen[str]"
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            reader = threading.Thread(target=lines.extend, args=(stream,), daemon=True)
            reader.start()
            self._readers.append(reader)

    def end(self) -> None:
        """End it and its workers, whatever it does; they share its output, which ends with the last of them."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE_SECONDS)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()

    @property
    def url(self) -> str:
        """Where it listens, once it does."""
        return f"http://127.0.0.1:{eventually(self._port, f'the start ({self.err})')}"

    def _port(self) -> int | None:
        for line in self.err:
            if '"serving"' in line:
                port: int = json.loads(line)["port"]
                return port
            if "] serving " in line:  # AUTH_LOG_FORMAT_TEXT
                return int(dict(part.split("=") for part in line.split() if "=" in part)["port"])
        for line in self.out:
            if line.strip().startswith("nhost "):
                return int(line.rsplit(":", 1)[1].split("/")[0])
        assert self.process.poll() is None, self.err
        return None

    def get(self, path: str) -> httpx2.Response:
        """Ask the server."""
        return httpx2.get(self.url + path, timeout=PATIENCE_SECONDS)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> httpx2.Response:
        """Tell the server."""
        return httpx2.post(self.url + path, json=body, headers=headers, timeout=PATIENCE_SECONDS)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end; return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def environment(sqlite_url: str) -> dict[str, str]:
    """The settings of a server on a migrated SQLite database, with cheap hashing."""
    return base_environment() | {
        "VESTIBULE_DATABASE_URL": sqlite_url,
        "VESTIBULE_SECRET_KEYS": KEY,
        "VESTIBULE_PUBLIC_URL": "http://localhost:4000",
        "VESTIBULE_HOST": "127.0.0.1",
        "VESTIBULE_PORT": "0",
        "VESTIBULE_ARGON2_MEMORY_KIB": "8",
        "VESTIBULE_ARGON2_ITERATIONS": "1",
        "VESTIBULE_ALLOW_WEAK_HASHING": "true",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
    }


@pytest.fixture
def no_database_yet(environment: dict[str, str], tmp_path: Path) -> None:
    """The settings name a file that is not there."""
    environment["VESTIBULE_DATABASE_URL"] = f"sqlite:///{tmp_path}/new/vestibule.db"


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run a command to its end."""

    def run_command(
        *arguments: str, env: dict[str, str] | None = None, stdin: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*PROGRAM, *arguments],
            env=environment if env is None else env,
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    return run_command


@pytest.fixture
def launch(environment: dict[str, str], tmp_path: Path) -> Iterator[Launch]:
    """Start a server that ends with the test."""
    servers: list[Server] = []

    def start(*arguments: str, env: dict[str, str] | None = None, program: Sequence[str] = PROGRAM) -> Server:
        process = subprocess.Popen(
            [*program, "serve", *arguments],
            env=environment if env is None else env,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        server = Server(process)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.end()
