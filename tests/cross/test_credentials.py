import pytest

from tests.cross.credentials import PLACES, SIGNS_OUT, SILENT, every_credential
from tests.cross.doors import EMAIL, PASSWORD, Doors, doors_of, other_doors
from tests.support.serving import Serve
from tests.support.ways_in import EVERY_WAY_IN


async def _assert_unharmed(doors: Doors, credentials: dict[str, str]) -> None:
    """Check that every session lives, the tickets are unspent, and the password is as it was."""
    for place, kind in (
        ("nhost POST /token", "nhost refresh"),
        ("v7 refresh", "sublay v7 refresh"),
        ("v6 refresh", "sublay v6 refresh"),
        ("accountmaker POST /auth/refresh", "accountmaker refresh"),
        ("accountmaker POST /auth/verify", "accountmaker ticket"),
        ("nhost GET /verify", "nhost reset ticket"),
        ("nhost POST /token/exchange", "nhost code"),
        ("nhost POST /verify", "nhost link ticket"),
        ("nhost POST /signin/pat", "nhost personal access token"),
    ):
        assert await PLACES[place].accepts(doors, credentials[kind]), kind
    assert (await doors.nhost.try_to_sign_in(f"0{EMAIL}", PASSWORD)).status_code == 200
    assert await PLACES["nhost GET /verify"].accepts(doors, credentials["nhost change ticket"])


async def test_every_credential_is_good_where_it_belongs(serve: Serve) -> None:
    """The matrix below means something: each place does take what is meant for it."""
    async with serve(policy=EVERY_WAY_IN) as running:
        doors = doors_of(running)
        uses = [(name, place, kind) for name, place in PLACES.items() for kind in place.takes]
        for number, (name, place, kind) in enumerate(uses):
            text = (await every_credential(doors, number)).get(kind)
            assert text is None or await place.accepts(doors, text), f"{kind} at {name}"


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_is_good_where_it_does_not_belong(serve: Serve, place: str) -> None:
    """A token, ticket or key of one door or purpose is refused by all others, whatever it is dressed as, and is
    none the worse for it afterwards (security 38, 75, 134).
    """
    async with serve(policy=EVERY_WAY_IN) as running:
        doors = doors_of(running)
        credentials = await every_credential(doors)
        foreign = {kind: text for kind, text in credentials.items() if kind not in PLACES[place].takes}
        accepted = [kind for kind, text in foreign.items() if await PLACES[place].accepts(doors, text)]
        assert accepted == []
        await _assert_unharmed(doors, credentials)


async def test_nothing_of_one_project_is_good_in_another(serve: Serve) -> None:
    """The same places of a project with the same doors take none of it, and end none of it (security 122)."""
    async with serve(policy=EVERY_WAY_IN) as running:
        here, there = doors_of(running), await other_doors(running)
        credentials = await every_credential(here)
        await every_credential(there)
        for name, place in PLACES.items():
            for kind, text in credentials.items():
                if kind.startswith("csrf") and name == "csrf token":
                    continue  # a CSRF session is the browser's, not a project's
                assert not await place.accepts(there, text), f"{kind} at {name}"
        await _assert_unharmed(here, credentials)


@pytest.mark.parametrize("place", SILENT)
async def test_signing_out_ends_nothing_of_other_doors_and_projects(serve: Serve, place: str) -> None:
    """The answer is always the same, so a foreign token must not be judged by it (security 122, 134)."""
    async with serve(policy=EVERY_WAY_IN) as running:
        here, there = doors_of(running), await other_doors(running)
        credentials = await every_credential(here)
        for kind, text in credentials.items():
            await SILENT[place](there, text)
            if kind not in SIGNS_OUT[place]:
                await SILENT[place](here, text)
        await _assert_unharmed(here, credentials)


async def test_a_token_that_was_checked_once_is_not_remembered_for_others(serve: Serve) -> None:
    """What one door has verified stays its own: neither another door nor another project finds it (security 122)."""
    async with serve(policy=EVERY_WAY_IN) as running:
        here, there = doors_of(running), await other_doors(running)
        credentials = await every_credential(here)
        access = {"nhost": "nhost access", "sublay": "sublay v7 access", "accountmaker": "accountmaker access"}
        for door in here.all:
            assert await door.opens(credentials[access[door.name]])
        for name, kind in access.items():
            others = [door for door in (*here.all, *there.all) if door.name != name or door in there.all]
            assert not any([await door.opens(credentials[kind]) for door in others]), kind
