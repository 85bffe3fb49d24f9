"""Many who refresh at once: nobody is signed out, and there is one live secret."""

import asyncio
from datetime import timedelta
from itertools import cycle, islice

import pytest

from tests.races.conftest import Processes
from tests.support.cores import ANY, CoreUnderTest
from vestibule.core.sessions import Refreshed
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import InvalidRefreshToken, UserNotActive
from vestibule.storage import Statement

MANY = 50
STEPS = Statement(bytes, "SELECT step_hash FROM vestibule_sessions")


async def outcomes(cores: list[CoreUnderTest], secret: bytes, many: int = MANY) -> list[Refreshed | BaseException]:
    """Refresh with one secret so many times at once, at the processes in turn."""
    return await asyncio.gather(
        *(one.core.refresh_session(one.visit(), secret, ANY) for one in islice(cycle(cores), many)),
        return_exceptions=True,
    )


@pytest.mark.parametrize("count", [1, 3])
async def test_fifty_refreshes_of_one_secret_leave_one_live_secret(processes: Processes, count: int) -> None:
    """Fifty tabs all learn the same successor, and it works (security 21, 26)."""
    cores = await processes(count)
    signed_in = await cores[0].sign_up()

    answers = await outcomes(cores, signed_in.secret)

    secrets = {answer.secret if isinstance(answer, Refreshed) else answer for answer in answers}
    assert len(secrets) == 1, secrets
    [secret] = secrets
    assert isinstance(secret, bytes)
    assert secret != signed_in.secret
    assert await cores[0].refresh(secret) != secret
    assert await cores[0].count("sessions") == 1


async def test_tabs_that_never_agree_stay_signed_in(processes: Processes) -> None:
    """Rounds of racing tabs, each going on with what it got last (security 21, 24)."""
    cores = await processes(2)
    signed_in = await cores[0].sign_up()
    held = [signed_in.secret] * 8
    for _ in range(6):
        refreshed = await asyncio.gather(
            *(one.refresh(secret) for one, secret in zip(cycle(cores), held, strict=False))
        )
        held = [*refreshed[:4], *held[4:]]  # half of the tabs never hear the answer
        cores[0].clock.advance(timedelta(seconds=4))

    assert len(await cores[0].db.all(STEPS)) == 1


async def test_a_thief_and_fifty_tabs_end_in_no_session(processes: Processes) -> None:
    """A secret that is too old ends the session, whatever else runs; no refresh revives it (security 23, 26)."""
    cores = await processes(2)
    signed_in = await cores[0].sign_up()
    current = await cores[0].refresh(signed_in.secret)
    cores[0].clock.advance(timedelta(seconds=31))

    await asyncio.gather(outcomes(cores, current, 25), outcomes(cores, signed_in.secret, 25))

    assert await cores[0].count("sessions") == 0
    events = await cores[0].events()
    assert events.count("session.reuse_detected") == 1


async def end(one: CoreUnderTest, signed_in: SignedIn, ending: str) -> None:
    """End the sessions of somebody, in one of three ways."""
    if ending == "sign out":
        await one.core.revoke_sessions.by_secret(one.visit(), signed_in.secret)
    elif ending == "everywhere":
        await one.core.sign_out_everywhere(one.visit(), signed_in.subject.id)
    else:
        await one.core.users.delete(one.project.id, signed_in.subject.id, actor="test")


@pytest.mark.parametrize("ending", ["sign out", "everywhere", "delete"])
async def test_a_refresh_that_races_with_an_ending_revives_nothing(processes: Processes, ending: str) -> None:
    """Whoever comes first, the session is gone in the end (security 17, 25)."""
    cores = await processes(3)
    for _ in range(10):
        one, other, third = cores
        signed_in = await one.sign_up()

        answers = await asyncio.gather(
            outcomes([one, other], signed_in.secret, 6),
            end(third, signed_in, ending),
            outcomes([one, other], signed_in.secret, 6),
        )

        refused = [answer for answer in (*answers[0], *answers[2]) if not isinstance(answer, Refreshed)]
        assert all(isinstance(answer, InvalidRefreshToken) for answer in refused), refused
        assert await one.count("sessions") == 0


async def test_a_refresh_that_races_with_disabling_leaves_no_session(processes: Processes) -> None:
    """Status and sessions change in one transaction; what comes later is refused (security 18)."""
    cores = await processes(2)
    for _ in range(10):
        one, other = cores
        signed_in = await one.sign_up()

        answers = await asyncio.gather(
            outcomes(cores, signed_in.secret, 6),
            other.core.change_standing(other.project.id, signed_in.subject.id, "disabled", actor="test"),
        )

        refused = [answer for answer in answers[0] if not isinstance(answer, Refreshed)]
        assert all(isinstance(answer, InvalidRefreshToken | UserNotActive) for answer in refused), refused
        assert await one.count("sessions") == 0
