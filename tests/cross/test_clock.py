import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.cross.doors import doors_of
from tests.support.serving import Running, Serve
from vestibule.assembly.background import MAX_SKEW, clock_skew


@pytest.mark.engine("postgresql")  # the embedded database has the server's own clock
async def test_a_server_with_a_wrong_clock_is_not_ready(serve: Serve) -> None:
    """Two seconds away from the database's, and no balancer sends it requests until it is mended (security 128)."""
    async with serve() as running:
        for wrong in (timedelta(seconds=3), timedelta(seconds=-3), timedelta(0)):
            expected = (503, "failed") if wrong else (200, "ok")
            async with asyncio.timeout(20):
                while await _readiness(running, wrong) != expected:
                    pass  # the database's clock went on too long while ours stood still: once more


@pytest.mark.engine("postgresql")  # as above
async def test_an_answer_that_took_long_is_no_wrong_clock(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database read its clock at some moment between question and answer; both readings of ours are two hours apart
    here (security 128).
    """
    async with serve() as running:
        present, hour = datetime.now(UTC), timedelta(hours=1)
        for asked_at, answered_at, skew in (
            (present - hour, present + hour, False),
            (present - 2 * hour, present - hour, True),
            (present + hour, present + 2 * hour, True),
        ):
            with monkeypatch.context() as patch:
                patch.setattr(running.clock, "now", iter((asked_at, answered_at)).__next__)
                assert (abs(await clock_skew(running.core)) > MAX_SKEW) is skew


async def _readiness(running: Running, wrong: timedelta) -> tuple[int, str]:
    running.clock.advance(datetime.now(UTC) + wrong - running.clock.now())
    answer = await running.client.get("/readyz")
    return answer.status_code, answer.json()["checks"]["clock"]


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
