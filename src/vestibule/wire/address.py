"""Who is calling, by network address: the peer, unless the peer is a proxy that we were told to trust.

X-Forwarded-For is read from the right, since only what a trusted proxy appended can be believed (security 102). What an
unlisted peer in a private network says in it is believed for one thing only: to keep its callers apart in rate limits.
"""

import functools
import ipaddress
from collections.abc import Sequence
from typing import Final

import structlog

UNKNOWN: Final = "unknown"
_UNIX_SOCKET: Final = "unix"
_MAX_HOPS: Final = 32
_IPV6_PREFIX: Final = 64  # one customer's smallest share; the rest is theirs to rotate (security 103)

# Where a proxy of the operator's own stands: RFC 1918, loopback, link-local, RFC 6598, RFC 4193.
_PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"),
        *("::1/128", "fe80::/10", "fc00::/7"),
    )
)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_log = structlog.get_logger("vestibule.wire")


def _parse(text: str) -> _Address | None:
    """Return the address in canonical form; None when the text is none. IPv4-mapped IPv6 becomes IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # IPv4 with a port; some proxies write it
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@functools.lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the network that one caller is taken to own: the IPv4 address itself, of IPv6 the /64."""
    parsed = _parse(address)
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))


class TrustedProxies:
    """The networks whose X-Forwarded-For is believed; `unix` stands for a peer on a Unix socket.

    Raises: ValueError for a text that is neither a network nor `unix`.
    """

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._unix = _UNIX_SOCKET in networks
        self._networks = tuple(ipaddress.ip_network(text) for text in networks if text != _UNIX_SOCKET)
        self._warned = False
        self._peer = functools.lru_cache(maxsize=1024)(self._judge)

    def client(self, peer: str | None, forwarded_for: str | None) -> str:
        """Return the caller's canonical address, `unknown` when there is none.

        `forwarded_for` is the joined X-Forwarded-For header, or None.
        """
        address, trusted = self._peer(peer)
        if forwarded_for is None:
            return address
        if not trusted:
            self._warn_of_unlisted_proxy(address)
            return address
        for hop in reversed(forwarded_for.split(",")[-_MAX_HOPS:]):
            parsed = _parse(hop)
            if parsed is None:
                break  # what stands left of garbage cannot be believed
            address = str(parsed)
            if not self._trusts(parsed):
                break
        return address

    def claimed(self, peer: str | None, forwarded_for: str | None) -> str | None:
        """Return the network that an unlisted private peer says it forwards for (security 104).

        None for everybody else. It may be made up: whoever counts by it bounds the peer as well.
        """
        if forwarded_for is None:
            return None
        address, trusted = self._peer(peer)
        if trusted or not _is_private(address):
            return None
        parsed = _parse(forwarded_for.rpartition(",")[2])
        return None if parsed is None else network_of(str(parsed))

    def _judge(self, peer: str | None) -> tuple[str, bool]:
        if not peer:
            return UNKNOWN, self._unix
        parsed = _parse(peer)
        return (UNKNOWN, False) if parsed is None else (str(parsed), self._trusts(parsed))

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._networks)

    def _warn_of_unlisted_proxy(self, address: str) -> None:
        """Say once that a proxy seems to stand before us, whose word we cannot take (security 104)."""
        if self._warned or not _is_private(address):
            return
        self._warned = True
        _log.warning(
            "proxy.not_trusted",
            effect="all callers behind it count as one network, and share ten times a rate limit",
            mend="set VESTIBULE_TRUSTED_PROXIES to the proxy's network, or to unix for one on a Unix socket",
        )


def _is_private(address: str) -> bool:
    """Tell whether a peer is next to us: in a private network, or without an address on a Unix socket."""
    return address == UNKNOWN or any(ipaddress.ip_address(address) in network for network in _PRIVATE)
