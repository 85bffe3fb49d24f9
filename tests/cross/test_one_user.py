from itertools import permutations

import pytest

from tests.cross.doors import EMAIL, NAMES, NEW_PASSWORD, PASSWORD, WRONG_PASSWORD, doors_of, other_doors
from tests.support.serving import Serve

PAIRS = list(permutations(NAMES, 2))
SPELLINGS = ["ANN@Example.COM", " ann@example.com", "ann@ｅxample.com"]  # noqa: RUF001 - a full-width e


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_who_signed_up_at_one_door_signs_in_at_another(serve: Serve, first: str, second: str) -> None:
    """One project, one user, whichever door was used: the same person, a session of its own, both alive."""
    async with serve() as running:
        doors = doors_of(running)
        signed_up = await doors[first].sign_up()
        signed_in = await doors[second].sign_in()
        assert signed_in.user_id == signed_up.user_id
        assert await doors[first].opens(signed_up.access)
        assert await doors[second].opens(signed_in.access)
        assert await doors[first].lives(signed_up.refresh)
        assert await doors[second].lives(signed_in.refresh)


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_an_address_is_taken_at_every_door(serve: Serve, first: str, second: str) -> None:
    """However it is spelled, there is one user for one address; the stranger's password opens nothing (security 13)."""
    async with serve() as running:
        doors = doors_of(running)
        await doors[first].sign_up()
        for spelling in (EMAIL, *SPELLINGS):
            assert (await doors[second].ask_to_sign_up(spelling, WRONG_PASSWORD)).status_code in {400, 409}, spelling
            assert (await doors[second].try_to_sign_in(spelling, WRONG_PASSWORD)).status_code >= 400
        assert (await doors[second].try_to_sign_in(EMAIL, PASSWORD)).status_code == 200


async def test_two_projects_with_the_same_email_are_independent(serve: Serve) -> None:
    """Two users with one address: neither's password, session or end means anything to the other (security 122)."""
    async with serve() as running:
        here, there = doors_of(running), await other_doors(running)
        for number, (ours, theirs) in enumerate(zip(here.every, there.every, strict=True)):
            email = f"ann{number}@example.com"
            ann = await ours.sign_up(email, PASSWORD)
            assert (await theirs.try_to_sign_in(email, PASSWORD)).status_code >= 400, theirs.name
            namesake = await theirs.sign_up(email, NEW_PASSWORD)
            assert namesake.user_id != ann.user_id
            assert (await ours.try_to_sign_in(email, NEW_PASSWORD)).status_code >= 400
            assert (await theirs.try_to_sign_in(email, PASSWORD)).status_code >= 400
            assert (await ours.sign_in(email, PASSWORD)).user_id == ann.user_id
            assert (await theirs.sign_in(email, NEW_PASSWORD)).user_id == namesake.user_id
            await running.core.users.delete(running.project.id, ann.user_id, actor="test")
            assert not await ours.lives(ann.refresh)
            assert await theirs.lives(namesake.refresh)


async def test_a_reset_in_one_project_changes_nothing_in_another(serve: Serve) -> None:
    """The mail, its ticket and the new password stay in the project that was asked (security 75, 122)."""
    async with serve() as running:
        here, there = doors_of(running), await other_doors(running)
        await here.nhost.sign_up()
        await there.nhost.sign_up(password=NEW_PASSWORD)
        ticket = await here.nhost.reset_ticket()
        body = {"newPassword": "A third horse 3", "ticket": ticket}
        assert (await there.nhost.send("POST", "/v1/user/password", body)).status_code == 401
        assert (await here.nhost.send("POST", "/v1/user/password", body)).status_code == 200
        assert (await there.nhost.try_to_sign_in(EMAIL, NEW_PASSWORD)).status_code == 200
        assert (await here.nhost.try_to_sign_in(EMAIL, "A third horse 3")).status_code == 200
