"""Providers on loopback, and a text to give them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.support.providers.modica import Modica
from tests.support.providers.standing_in import StandIn, serve
from tests.support.providers.twilio import Twilio
from vestibule.delivery.texts import Text
from vestibule.outbound import OutboundClient, OutboundSettings

ANN = "+4915123456789"


@pytest.fixture
def text() -> Text:
    """A rendered text message."""
    return Text(
        id=UUID("0193a1f2-7c4b-7b57-9d7e-6a2b1f0c9e11"),
        template="signin-passwordless-sms",
        recipient=ANN,
        body="Your code is 123456.",
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


@pytest.fixture
async def outbound() -> AsyncIterator[OutboundClient]:
    """A client that may call loopback."""
    client = OutboundClient(OutboundSettings(allow=("127.0.0.0/8",)))
    yield client
    await client.close()


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    """Twilio's two APIs."""
    async with serve(Twilio()) as server:
        yield server


@pytest.fixture
async def modica() -> AsyncIterator[Modica]:
    """Modica's gateway."""
    async with serve(Modica()) as server:
        yield server


@pytest.fixture
async def gateway() -> AsyncIterator[StandIn]:
    """Any other provider."""
    async with serve(StandIn()) as server:
        yield server
