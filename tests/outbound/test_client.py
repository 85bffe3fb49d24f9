"""What leaves, what is refused, and how every way of not answering ends (security 101)."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import msgspec
import pytest

from tests.outbound.conftest import LOOPBACK, MakeClient, says
from tests.support.loop_time import skip
from tests.support.providers.standing_in import Answer, Fault, StandIn, serve
from tests.support.providers.trusting import Certificate
from vestibule.kernel.secret import Secret
from vestibule.outbound import (
    Garbled,
    OutboundClient,
    OutboundFailed,
    Refused,
    TimedOut,
    TooLarge,
    Unreachable,
)
from vestibule.outbound.reach import Address

DEADLINE = timedelta(seconds=30)


class Said(msgspec.Struct):
    """A part of an answer."""

    status: str


async def test_a_form_is_encoded(client: OutboundClient, stand_in: StandIn) -> None:
    """No value can add a member of its own (security 114)."""
    sent = {"To": "+4930123", "Body": 'a&To=+1900"}\r\nX: y', "Straße": "ß"}
    await client.post(f"{stand_in.url}/Messages.json", form=sent, basic=("AC1", Secret("pä:ss")))
    [seen] = stand_in.requests
    assert (seen.method, seen.path, seen.form) == ("POST", "/Messages.json", sent)
    assert seen.basic == ("AC1", "pä:ss")


async def test_json_is_encoded(client: OutboundClient, stand_in: StandIn) -> None:
    """As is a struct; headers may be added."""
    sent = {"content": 'x","destination":"+1900'}
    await client.post(stand_in.url, json=sent, headers={"X-Token": "t"})
    await client.post(stand_in.url, json=Said("fine"))
    await client.post(stand_in.url)
    assert [seen.json for seen in stand_in.requests[:2]] == [sent, {"status": "fine"}]
    assert stand_in.requests[0].headers["x-token"] == "t"
    assert stand_in.requests[2].headers["content-length"] == "0"


async def test_a_query_is_encoded(client: OutboundClient, stand_in: StandIn) -> None:
    """And joins the one that the URL has."""
    await client.get(f"{stand_in.url}/range?v=2", query={"q": "a&v=3#x"})
    [seen] = stand_in.requests
    assert (seen.method, seen.query, seen.body) == ("GET", {"v": "2", "q": "a&v=3#x"}, b"")
    assert "content-length" not in seen.headers


async def test_a_header_cannot_be_broken_out_of(client: OutboundClient, stand_in: StandIn) -> None:
    """A line break in a value ends the call, not the header."""
    with pytest.raises(OutboundFailed) as caught:
        await client.get(stand_in.url, headers={"X-Token": "s3cret\r\nX-Evil: b"})
    assert "s3cret" not in str(caught.value)
    assert stand_in.requests == []


async def test_answers_are_read_whatever_their_status(client: OutboundClient, stand_in: StandIn) -> None:
    """What a status means is for the caller to say."""
    stand_in.faults += [
        Answer(201, {"status": "pending"}, {"X-One": "1"}),
        Answer(422, {"status": "bad"}),
        Answer(200, b"nope"),
    ]
    first, second, third = [await client.get(stand_in.url) for _ in range(3)]
    assert (first.status, first.is_success, first.headers["x-one"]) == (201, True, "1")
    assert (second.is_success, second.read(Said).status) == (False, "bad")
    with pytest.raises(Garbled):
        third.json()
    with pytest.raises(Garbled):
        first.read(list[str])
    assert first.json() == {"status": "pending"}


async def test_connections_are_reused_and_carry_no_cookies(client: OutboundClient, stand_in: StandIn) -> None:
    """One connection for several calls; nothing of one call is remembered for the next."""
    stand_in.faults.append(Answer(200, {}, {"Set-Cookie": "sid=1; Path=/"}))
    for _ in range(3):
        await client.get(stand_in.url)
    assert stand_in.connections == 1
    assert not any("cookie" in seen.headers for seen in stand_in.requests)


async def test_a_redirect_is_not_followed(client: OutboundClient, stand_in: StandIn) -> None:
    """Not to the metadata service, nor anywhere else (security 49)."""
    stand_in.faults.append(Answer(302, b"", {"Location": f"{stand_in.url}/elsewhere"}))
    stand_in.faults.append(Answer(307, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}))
    for status in (302, 307):
        assert (await client.get(stand_in.url)).status == status
    assert [seen.path for seen in stand_in.requests] == ["/", "/"]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://localhost:{port}/",
        "https://2130706433:{port}/",
        "https://0177.0.0.1:{port}/",
        "https://0x7f.1:{port}/",
        "https://127.1:{port}/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/latest/meta-data/",
        "https://[fe80::1%25lo]:{port}/",
        "http://127.0.0.1:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "https:///nowhere",
        "https://user:pass@api.provider.example/",
        "https://api.provider.example\\@127.0.0.1:{port}/",
        "https://api.provider.example:0/",
        "https://api.provider.example:99999/",
        "https://api.provider.example/\r\nX: y",
        "https://exa mple.example/",
    ],
)
async def test_an_address_inside_is_refused(make_client: MakeClient, stand_in: StandIn, url: str) -> None:
    """In whatever way it is written; nothing is sent."""
    with pytest.raises(Refused):
        await make_client().get(url.format(port=stand_in.port))
    assert stand_in.connections == 0


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.5"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["93.184.215.14", "127.0.0.1"],
        ["127.0.0.1", "2606:4700:4700::1111"],
    ],
)
async def test_a_name_that_leads_inside_is_refused(
    make_client: MakeClient, encrypted: StandIn, certificate: Certificate, answers: list[str]
) -> None:
    """Whoever owns a domain decides what it resolves to, also partly."""
    client = make_client(resolve=says(*answers), ca_file=certificate.ca_file)
    with pytest.raises(Refused):
        await client.get(f"https://api.provider.example:{encrypted.port}/")
    assert encrypted.connections == 0


async def test_a_name_is_looked_up_once_and_called_at_what_was_judged(
    make_client: MakeClient, encrypted: StandIn, certificate: Certificate
) -> None:
    """A name that turns between the check and the connection leads nowhere; TLS and Host keep the name."""
    asked: list[str] = []

    async def turning(host: str, port: int) -> Sequence[Address]:
        asked.append(f"{host}:{port}")
        return [ip_address("127.0.0.1" if len(asked) == 1 else "127.0.0.99")]

    client = make_client(resolve=turning, allow=LOOPBACK, ca_file=certificate.ca_file)
    place = f"api.provider.example:{encrypted.port}"
    await client.get(f"https://{place}/")
    assert asked == [place]
    [seen] = encrypted.requests
    assert (seen.server_name, seen.headers["host"]) == ("api.provider.example", place)


async def test_a_certificate_for_another_name_ends_the_call(
    make_client: MakeClient, encrypted: StandIn, certificate: Certificate
) -> None:
    """The name is what is proven, not the address; and nobody unknown signs it."""
    other = make_client(resolve=says("127.0.0.1"), allow=LOOPBACK, ca_file=certificate.ca_file)
    with pytest.raises(Unreachable, match="certificate"):
        await other.get(f"https://other.example:{encrypted.port}/")
    unknown = make_client(resolve=says("127.0.0.1"), allow=LOOPBACK)
    with pytest.raises(Unreachable, match="certificate"):
        await unknown.get(f"https://api.provider.example:{encrypted.port}/")
    assert encrypted.requests == []


async def test_a_listed_name_is_called_wherever_it_is(make_client: MakeClient, stand_in: StandIn) -> None:
    """An operator's own server may be inside, and without TLS."""
    client = make_client(resolve=says("127.0.0.1"), allow=("hooks.internal",))
    assert (await client.get(f"http://hooks.internal:{stand_in.port}/")).is_success
    with pytest.raises(Refused):
        await client.get(f"http://other.internal:{stand_in.port}/")


