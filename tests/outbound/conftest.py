"""A server on loopback, and clients that may call it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest

from tests.support.providers.standing_in import StandIn, serve
from tests.support.providers.trusting import Certificate, certificate_for
from vestibule.outbound import OutboundClient, OutboundSettings
from vestibule.outbound.reach import Address

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
MakeClient = Callable[..., OutboundClient]
LOOPBACK = ("127.0.0.0/8",)
PATIENCE = timedelta(minutes=4)


def says(*answers: str) -> Resolve:
    """Return a resolver that knows one answer for every name."""

    async def resolve(host: str, port: int) -> Sequence[Address]:
        assert host
        assert port
        return [ip_address(answer) for answer in answers]

    return resolve


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """A server without TLS."""
    async with serve(StandIn()) as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Make a certificate for one provider and for loopback."""
    return certificate_for(tmp_path_factory.mktemp("certificate"), "api.provider.example", "127.0.0.1")


@pytest.fixture
async def encrypted(certificate: Certificate) -> AsyncIterator[StandIn]:
    """A server with TLS."""
    async with serve(StandIn(), certificate.context) as server:
        yield server


@pytest.fixture
async def make_client() -> AsyncIterator[MakeClient]:
    """Make clients that are closed when the test ends; the arguments are those of the settings, and `resolve`."""
    async with AsyncExitStack() as stack:

        def make(*, resolve: Resolve | None = None, **settings: Any) -> OutboundClient:
            client = OutboundClient(
                OutboundSettings(**{"connect": PATIENCE, "deadline": PATIENCE, **settings}), resolve
            )
            stack.push_async_callback(client.close)
            return client

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> OutboundClient:
    """A client that may call loopback."""
    return make_client(allow=LOOPBACK)
