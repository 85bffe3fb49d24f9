"""The n-th statement fails while somebody shows, turns on or turns off a second factor, for every n."""

from datetime import timedelta

from tests.faults.failing_database import When
from tests.faults.test_every_statement import Shaky, shaky
from tests.support.second_factor import Holder, holder, newcomer

__all__ = ["shaky"]

PAST_THE_COUNT = timedelta(minutes=16)  # a try whose statement failed stays counted


async def is_on(one: Holder) -> bool:
    core = one.under_test.core
    return (await core.users.subject(core.db, one.visit().project.id, one.id)).has_totp


async def test_a_code_is_used_up_with_the_session_or_not_at_all(shaky: Shaky) -> None:
    """It comes in after a failure, unless the session was begun and only the answer was lost (security 76)."""
    ann = await holder(shaky.under_test)
    lost = 0

    async def ready() -> tuple[bytes, str, int]:
        shaky.under_test.clock.advance(PAST_THE_COUNT)
        ticket = await ann.ticket()
        return ticket, ann.application.shows(), (await shaky.counts())["sessions"]

    async def show(_: int) -> None:
        await ann.show(ticket, code)

    ticket, code, before = await ready()
    async for _ in shaky.each_step(show):
        begun = (await shaky.counts())["sessions"] - before
        lost += begun
        if begun == 0:
            await ann.show(ticket, code)
        ticket, code, before = await ready()

    assert lost <= (1 if shaky.fault.when is When.AFTER else 0)


async def test_a_recovery_code_is_used_up_with_the_session_or_not_at_all(shaky: Shaky) -> None:
    """So none is lost to a database that was away (security 91)."""
    ann = await holder(shaky.under_test)

    async def ready() -> tuple[bytes, str, int]:
        shaky.under_test.clock.advance(PAST_THE_COUNT)
        code = (await ann.recovery_codes())[0]
        return await ann.ticket(), code, (await shaky.counts())["sessions"]

    async def show(_: int) -> None:
        await ann.show(ticket, code)

    ticket, code, before = await ready()
    async for _ in shaky.each_step(show):
        begun = (await shaky.counts())["sessions"] - before
        assert await ann.left() == 10 - begun
        ticket, code, before = await ready()


async def test_turning_it_on_or_off_fails_as_a_whole(shaky: Shaky) -> None:
    """Factor and letter change together; the next try finds one state or the other (security 90)."""
    ann = await newcomer(shaky.under_test)
    ann.application = await ann.offered()
    for _ in range(2):
        was_on, letters = await is_on(ann), (await shaky.counts())["outbox"]
        turn = ann.deactivate if was_on else ann.activate
        async for _ in shaky.each_step(lambda _: turn(ann.application.shows())):  # noqa: B023 - it is over by then
            changed = await is_on(ann) != was_on
            assert (await shaky.counts())["outbox"] - letters == changed
            if changed:
                break
            shaky.under_test.clock.advance(PAST_THE_COUNT)
        shaky.fault.arm(0)
        shaky.under_test.clock.advance(PAST_THE_COUNT)
        assert await is_on(ann) != was_on
