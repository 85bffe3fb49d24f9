"""The listening socket: bound once, by the process that the operator started."""

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
