"""Which addresses are public, in every dress they come in (security 101)."""

from ipaddress import ip_address

import pytest

from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundSettings, Refused
from vestibule.outbound.reach import Reach, is_public


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_addresses_of_the_open_network_are_public(address: str) -> None:
    """Also those that carry a public IPv4 address (RFC 6052, RFC 3056)."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",  # noqa: S104 - nobody binds it
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "224.0.0.1",
        "233.252.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "2001::1",
        "2001:0:808:808::f7f7:f7f7",
        "3fff::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "::808:808",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::",
        "4000::1",
    ],
)
def test_everything_else_is_not(address: str) -> None:
    """Loopback, private, link-local, metadata, multicast, reserved; and IPv4 dressed up as IPv6."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "134744072",
        "1.2.3.4.5",
        "provider.example.0x1",
        "%31%32%37.0.0.1",
        "-x.example",
        "a..b",
        "",
        "x" * 300,
    ],
)
def test_a_host_that_is_neither_name_nor_address_is_refused(host: str) -> None:
    """Resolvers read decimal, octal and hexadecimal numbers as addresses; nobody else writes them."""
    with pytest.raises(Refused):
        Reach().require_host(host, is_plain=False, is_resolved_elsewhere=False)
    with pytest.raises(Refused):
        Reach(["0.0.0.0/0"]).require_host(host, is_plain=False, is_resolved_elsewhere=True)


def test_one_private_answer_among_public_ones_spoils_them() -> None:
    """The next answer of that name server could hold it alone."""
    with pytest.raises(Refused, match="not a public host"):
        Reach().require_addresses("x.example", [ip_address("8.8.8.8"), ip_address("10.0.0.1")], is_plain=False)


def test_what_an_operator_lists_may_be_called() -> None:
    """A network, an address, or a name whatever it resolves to; nothing beside."""
    reach = Reach(["10.0.0.0/8", "fd00::1", "Hooks.Internal."])
    for host, address in (("x.example", "10.9.9.9"), ("x.example", "fd00::1"), ("hooks.internal", "192.168.0.1")):
        reach.require_addresses(host, [ip_address(address)], is_plain=True)
    for host, address in (
        ("x.example", "fd00::2"),
        ("evil.hooks.internal", "192.168.0.1"),
        ("x.example", "::ffff:10.0.0.1"),
    ):
        with pytest.raises(Refused):
            reach.require_addresses(host, [ip_address(address)], is_plain=False)


def test_only_listed_hosts_are_called_without_tls() -> None:
    """In the clear, anybody between reads the credentials."""
    with pytest.raises(Refused, match="without TLS"):
        Reach().require_addresses("x.example", [ip_address("8.8.8.8")], is_plain=True)


@pytest.mark.parametrize("host", ["localhost", "metadata", "x.localhost", "127.0.0.1", "[::1]", "::1"])
def test_what_is_surely_inside_is_not_asked_of_a_proxy(host: str) -> None:
    """It resolves names where it stands; what can be seen without that is refused here."""
    with pytest.raises(Refused):
        Reach().require_host(host, is_plain=False, is_resolved_elsewhere=True)
    Reach().require_host("api.provider.example", is_plain=False, is_resolved_elsewhere=True)
    with pytest.raises(Refused, match="without TLS"):
        Reach().require_host("api.provider.example", is_plain=True, is_resolved_elsewhere=True)
    Reach(["metadata"]).require_host("metadata", is_plain=True, is_resolved_elsewhere=True)


@pytest.mark.parametrize(
    "entry", ["10.0.0.1/8", "http://hooks.internal", "hooks.internal:80", "127.1", "*.internal", ""]
)
def test_an_entry_that_means_nothing_stops_the_start(entry: str) -> None:
    """It would otherwise allow something else than was meant."""
    with pytest.raises(ValueError, match="no network, address or host name"):
        OutboundSettings(allow=(entry,))


@pytest.mark.parametrize("proxy", ["proxy:3128", "socks5://proxy:1080", "http://proxy:3128/path", "http://"])
def test_a_proxy_is_an_http_url(proxy: str) -> None:
    """Said at start, and without the password that may stand in it."""
    with pytest.raises(ValueError, match=r"http://proxy\.example:3128"):
        OutboundSettings(proxy=Secret(proxy))
