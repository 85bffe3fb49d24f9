"""Wherever a password is set, a leaked one is refused; signing in with one is only noted."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import httpx2
import pytest

from tests.cross.doors import EMAIL, NAMES, PASSWORD, Doors, doors_of
from tests.support.fakes import FakeClock
from tests.support.providers.pwned import Pwned
from tests.support.providers.standing_in import Answer, Fault
from tests.support.providers.standing_in import serve as standing_in
from tests.support.serving import Running, Serve
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.core.passwords import NoteLeaked
from vestibule.core.projects import Visit
from vestibule.kernel.secret import Secret

LEAKED: Final = "Dragon-1234"
HIBP: Final = b'{"error":"password-in-hibp-database","message":"Password is in HIBP database","status":400}\n'


@pytest.fixture
async def pwned() -> AsyncIterator[Pwned]:
    """The list on loopback."""
    async with standing_in(Pwned(leaked={LEAKED})) as server:
        yield server


async def _nhost_change(doors: Doors) -> httpx2.Response:
    held = await doors.nhost.sign_up()
    return await doors.nhost.send(
        "POST", "/v1/user/password", {"newPassword": LEAKED}, authorization=f"Bearer {held.access}"
    )


async def _nhost_reset(doors: Doors) -> httpx2.Response:
    await doors.nhost.sign_up()
    ticket = await doors.nhost.reset_ticket()
    return await doors.nhost.send("POST", "/v1/user/password", {"newPassword": LEAKED, "ticket": ticket})


async def _nhost_naming(doors: Doors) -> httpx2.Response:
    came = (await doors.nhost.send("POST", "/v1/signin/anonymous", {})).json()["session"]["accessToken"]
    body = {"signInMethod": "email-password", "email": EMAIL, "password": LEAKED}
    return await doors.nhost.send("POST", "/v1/user/deanonymize", body, authorization=f"Bearer {came}")


async def _sublay_change(doors: Doors) -> httpx2.Response:
    held = await doors.sublay.sign_up()
    body = {"password": PASSWORD, "newPassword": LEAKED}
    return await doors.sublay.post("/auth/change-password", body, authorization=f"Bearer {held.access}")


async def _sign_up_at(name: str, doors: Doors) -> httpx2.Response:
    return await doors[name].ask_to_sign_up(EMAIL, LEAKED)


WAYS: Final[dict[str, Callable[[Doors], Awaitable[httpx2.Response]]]] = {
    **{f"{name}, sign-up": partial(_sign_up_at, name) for name in NAMES},
    "nhost, change": _nhost_change,
    "nhost, reset": _nhost_reset,
    "nhost, naming": _nhost_naming,
    "sublay, change": _sublay_change,
}


@pytest.mark.engine("sqlite")  # the list is asked before the database is
@pytest.mark.parametrize("name", WAYS)
async def test_a_leaked_password_cannot_be_set(serve: Serve, pwned: Pwned, name: str) -> None:
    """At no door and in no way (security 81); each says so in its own form."""
    async with serve(pwned.environ, policy=EVERY_WAY_IN) as running:
        answer = await WAYS[name](doors_of(running))
        assert answer.status_code == 400
        if name.startswith("nhost"):
            assert answer.content == HIBP
        else:
            assert "data breach" in answer.text
        assert (await doors_of(running).nhost.try_to_sign_in(EMAIL, LEAKED)).status_code == 401


@pytest.mark.engine("sqlite")  # as above
async def test_a_list_that_is_away_keeps_nobody_from_signing_up(serve: Serve, pwned: Pwned) -> None:
    """It fails open (security 97)."""
    pwned.faults.append(Answer(503))
    async with serve(pwned.environ) as running:
        assert (await doors_of(running).nhost.ask_to_sign_up(EMAIL, LEAKED)).status_code == 200


def _noting(running: Running) -> NoteLeaked:
    note = running.core.sign_in_with_password.note_leaked
    assert note is not None
    return note


async def _noted(running: Running) -> int:
    await _noting(running).settled()
    rows = await running.core.audit.latest(running.core.db, running.project.id, limit=100)
    return [row.event for row in rows].count("password.found_leaked")


async def _sign_in_elsewhere(running: Running, user_id: UUID) -> None:
    """Do what another worker would, which remembers nobody."""
    note = _noting(running)
    other = NoteLeaked(note.leaks, note.db, note.attempts, note.audit, note.clock)
    other.later(Visit(running.project, "nhost", "192.0.2.1", "req-1"), user_id, Secret(PASSWORD))
    await other.settled()


async def test_signing_in_with_one_is_noted_once_a_day(serve: Serve, pwned: Pwned, clock: FakeClock) -> None:
    """Whoever has one comes in as always, and the audit trail says it once, whichever process they meet (security
    81).
    """
    async with serve(pwned.environ) as running:
        doors = doors_of(running)
        pwned.faults.append(Answer(503))  # it leaks later
        held = await doors.nhost.sign_up()
        pwned.leaked.add(PASSWORD)
        for _ in range(3):
            assert (await doors.nhost.sign_in()).user_id == held.user_id
            assert await _noted(running) == 1
        await _sign_in_elsewhere(running, held.user_id)
        assert await _noted(running) == 1
        clock.advance(timedelta(days=1))
        await doors.nhost.sign_in()
        assert await _noted(running) == 2


@pytest.mark.engine("sqlite")  # as above
async def test_without_an_answer_the_next_sign_in_asks_again(serve: Serve, pwned: Pwned) -> None:
    """A list that is away for a moment hides nothing for a day (security 81)."""
    async with serve(pwned.environ) as running:
        doors = doors_of(running)
        pwned.faults += [Answer(503), Answer(503)]
        await doors.nhost.sign_up()
        pwned.leaked.add(PASSWORD)
        noted = []
        for _ in range(2):
            await doors.nhost.sign_in()
            noted.append(await _noted(running))
        assert noted == [0, 1]


@pytest.mark.engine("sqlite")  # as above
async def test_a_wrong_password_is_not_looked_up(serve: Serve, pwned: Pwned) -> None:
    """What a guesser tries concerns nobody."""
    async with serve(pwned.environ) as running:
        doors = doors_of(running)
        await doors.nhost.sign_up()
        asked = len(pwned.requests)
        assert (await doors.nhost.try_to_sign_in(EMAIL, LEAKED)).status_code == 401
        assert await _noted(running) == 0
        assert len(pwned.requests) == asked


@pytest.mark.engine("sqlite")  # as above
async def test_nobody_waits_for_it_at_a_sign_in(serve: Serve, pwned: Pwned) -> None:
    """The answer is out before the list has said anything, and stopping the server waits for nothing (security 97)."""
    async with serve(pwned.environ) as running:
        doors = doors_of(running)
        pwned.faults += [Answer(503), Fault.SILENT]
        await doors.nhost.sign_up()
        await doors.nhost.sign_in()
        assert len(_noting(running)._tasks) == 1
