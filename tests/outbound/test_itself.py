"""A developing server may call itself, where its own provider is, and nothing beside it (security 101)."""

import pytest

from tests.outbound.conftest import MakeClient, says
from tests.support.providers.standing_in import StandIn, serve
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundSettings, Refused


async def test_its_own_address_is_called(make_client: MakeClient, stand_in: StandIn) -> None:
    """By address and by name, also where everything else goes through a proxy."""
    named = f"http://localhost:{stand_in.port}"
    proxy = Secret("http://proxy.example:3128")
    for client, origin in (
        (make_client(itself=stand_in.url), stand_in.url),
        (make_client(itself=named, resolve=says("127.0.0.1")), named),
        (make_client(itself=stand_in.url, proxy=proxy), stand_in.url),
    ):
        assert (await client.get(f"{origin}/_/provider/jwks")).is_success
    assert len(stand_in.requests) == 3


async def test_its_neighbours_are_not(make_client: MakeClient, stand_in: StandIn) -> None:
    """Another port of this machine, another name for it, another scheme, credentials within the URL (security 101)."""
    client = make_client(itself=stand_in.url, resolve=says("127.0.0.1"))
    async with serve(StandIn()) as neighbour:
        for url in (
            neighbour.url,
            f"http://localhost:{stand_in.port}",
            f"http://127.0.0.2:{stand_in.port}",
            stand_in.url.replace("http:", "https:"),
            stand_in.url.replace("127.", "user:secret@127."),
            stand_in.url.replace("127.0.0.1", "2130706433"),
        ):
            with pytest.raises(Refused):
                await client.get(url)
    assert stand_in.requests == neighbour.requests == []


async def test_without_leave_it_does_not_call_itself(make_client: MakeClient, stand_in: StandIn) -> None:
    """Which is so everywhere but on a developer's machine (security 101)."""
    with pytest.raises(Refused):
        await make_client().get(stand_in.url)
    assert stand_in.requests == []


def test_an_impossible_origin_is_found_at_the_start() -> None:
    """Not by the first user who comes."""
    with pytest.raises(ValueError, match="host name"):
        OutboundSettings(itself="http://my_host!/")
