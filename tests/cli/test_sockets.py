import contextlib
import socket

import pytest

from vestibule.asgi.exits import Ending
from vestibule.cli.serve.sockets import bound_socket, sibling_socket


def test_workers_share_connections_that_come_together() -> None:
    """A proxy that fills its pool at once does not find one worker only."""
    with contextlib.ExitStack() as stack:
        reserved = stack.enter_context(bound_socket("127.0.0.1", 0))
        workers = [stack.enter_context(sibling_socket(reserved)) for _ in range(2)]
        for worker in workers:
            worker.listen(128)
            worker.settimeout(0)
        for _ in range(64):
            stack.enter_context(socket.create_connection(reserved.getsockname()))
        assert all(_accepted(worker) > 10 for worker in workers)


def test_a_second_server_cannot_take_part_by_accident() -> None:
    """That workers share an address does not hide that it is taken."""
    with contextlib.ExitStack() as stack:
        reserved = stack.enter_context(bound_socket("127.0.0.1", 0))
        worker = stack.enter_context(sibling_socket(reserved))
        worker.listen()
        with pytest.raises(Ending, match="cannot listen"):
            bound_socket(*reserved.getsockname())


def test_the_address_stays_reserved_while_no_worker_listens() -> None:
    """A worker that is replaced finds its address again, even with connections of the old one still closing."""
    with bound_socket("127.0.0.1", 0) as reserved:
        with sibling_socket(reserved) as first:
            first.listen()
            caller = socket.create_connection(reserved.getsockname())
            first.accept()[0].close()
        caller.close()
        with sibling_socket(reserved) as second:
            second.listen()
            socket.create_connection(reserved.getsockname()).close()


def _accepted(listening: socket.socket) -> int:
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count
