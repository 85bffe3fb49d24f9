"""A server that does not answer is left alone, and found again."""

import asyncio
from datetime import timedelta

import pytest

from vestibule.outbound import Breaker, Garbled, OutboundFailed, Refused, TimedOut, TooLarge, Unreachable
from vestibule.outbound import breaker as module


async def fail(breaker: Breaker, error: BaseException) -> None:
    with pytest.raises(type(error)):
        async with breaker:
            raise error


async def works(breaker: Breaker) -> bool:
    try:
        async with breaker:
            return True
    except OutboundFailed:
        return False


async def test_failures_in_a_row_open_it() -> None:
    """Not before the last of them."""
    breaker = Breaker(failures=3)
    for _ in range(2):
        await fail(breaker, TimedOut("x"))
    assert await works(breaker)
    for _ in range(3):
        await fail(breaker, Unreachable("x"))
    assert not await works(breaker)


async def test_an_answer_starts_the_count_anew() -> None:
    """Of whatever status."""
    breaker = Breaker(failures=2)
    for _ in range(3):
        await fail(breaker, TimedOut("x"))
        assert await works(breaker)


@pytest.mark.parametrize("error", [TooLarge("x"), Garbled("x")])
async def test_an_answer_that_cannot_be_used_is_one(error: OutboundFailed) -> None:
    """Whoever sends too much, or no JSON, is there: nobody waits for it in vain (security 97)."""
    breaker = Breaker(failures=2)
    await fail(breaker, TimedOut("x"))
    for _ in range(3):
        await fail(breaker, error)
    await fail(breaker, TimedOut("x"))
    assert await works(breaker)


async def test_after_the_pause_one_may_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others wait for what it finds."""
    now = 1_000.0
    monkeypatch.setattr(module, "monotonic_seconds", lambda: now)
    breaker = Breaker(failures=1, pause=timedelta(seconds=30))
    await fail(breaker, TimedOut("x"))
    now += 29
    assert not await works(breaker)
    now += 1
    async with breaker:
        assert not await works(breaker)
    assert await works(breaker)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), Refused("x"), ValueError()])
async def test_what_says_nothing_about_the_server_is_not_counted(error: BaseException) -> None:
    """A caller that went away, or an address that is not called at all."""
    breaker = Breaker(failures=1)
    await fail(breaker, error)
    assert await works(breaker)
