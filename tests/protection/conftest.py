"""A client that may call loopback, and what counts."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from vestibule.kernel.meters import Meters
from vestibule.outbound import OutboundClient, OutboundSettings
from vestibule.protection import leaked, turnstile


@pytest.fixture
async def outbound() -> AsyncIterator[OutboundClient]:
    """A client that may call loopback."""
    hour = timedelta(hours=1)  # only the deadlines of those who ask count
    client = OutboundClient(OutboundSettings(allow=("127.0.0.0/8",), connect=hour, deadline=hour))
    yield client
    await client.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a healthy answer be in time on a slow machine as well."""
    for module in (leaked, turnstile):
        monkeypatch.setattr(module, "_DEADLINE", timedelta(seconds=30))


@pytest.fixture
def meters() -> Meters:
    """The meters of one process."""
    return Meters()
