"""Many who come back with one state, or for the first time as one identity."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice

import pytest

from tests.races.conftest import Processes
from tests.support.cores import DOOR, LETTER, CoreUnderTest
from tests.support.identities import Scripted, session_of_provider
from tests.support.travelling import ANN, come_back, connecting, departing, ended, linked, set_out, travelled
from vestibule.core.signin import Method, SignedIn
from vestibule.core.social import Arrived, Entered, Entry, Journey, Linked, PresentedIdToken
from vestibule.core.social.model import Callback, ExternalIdentity
from vestibule.kernel.errors import IdentityTaken, InvalidIdToken, InvalidProviderState, LastWayIn
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

PROVEN = Statement(None, "UPDATE vestibule_credentials SET verified_at = created_at")
MOVED = Statement(None, "UPDATE vestibule_credentials SET email = :email, email_key = :email")
TAKEN = Statement(None, "UPDATE vestibule_identities SET tokens = NULL")
UNLINKED = Statement(None, "DELETE FROM vestibule_identities")
WAITING = Statement(
    int, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


def _share(cores: list[CoreUnderTest]) -> Scripted:
    """Let every process know the same provider, as they would by its servers."""
    for one in cores:
        one.identities.providers.update(cores[0].identities.providers)
    return cores[0].identities["github"]


async def _eventually_waiting(one: CoreUnderTest) -> None:
    async with asyncio.timeout(20):
        while not await one.db.one(WAITING):  # noqa: ASYNC110 - it is another connection that waits
            await asyncio.sleep(0.01)


async def _travel_together(
    cores: list[CoreUnderTest], who: Callable[[CoreUnderTest], Awaitable[Arrived]]
) -> list[Arrived | BaseException]:
    return await asyncio.gather(*(who(one) for one in islice(cycle(cores), 50)), return_exceptions=True)


async def test_fifty_who_come_back_with_one_state_have_one_winner(processes: Processes) -> None:
    """The provider is asked once, one session comes of it (security 42, 46)."""
    cores = await processes(3)
    github = _share(cores)
    state = await set_out(cores[0])
    code = github.consent(state, github.person("1", ANN))

    async def arrive(one: CoreUnderTest) -> Arrived:
        journey = await ended(one, state)
        return await one.core.arrive_from_provider(one.visit(), journey, Callback(code=code), LETTER, DOOR)

    answers = await _travel_together(cores, arrive)

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidProviderState) for answer in answers) == 49
    assert github.identified == 1
    assert await cores[0].count("sessions") == 1


@pytest.mark.parametrize("email", [ANN, None])
async def test_fifty_first_sign_ins_of_one_identity_are_one_user(processes: Processes, email: str | None) -> None:
    """Whoever comes second in the same moment signs in as the user that the first one made (security 1, 13)."""
    cores = await processes(3)
    github = _share(cores)
    person = github.person("1", email)
    journeys: list[tuple[Journey, str]] = []
    for _ in range(50):
        state = await set_out(cores[0])
        journeys.append((await ended(cores[0], state), github.consent(state, person)))

    answers = await asyncio.gather(
        *(
            one.core.arrive_from_provider(one.visit(), journey, Callback(code=code), LETTER, DOOR)
            for one, (journey, code) in zip(cycle(cores), journeys, strict=False)
        ),
        return_exceptions=True,
    )

    assert [answer for answer in answers if not isinstance(answer, SignedIn)] == []
    assert len({answer.subject.id for answer in answers if isinstance(answer, SignedIn)}) == 1
    assert [await cores[0].count(table) for table in ("users", "identities", "sessions")] == [1, 1, 50]


async def test_of_many_who_link_one_identity_one_gets_it(processes: Processes) -> None:
    """The others are told that it is taken (security 12)."""
    cores = await processes(3)
    github = _share(cores)
    states = [await set_out(cores[0], connecting(await cores[0].sign_up())) for _ in range(10)]

    answers = await asyncio.gather(
        *(come_back(one, state, github.person("1")) for one, state in zip(cycle(cores), states, strict=False)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, Linked) for answer in answers) == 1
    assert sum(isinstance(answer, IdentityTaken) for answer in answers) == 9
    assert await cores[0].count("identities") == 1


async def test_two_ways_in_that_are_unlinked_at_once_leave_one(processes: Processes) -> None:
    """Each would leave the other: the user is held, so that one of them is the last."""
    cores = await processes(3)
    _share(cores)
    for number in range(5):
        first = cores[0].identities["github"].person(str(number))
        ann = await travelled(cores[0], first)
        second: ExternalIdentity = cores[0].identities["c:acme"].person(str(number))
        await linked(cores[0], ann, second)
        rows = await cores[0].core.linked_identities(cores[0].visit(), ann.subject.id)

        answers = await asyncio.gather(
            *(
                one.core.unlink_identity(one.visit(), ann.subject.id, row.id)
                for one, row in zip(cores, rows, strict=False)
            ),
            return_exceptions=True,
        )

        assert sum(answer is None for answer in answers) == 1
        assert sum(isinstance(answer, LastWayIn) for answer in answers) == 1


async def test_of_many_who_take_a_providers_tokens_one_gets_them(processes: Processes) -> None:
    """They are handed out once."""
    cores = await processes(3)
    github = _share(cores)
    session = session_of_provider(cores[0].clock.now())
    ann = await travelled(cores[0], github.person("1"), session=session)

    answers = await asyncio.gather(
        *(one.core.take_provider_session(one.visit(), ann.subject.id, "github") for one in islice(cycle(cores), 50))
    )

    assert [answer for answer in answers if answer is not None] == [session]


async def test_of_many_who_show_one_nonce_one_comes_in(processes: Processes) -> None:
    """The token is right each time (security 7)."""
    cores = await processes(3)
    _share(cores)
    google = cores[0].identities["google"]
    token = google.id_token(google.person("1", ANN), cores[0].clock.now() + timedelta(hours=1), "n")
    presented = PresentedIdToken("google", Secret(token), "n")
    entry = Entry(flow="sign-in", method=Method.ID_TOKEN, letter=LETTER)

    async def enter(one: CoreUnderTest) -> Entered:
        return await one.core.enter_with_id_token(one.visit(), presented, entry, DOOR)

    answers = await asyncio.gather(*(enter(one) for one in islice(cycle(cores), 50)), return_exceptions=True)

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidIdToken) for answer in answers) == 49


async def test_a_squatter_who_races_with_the_owner_is_out(processes: Processes) -> None:
    """Whichever is first: the owner's provider vouches for the address, and they are alone afterwards (security 2)."""
    cores = await processes(3)
    github = _share(cores)
    await cores[0].sign_up(ANN)
    state = await set_out(cores[1], replace(departing(), redirect_to="http://localhost:3000"))
    squatting = [one.sign_in(ANN) for one in islice(cycle(cores), 10)]

    answers = await asyncio.gather(
        *squatting, come_back(cores[1], state, github.person("1", ANN)), return_exceptions=True
    )

    assert isinstance(answers[-1], SignedIn)
    assert await cores[0].count("sessions") == 1


