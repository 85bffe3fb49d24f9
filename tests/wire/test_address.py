import pytest
from structlog.testing import capture_logs

from tests.wire.conftest import MakeApp, ask
from vestibule.wire import LimitSettings, WireSettings
from vestibule.wire.address import TrustedProxies, network_of
from vestibule.wire.app import App

PROXIES = ("10.0.0.0/8", "fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "1.1.1.1", "203.0.113.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.2.3.4", "1.1.1.1"),
        ("10.0.0.1", "10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("10.0.0.1", "1.1.1.1, garbage, 10.2.3.4", "10.2.3.4"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1:5555", "1.1.1.1"),
        ("10.0.0.1", "[2001:db8::1]:5555", "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0:0::0001", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:1.1.1.1", "1.1.1.1"),
        ("fd00::1", "1.1.1.1", "1.1.1.1"),
        ("fe80::1%eth0", None, "fe80::1"),
        (None, "1.1.1.1", "unknown"),
        ("", "1.1.1.1", "unknown"),
        ("not an address", None, "unknown"),
    ],
)
def test_forwarded_addresses_count_only_from_trusted_proxies(
    peer: str | None, forwarded: str | None, expected: str
) -> None:
    """The right end of X-Forwarded-For is believed as far as trusted hands wrote it (security 102, 103)."""
    assert TrustedProxies(PROXIES).client(peer, forwarded) == expected


def test_a_unix_socket_peer_can_be_trusted_by_name() -> None:
    """A proxy on the same machine may come without an address."""
    assert TrustedProxies(("unix",)).client(None, "1.1.1.1") == "1.1.1.1"


def test_a_network_that_is_none_is_a_start_up_error() -> None:
    """A typing error in the list must not silently trust nobody, or everybody."""
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/33"):
        TrustedProxies(("10.0.0.0/33",))


def test_a_long_chain_is_cut() -> None:
    """A header full of addresses costs little and ends at a hop near us."""
    chain = ",".join(["6.6.6.6"] * 10_000 + ["10.0.0.2"] * 40)
    assert TrustedProxies(PROXIES).client("10.0.0.1", chain) == "10.0.0.2"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0db8:0001:0002::9", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_one_caller_owns_an_ipv6_64(address: str, network: str) -> None:
    """Rotating inside a /64, or spelling it otherwise, gives no new limit (security 103)."""
    assert network_of(address) == network


async def test_the_host_header_is_only_read(app: App) -> None:
    """It can name a project; forwarded hosts and schemes are not looked at (security 100)."""
    headers = [(b"host", b"Auth.Example.com:8443"), (b"x-forwarded-host", b"evil"), (b"x-forwarded-proto", b"gopher")]
    heard = await ask(app, "GET", "/whoami", headers=headers)
    assert heard.json == {"address": "203.0.113.7", "network": "203.0.113.7", "host": "auth.example.com"}


async def test_trusted_proxies_come_from_settings(make_app: MakeApp) -> None:
    """What the operator lists is what counts."""
    app = make_app(settings=WireSettings(limits=LimitSettings(enabled=False), trusted_proxies=PROXIES))
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"2001:db8::5")]
    heard = await ask(app, "GET", "/whoami", headers=headers, peer=("10.0.0.1", 1))
    assert (heard.json["address"], heard.json["network"]) == ("2001:db8::5", "2001:db8::/64")


@pytest.mark.parametrize(
    ("peer", "forwarded", "claimed"),
    [
        ("192.168.1.1", "1.1.1.1", "1.1.1.1"),
        ("192.168.1.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("127.0.0.1", "2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:172.17.0.2", "1.1.1.1:80", "1.1.1.1"),
        ("fd12::1", "1.1.1.1", "1.1.1.1"),
        (None, "1.1.1.1", "1.1.1.1"),
        ("192.168.1.1", None, None),
        ("192.168.1.1", "garbage", None),
        ("203.0.113.7", "1.1.1.1", None),
        ("10.0.0.1", "1.1.1.1", None),
    ],
)
def test_who_an_unlisted_private_peer_speaks_for(peer: str | None, forwarded: str | None, claimed: str | None) -> None:
    """Only a peer next to us is heard, and only about the hop before it; a listed one is believed instead (security
    104).
    """
    assert TrustedProxies(("10.0.0.0/8",)).claimed(peer, forwarded) == claimed


def test_an_unlisted_private_proxy_is_warned_about_once() -> None:
    """The log says what to set, and names no address (security 104)."""
    proxies = TrustedProxies()
    with capture_logs() as logs:
        for _ in range(3):
            assert proxies.client("192.168.1.1", "1.1.1.1") == "192.168.1.1"
        assert proxies.client("203.0.113.7", "1.1.1.1") == "203.0.113.7"
    assert [entry["event"] for entry in logs] == ["proxy.not_trusted"]
    assert "VESTIBULE_TRUSTED_PROXIES" in logs[0]["mend"]
    assert "192.168" not in str(logs)
    assert "1.1.1.1" not in str(logs)
