"""Programs that are measured: started here, watched, and ended by their process id however the bench ends."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PYTHON: Final = ROOT / ".venv" / "bin" / "python"

_POLITE_SECONDS: Final = 15.0
_PATIENCE_SECONDS: Final = 60.0
_LISTENS: Final = "0A"  # in /proc/net/tcp
_POLL_SECONDS: Final = 0.005
_LAST_LINES: Final = 30


class BenchError(Exception):
    """The bench cannot go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """A running program in a process group of its own; `log` is its output."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    started: float

    def last_words(self) -> str:
        """Return the end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LAST_LINES:])


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """Run `command` from the root of the repository as long as the block lasts.

    The variables of `environment` are added to those that programs need anyway; no setting of the caller's leaks in.
    """
    with log.open("ab") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env=_environment(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches the bench, which ends what it started in order
        )
    try:
        yield Program(Path(command[0]).name, process, log, started)
    finally:
        _end(process)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    needed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**needed, "PYTHONPATH": str(ROOT), **more}


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLITE_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # whatever it left behind in its own group
    process.wait()


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_answer(program: Program, port: int, path: str) -> float:
    """Return how many seconds after its start the program answered 200 at `path`. Raises: BenchError."""

    def answers() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return _wait(program, answers)


def wait_for_listeners(program: Program, port: int, count: int) -> None:
    """Wait until so many processes listen, each on a socket of its own. Raises: BenchError."""
    _wait(program, lambda: _listeners(port) >= count)


def _listeners(port: int) -> int:
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return sum(int(address.rpartition(":")[2], 16) == port and state == _LISTENS for _, address, _, state, *_ in rows)


def _wait(program: Program, is_there: Callable[[], bool]) -> float:
    while time.monotonic() - program.started < _PATIENCE_SECONDS:
        if is_there():
            return time.monotonic() - program.started
        if program.process.poll() is not None:
            raise BenchError(f"{program.name} ended before it answered:\n{program.last_words()}")
        time.sleep(_POLL_SECONDS)
    raise BenchError(f"{program.name} does not answer:\n{program.last_words()}")


@dataclass(frozen=True, slots=True, order=True)
class Memory:
    """Memory of one process in MiB: its share of what several map together, and all it maps."""

    pss_mib: float
    rss_mib: float


def memory_of(process_id: int) -> Memory:
    """Return the memory of one process."""
    sizes = {"Pss": 0.0, "Rss": 0.0}
    for line in Path(f"/proc/{process_id}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in sizes:
            sizes[name] = int(rest.split()[0]) / 1024
    return Memory(sizes["Pss"], sizes["Rss"])


def largest_below(process_id: int) -> Memory:
    """Return the memory of the largest process among `process_id` and its descendants: a worker."""
    return max(memory_of(one) for one in (process_id, *_descendants(process_id)))


def _descendants(process_id: int) -> list[int]:
    children = Path(f"/proc/{process_id}/task/{process_id}/children")
    try:
        direct = [int(child) for child in children.read_text().split()]
    except FileNotFoundError:
        return []
    return [*direct, *(below for child in direct for below in _descendants(child))]
