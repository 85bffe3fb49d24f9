"""The n-th statement of a ceremony fails, for every n."""

from tests.faults.failing_database import When
from tests.faults.test_every_statement import Shaky, shaky
from tests.support.passkeys import PasskeyUser

__all__ = ["shaky"]


async def test_a_sign_up_that_fails_leaves_all_or_nothing(shaky: Shaky) -> None:
    """User, key and session come together, or not at all; whoever begins anew may use the same authenticator."""
    people = shaky.under_test
    wanted = ("users", "credentials", "passkeys", "sessions")

    async def counts() -> list[int]:
        shaky.fault.arm(0)
        return [await people.count(table) for table in wanted]

    before = await counts()
    async for step in shaky.each_step(lambda step: PasskeyUser(people, email=f"ann{step}@example.com").sign_up()):
        after = await counts()
        assert {now - then for now, then in zip(after, before, strict=True)} in ({0}, {1}), (step, after)
        before = after


async def test_a_sign_in_that_fails_leaves_at_most_a_session_that_nobody_holds(shaky: Shaky) -> None:
    """None while the database is away; and the next ceremony comes in (security 92)."""
    ann = PasskeyUser(shaky.under_test)
    await ann.sign_up()
    sessions = (await shaky.counts())["sessions"]
    left = 0

    async for _ in shaky.each_step(lambda _: ann.sign_in(ann.email)):
        left += (await shaky.counts())["sessions"] - sessions
        await ann.sign_in(ann.email)
        sessions = (await shaky.counts())["sessions"]

    assert left <= (1 if shaky.fault.when is When.AFTER else 0)  # of the commit whose answer was lost


async def test_an_addition_that_fails_leaves_a_whole_key_or_none(shaky: Shaky) -> None:
    """And the trail tells of those that are there."""
    ann = PasskeyUser(shaky.under_test)
    user_id = (await ann.sign_up()).subject.id
    async for _ in shaky.each_step(lambda _: ann.add(user_id)):
        shaky.fault.arm(0)
        assert await shaky.under_test.count("passkeys") == (await shaky.under_test.events()).count("passkey.added")
