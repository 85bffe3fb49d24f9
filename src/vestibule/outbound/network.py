"""The connections beneath the client: to the very addresses that were judged, so that a name cannot turn meanwhile.

httpx2's engine, httpcore2, is used directly: there a connection is ours to make, while TLS and the Host header keep
the name. It knows no cookies, no redirects, no environment and no `.netrc`: nothing of that has to be turned off.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Final, TypeAlias
from urllib.parse import unquote, urlsplit

import httpcore2

from vestibule.kernel.secret import Secret
from vestibule.outbound.reach import Address, Reach

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[Address]]]
_SocketOption: TypeAlias = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_MOST_ADDRESSES: Final = 4  # of one name, tried in turn
_MOST_CONNECTIONS: Final = 32
_IDLE_CONNECTIONS: Final = 8
_IDLE_SECONDS: Final = 15.0


async def system_resolve(host: str, port: int) -> Sequence[Address]:
    """Ask the system. Raises: OSError, UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(place[0]) for *_, place in found]


class JudgedNetwork(httpcore2.AsyncNetworkBackend):
    """Opens connections: looks the name up once, has all its addresses judged, and connects to one of those."""

    def __init__(self, reach: Reach, resolve: Resolve, *, is_plain: bool) -> None:
        self._reach = reach
        self._resolve = resolve
        self._is_plain = is_plain
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore2
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect. Raises: Refused, httpcore2.ConnectError, httpcore2.ConnectTimeout."""
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError("the name cannot be resolved") from error
        self._reach.require_addresses(host, addresses, is_plain=self._is_plain)
        failure: Exception = httpcore2.ConnectError("the name has no address")
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                return await self._plain.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure


def direct_pool(
    reach: Reach, resolve: Resolve, trust: ssl.SSLContext, *, is_plain: bool
) -> httpcore2.AsyncConnectionPool:
    """Return the connections of one scheme; plain ones go to listed addresses only."""
    return httpcore2.AsyncConnectionPool(
        ssl_context=trust,
        max_connections=_MOST_CONNECTIONS,
        max_keepalive_connections=_IDLE_CONNECTIONS,
        keepalive_expiry=_IDLE_SECONDS,
        network_backend=JudgedNetwork(reach, resolve, is_plain=is_plain),
    )


def proxied_pool(proxy: Secret, trust: ssl.SSLContext) -> httpcore2.AsyncConnectionPool:
    """Return the connections through a proxy, which looks names up."""
    parts = urlsplit(proxy.reveal())
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    auth = None if parts.username is None else (unquote(parts.username), unquote(parts.password or ""))
    return httpcore2.AsyncConnectionPool(
        ssl_context=trust,
        proxy=httpcore2.Proxy(bare, auth=auth, ssl_context=trust if parts.scheme == "https" else None),
        max_connections=_MOST_CONNECTIONS,
        max_keepalive_connections=_IDLE_CONNECTIONS,
        keepalive_expiry=_IDLE_SECONDS,
    )