@pytest.mark.engine("postgresql")  # SQLite has one writer at a time
async def test_an_address_that_goes_elsewhere_this_moment_leads_to_nobody(under_test: CoreUnderTest) -> None:
    """Whoever comes waits for the change, and looks again at whose the address is then (security 1, 14)."""
    ann = await under_test.sign_up(ANN)
    await under_test.db.run(PROVEN)
    state = await set_out(under_test)
    async with under_test.db.write() as tx:
        await under_test.core.users.held(tx, under_test.project.id, ann.subject.id)
        await tx.run(MOVED, email="ann@elsewhere.example")
        coming = asyncio.create_task(come_back(under_test, state, under_test.identities["github"].person("1", ANN)))
        await _eventually_waiting(under_test)

    came = await coming

    assert isinstance(came, SignedIn)
    assert came.subject.id != ann.subject.id


@pytest.mark.engine("postgresql")  # as above
async def test_a_provider_that_is_unlinked_this_moment_lets_nobody_in(under_test: CoreUnderTest) -> None:
    """Whoever comes by it is somebody new, as a moment later (security 10)."""
    ann = await under_test.sign_up()
    github = under_test.identities["github"].person("1")
    await linked(under_test, ann, github)
    state = await set_out(under_test)
    async with under_test.db.write() as tx:
        await under_test.core.users.held(tx, under_test.project.id, ann.subject.id)
        await tx.run(UNLINKED)
        coming = asyncio.create_task(come_back(under_test, state, github))
        await _eventually_waiting(under_test)

    came = await coming

    assert isinstance(came, SignedIn)
    assert came.subject.id != ann.subject.id


@pytest.mark.engine("postgresql")  # as above
async def test_tokens_that_somebody_takes_this_moment_are_not_handed_out_again(under_test: CoreUnderTest) -> None:
    """Whoever has read them before finds them gone when they take them (security 39)."""
    session = session_of_provider(under_test.clock.now())
    ann = await travelled(under_test, under_test.identities["github"].person("1"), session=session)
    async with under_test.db.write() as tx:
        await tx.run(TAKEN)
        taking = asyncio.create_task(
            under_test.core.take_provider_session(under_test.visit(), ann.subject.id, "github")
        )
        await _eventually_waiting(under_test)

    assert await taking is None
