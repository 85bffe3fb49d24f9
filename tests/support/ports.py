"""Ports that are still nobody's when they are used, however much time has passed since they were picked."""

import socket

_kept: list[socket.socket] = []  # until the process ends: a port that was let go may be somebody else's a moment later


def reserved_port() -> int:
    """Return a port of 127.0.0.1 that refuses connections until somebody listens there.

    The kernel gives it to nobody who asks for any port. Whoever names it and sets SO_REUSEADDR, as servers do, gets it.
    """
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _kept.append(kept)
    port: int = kept.getsockname()[1]
    return port
