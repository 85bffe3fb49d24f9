"""Ports that are still nobody's when they are used, however much time has passed since they were picked."""

import socket
from contextlib import ExitStack, suppress

_kept: list[socket.socket] = []  # until the process ends: a port that was let go may be somebody else's a moment later


def reserved_port() -> int:
    """Return a port of 127.0.0.1 that refuses connections until somebody listens there.

    The kernel gives it to nobody who asks for any port. Whoever names it and sets SO_REUSEADDR, as servers do, gets it.
    """
    kept = _bound(0)
    _kept.append(kept)
    port: int = kept.getsockname()[1]
    return port


def reserved_ports(count: int) -> int:
    """Return the first of `count` such ports in a row."""
    for first in range(20_000, 60_000, 7):
        with ExitStack() as stack, suppress(OSError):
            row = [stack.enter_context(_bound(port)) for port in range(first, first + count)]
            stack.pop_all()
            _kept.extend(row)
            return first
    raise AssertionError


def _bound(port: int) -> socket.socket:
    found = socket.socket()
    try:
        found.bind(("127.0.0.1", port))
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # only now: it must not share what somebody has
    except OSError:
        found.close()
        raise
    return found
