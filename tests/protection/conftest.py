"""A client that may call loopback, and what counts."""

from collections.abc import AsyncIterator

import pytest

from vestibule.kernel.meters import Meters
from vestibule.outbound import OutboundClient, OutboundSettings


@pytest.fixture
async def outbound() -> AsyncIterator[OutboundClient]:
    """A client that may call loopback."""
    client = OutboundClient(OutboundSettings(allow=("127.0.0.0/8",)))
    yield client
    await client.close()


@pytest.fixture
def meters() -> Meters:
    """The meters of one process."""
    return Meters()