async def test_the_next_address_is_tried(make_client: MakeClient, stand_in: StandIn) -> None:
    """A name may have several, and one of them may be down."""
    client = make_client(resolve=says("::1", "127.0.0.1"), allow=(*LOOPBACK, "::1"))
    assert (await client.get(f"http://api.provider.example:{stand_in.port}/")).is_success


@pytest.mark.parametrize("fault", [Fault.LATE, Fault.SLOW])
async def test_a_server_that_takes_its_time_is_left(client: OutboundClient, stand_in: StandIn, fault: Fault) -> None:
    """One deadline for everything: a byte now and then extends nothing."""
    await client.get(stand_in.url)
    stand_in.faults.append(fault)
    with pytest.raises(TimedOut):
        await client.get(stand_in.url, deadline=DEADLINE)
    assert (await client.get(stand_in.url)).is_success


async def test_a_resolver_that_hangs_counts_too(make_client: MakeClient) -> None:
    """Before there is any connection."""

    async def hanging(host: str, port: int) -> Sequence[Address]:
        skip(2 * DEADLINE)
        await asyncio.sleep(1)
        return [ip_address(f"{host}{port}")]

    with pytest.raises(TimedOut):
        await make_client(resolve=hanging).get("https://api.provider.example/", deadline=DEADLINE)


