"""Stores of limits for the tests: the programs themselves, on loopback."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from vestibule.kernel.clock import monotonic_seconds

# The stores count by the machine's clock, in windows that begin when they like: none ends while a test looks.
LONG: Final[Mapping[str, tuple[int, timedelta]]] = {"tiny.sliding": (2, timedelta(days=14))}
_TRIES: Final = 5
_LIMIT_SECONDS: Final = 60.0


@contextmanager
def on_a_free_port(command: Callable[[int], Sequence[str]]) -> Iterator[int]:
    """Run a server until the block ends; somebody else may take a port that was free a moment ago, so there are tries.

    Raises: AssertionError when it never answers.
    """
    for _ in range(_TRIES):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port: int = taken.getsockname()[1]
        with subprocess.Popen(command(port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            try:
                if _answers(server, port):
                    yield port
                    return
            finally:
                server.terminate()
    raise AssertionError(command(0)[0])


@contextmanager
def deaf_port() -> Iterator[int]:
    """Hold a port where nobody listens: a connection there is refused."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _answers(server: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until it listens; False when it has ended instead."""
    until = monotonic_seconds() + _LIMIT_SECONDS
    while monotonic_seconds() < until:
        with socket.socket() as probe:
            is_open = probe.connect_ex(("127.0.0.1", port)) == 0
        if server.poll() is not None:
            return False
        if is_open:
            return True
        time.sleep(0.01)
    return False
