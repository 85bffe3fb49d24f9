"""The n-th statement of a way back from a provider fails, for every n."""

from tests.faults.test_every_statement import Shaky, shaky
from tests.support.travelling import come_back as come_back_from
from tests.support.travelling import connecting, set_out, travel, travelled

__all__ = ["shaky"]


async def test_a_first_sign_in_that_fails_leaves_all_or_nothing(shaky: Shaky) -> None:
    """User, identity and session come together, or not at all; whoever sets out anew comes in."""
    people, github = shaky.under_test, shaky.under_test.identities["github"]
    wanted = ("users", "identities", "sessions")

    async def counts() -> list[int]:
        shaky.fault.arm(0)
        return [await people.count(table) for table in wanted]

    before = await counts()
    async for step in shaky.each_step(lambda step: travel(people, github.person(str(step), f"ann{step}@example.com"))):
        after = await counts()
        assert {now - then for now, then in zip(after, before, strict=True)} in ({0}, {1}), (step, after)
        before = after
        await travelled(people, github.person(str(step), f"ann{step}@example.com"))
        before = await counts()


async def test_a_link_that_fails_leaves_a_whole_identity_or_none(shaky: Shaky) -> None:
    """And the trail tells of those that are there."""
    people, github = shaky.under_test, shaky.under_test.identities["github"]
    ann = await people.sign_up()

    async def link(step: int) -> None:
        state = await set_out(people, connecting(ann))
        await come_back_from(people, state, github.person(str(step)))

    async for _ in shaky.each_step(link):
        shaky.fault.arm(0)
        assert await people.count("identities") == (await people.events()).count("identity.linked")
