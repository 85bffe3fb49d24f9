"""Which addresses may be called. Pure: names have been resolved by somebody else.

Security: what is public is listed, everything else is refused. A list of what is private would forget something: the
metadata service of some cloud, a new special range, an IPv4 address dressed up as IPv6.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from vestibule.outbound.reply import Refused

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291 section 2.4: the only part of IPv6 that is given out
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052 section 2.1: carries an IPv4 address in its last 32 bits
_LAST_32_BITS: Final = 2**32 - 1
# Special by the registries of RFC 6890, and taken for public by some of the Python versions that we run on.
_SPECIAL: Final = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20")))
# Public by its number, and yet the inside of a cloud: the host agent that every machine there can ask.
_CLOUD_AGENTS: Final = frozenset({IPv4Address("168.63.129.16")})

_NAME: Final = re.compile(r"(?=.{1,253}\.?$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?")
# WHATWG URL, "ends in a number": resolvers read 2130706433, 0177.1 and 0x7f.0.0.1 as addresses.
_NUMERIC: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")


def is_public(address: Address) -> bool:
    """Tell whether `address` belongs to somebody on the open network."""
    if any(address in network for network in _SPECIAL):
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and address not in _CLOUD_AGENTS
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & _LAST_32_BITS))
    if address.sixtofour is not None and not is_public(address.sixtofour):
        return False
    return address in _UNICAST and address.is_global


def literal(host: str) -> Address | None:
    """Return the address that `host` is; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


class Reach:
    """Decides by what an operator lists: networks, addresses and host names. Raises: ValueError for anything else."""

    def __init__(self, allow: Sequence[str] = ()) -> None:
        self._networks: list[Network] = []
        self._hosts: set[str] = set()
        for entry in allow:
            self._add(entry.strip().lower())

    def require_host(self, host: str, *, is_plain: bool, is_resolved_elsewhere: bool) -> None:
        """Judge the host before anybody asks for its address.

        `is_plain` means no TLS, `is_resolved_elsewhere` that a proxy will look the name up.

        Raises: Refused.
        """
        address = literal(host)
        if address is not None:
            self.require_addresses(host, [address], is_plain=is_plain)
        elif _NUMERIC.fullmatch(host) or not _NAME.fullmatch(host):
            raise Refused(f"{host[:253]!r} is no host name")
        elif is_resolved_elsewhere and not self._lists(host):
            if is_plain:
                raise Refused(f"{host} would be called without TLS")
            if "." not in host.rstrip(".") or host.rstrip(".").endswith(".localhost"):
                raise Refused(f"{host} is not a public host")

    def require_addresses(self, host: str, addresses: Sequence[Address], *, is_plain: bool) -> None:
        """Judge what `host` turned out to be. One bad address spoils all of them: the next answer could hold it alone.

        Raises: Refused.
        """
        if self._lists(host):
            return
        for address in addresses:
            if any(address in network for network in self._networks):
                continue
            if is_plain:
                raise Refused(f"{host} would be called without TLS")
            if not is_public(address):
                raise Refused(f"{host} is not a public host")

    def _lists(self, host: str) -> bool:
        return host.rstrip(".") in self._hosts

    def _add(self, entry: str) -> None:
        try:
            self._networks.append(ip_network(entry))
        except ValueError as error:
            if "/" in entry or _NUMERIC.fullmatch(entry) or not _NAME.fullmatch(entry):
                raise ValueError(f"{entry!r} is no network, address or host name") from error
            self._hosts.add(entry.rstrip("."))
