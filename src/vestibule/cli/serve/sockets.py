"""Listening sockets: the address is bound once, by the process that the operator started.

Workers get a socket each on that address. On a shared one, of connections that come together (a proxy filling its
pool) the worker that wakes first takes all, and the others, with their cores and hashing threads, get none.
"""

import socket

from vestibule.asgi.exits import Ending, ExitCode


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket bound to `host` and `port`. It does not listen before a worker is ready. Raises: Ending."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host.strip("[]"), port))
    except OSError as error:
        found.close()
        mend = "choose another with --port" if error.errno in {13, 98} else "choose another with --host"
        raise Ending(ExitCode.FAILED, f"cannot listen on {host} port {port}: {error.strerror}; {mend}") from error
    return found


def sibling_socket(bound: socket.socket) -> socket.socket:
    """Return another socket on the same address; the kernel deals connections out among those that listen."""
    found = socket.socket(bound.family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(bound.getsockname())
    return found
