"""Behind a proxy that nobody listed, no door takes the proxy's network for one person's."""

from datetime import timedelta

import pytest

from tests.cross.doors import NAMES, doors_of
from tests.support.serving import Running, Serve, behind_a_proxy
from vestibule.storage import Statement

KNOWN = Statement(int, "SELECT COUNT(*) FROM vestibule_attempts WHERE window_ends_at > :moment")


async def _known_networks(running: Running) -> int | None:
    return await running.core.db.one(KNOWN, moment=running.clock.now() + timedelta(days=29))


@pytest.mark.parametrize("name", NAMES)
async def test_a_sign_in_through_it_makes_no_network_known(serve: Serve, name: str) -> None:
    """Everybody behind it would be known for the account then (security 82, 104)."""
    async with serve() as running, behind_a_proxy(running) as behind:
        await doors_of(running)[name].sign_up()
        await doors_of(behind)[name].sign_in()
        assert await _known_networks(running) == 0
        await doors_of(running)[name].sign_in()
        assert await _known_networks(running) == 1
