from datetime import UTC, datetime, timedelta

import pytest

from tests.cross.doors import doors_of
from tests.support.serving import Serve


@pytest.mark.engine("postgresql")  # the embedded database has the server's own clock
async def test_a_server_with_a_wrong_clock_is_not_ready(serve: Serve) -> None:
    """Two seconds away from the database's, and no balancer sends it requests until it is mended (security 128)."""
    async with serve() as running:
        for wrong in (timedelta(seconds=3), timedelta(seconds=-3), timedelta(0)):
            running.clock.advance(datetime.now(UTC) + wrong - running.clock.now())
            answer = await running.client.get("/readyz")
            expected = (503, "failed") if wrong else (200, "ok")
            assert (answer.status_code, answer.json()["checks"]["clock"]) == expected


async def test_own_tokens_get_no_extra_second(serve: Serve) -> None:
    """One clock issues and judges them, so there is nothing to be lenient about (security 128)."""
    async with serve() as running:
        doors = doors_of(running)
        await doors.accountmaker.sign_up()
        lives = {"nhost": timedelta(minutes=15), "sublay": timedelta(minutes=30), "accountmaker": timedelta(hours=1)}
        for name, life in lives.items():
            held = await doors[name].sign_in()
            running.clock.advance(life - timedelta(seconds=1))
            assert await doors[name].opens(held.access), name
            running.clock.advance(timedelta(seconds=1))
            assert not await doors[name].opens(held.access), name