@pytest.mark.parametrize(
    "fault",
    [Fault.ENDLESS, Fault.UNANNOUNCED, Answer(200, b"x" * 2000), Answer(200, b"x", {"Content-Length": "9" * 19})],
)
async def test_a_body_without_end_is_cut_off(client: OutboundClient, stand_in: StandIn, fault: Answer | Fault) -> None:
    """What is announced too large is not read at all, what comes too large not further."""
    stand_in.faults.append(fault)
    with pytest.raises(TooLarge):
        await client.get(stand_in.url, max_bytes=1000)


async def test_a_body_at_the_limit_is_read(client: OutboundClient, stand_in: StandIn) -> None:
    """The limit is in bytes of the body."""
    stand_in.faults += [Answer(200, b"x" * 1000), Fault.UNANNOUNCED]
    assert len((await client.get(stand_in.url, max_bytes=1000)).body) == 1000
    assert len((await client.get(stand_in.url, max_bytes=2000)).body) == 2000


async def test_compression_is_not_taken(client: OutboundClient, stand_in: StandIn) -> None:
    """A few bytes could unpack to gigabytes."""
    stand_in.faults.append(Fault.ZIPPED)
    with pytest.raises(Unreachable, match="encoding"):
        await client.get(stand_in.url)
    assert stand_in.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("fault", [Fault.HANGS_UP, Fault.GARBAGE, Answer(200, b"", {"X": "y" * 200_000})])
async def test_what_is_no_http_is_unreachable(client: OutboundClient, stand_in: StandIn, fault: Answer | Fault) -> None:
    """A caller catches one family of errors."""
    stand_in.faults.append(fault)
    with pytest.raises(Unreachable):
        await client.get(stand_in.url)


async def test_nobody_there(make_client: MakeClient) -> None:
    """Nothing listens, or the name does not exist."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            await make_client(allow=LOOPBACK).get(f"http://127.0.0.1:{deaf.getsockname()[1]}/")
    with pytest.raises(Unreachable):
        await make_client(resolve=says()).get("https://api.provider.example/")

    async def failing(host: str, port: int) -> Sequence[Address]:
        raise OSError(host, port)

    with pytest.raises(Unreachable, match="resolved"):
        await make_client(resolve=failing).get("https://api.provider.example/")


async def test_errors_keep_secrets_to_themselves(client: OutboundClient, stand_in: StandIn) -> None:
    """They end in logs: neither path nor query nor body nor password (security 117)."""
    stand_in.faults.append(Fault.HANGS_UP)
    with pytest.raises(OutboundFailed) as caught:
        await client.post(f"{stand_in.url}/s3cret?k=s3cret", json="s3cret", basic=("u", Secret("s3cret")))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"])
async def test_the_environment_names_no_proxy(
    client: OutboundClient, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Only the setting does."""
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await client.get(stand_in.url)).is_success


class Proxy(StandIn):
    """Notes what it is asked to fetch, and lets nobody through a tunnel."""

    def answer(self, request: Any) -> Answer:
        """Answer for the target, or refuse the tunnel."""
        return Answer(403 if request.method == "CONNECT" else 200, {"by": "proxy"})


async def test_a_proxy_gets_the_name_and_resolves_it(make_client: MakeClient) -> None:
    """With its own password; addresses inside are refused before it is asked."""
    async with serve(Proxy()) as proxy:
        url = Secret(f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        client = make_client(proxy=url, allow=("hooks.internal",), resolve=says("127.0.0.1"))
        assert (await client.get("http://hooks.internal/x")).json() == {"by": "proxy"}
        with pytest.raises(Unreachable):
            await client.get("https://api.provider.example/")
        for refused in ("https://169.254.169.254/", "https://localhost/", "http://api.provider.example/"):
            with pytest.raises(Refused):
                await client.get(refused)
    assert [seen.target for seen in proxy.requests] == ["http://hooks.internal/x", "api.provider.example:443"]
    assert proxy.requests[1].headers["proxy-authorization"] == "Basic bWU6cEBzcw=="


async def test_many_calls_at_once(make_client: MakeClient, stand_in: StandIn) -> None:
    """More than there are connections: they wait for one another within their deadline."""
    client = make_client(allow=LOOPBACK)
    replies = await asyncio.gather(*(client.get(stand_in.url) for _ in range(60)))
    assert all(reply.is_success for reply in replies)
    assert stand_in.connections <= 32


def test_nothing_is_loaded_before_the_first_call() -> None:
    """A server that calls nobody does not pay for it."""
    program = (
        "import sys; from vestibule.outbound import OutboundClient, OutboundSettings;"
        " OutboundClient(OutboundSettings()); print([m for m in ('httpx2', 'httpcore2', 'anyio') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
