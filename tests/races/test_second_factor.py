"""Many who come with one code."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from itertools import cycle, islice

import pytest

from tests.races.conftest import Processes
from tests.support.cores import CoreUnderTest
from tests.support.second_factor import Holder, holder, newcomer
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import InvalidTicket, InvalidTotp, TooManyAttempts, TotpAlreadyActive
from vestibule.kernel.secret import Secret


def fifty(cores: list[CoreUnderTest], one: Holder) -> list[Holder]:
    """Return the same user fifty times, as each process in turn sees them."""
    return [Holder(core, one.session, one.application) for core in islice(cycle(cores), 50)]


async def at_once(attempts: Iterable[Awaitable[object]]) -> Counter[type]:
    """Return how many came to what end."""
    return Counter(type(answer) for answer in await asyncio.gather(*attempts, return_exceptions=True))


async def test_of_fifty_who_show_one_code_one_is_elevated(processes: Processes) -> None:
    """The tries are counted before anything is compared, and of those who are compared one takes the step (security 74,
    76).
    """
    cores = await processes(3)
    ann = await holder(cores[0])
    code = ann.application.fresh()

    ended = await at_once(one.elevate(code) for one in fifty(cores, ann))

    assert ended[SignedIn] == 1
    assert ended[InvalidTotp] + ended[TooManyAttempts] == 49
    assert ended[InvalidTotp] in {9, 10}  # the winner's try is given back, maybe while others still come


async def test_of_fifty_who_show_one_code_for_one_ticket_one_comes_in(processes: Processes) -> None:
    """Five of them are compared (security 73, 76)."""
    cores = await processes(3)
    ann = await holder(cores[0])
    ticket, code = await ann.ticket(), ann.application.fresh()
    before = await cores[0].count("sessions")

    ended = await at_once(one.show(ticket, code) for one in fifty(cores, ann))

    assert ended[SignedIn] == 1
    assert set(ended) <= {SignedIn, InvalidTicket}
    assert await cores[0].count("sessions") == before + 1


@pytest.mark.parametrize("kind", ["code", "recovery code"])
async def test_a_code_is_used_up_by_one_statement(processes: Processes, kind: str) -> None:
    """Even where nobody counts tries and nobody holds the user, one of fifty wins (security 76, 91)."""
    cores = await processes(3)
    ann = await holder(cores[0])
    code = Secret((await ann.recovery_codes())[0] if kind == "recovery code" else ann.application.fresh())

    async def show(one: Holder) -> str:
        prove = one.under_test.core.second_factor.elevate.prove
        async with one.under_test.db.write() as tx:
            await prove.by_either(tx, one.visit(), one.session.subject, code)
        return kind

    assert await at_once(show(one) for one in fifty(cores, ann)) == {str: 1, InvalidTotp: 49}


async def test_of_fifty_who_show_one_recovery_code_one_comes_in(processes: Processes) -> None:
    """The other nine codes are left (security 91)."""
    cores = await processes(3)
    ann = await holder(cores[0])
    code = (await ann.recovery_codes())[0]
    ticket = await ann.ticket()

    ended = await at_once(one.show(ticket, code) for one in fifty(cores, ann))

    assert ended[SignedIn] == 1
    assert await ann.left() == 9


async def test_of_fifty_who_turn_it_on_one_does(processes: Processes) -> None:
    """The others find it on, or are not compared."""
    cores = await processes(3)
    ann = await newcomer(cores[0])
    code = (await ann.offered()).shows()

    ended = await at_once(one.activate(code) for one in fifty(cores, ann))

    assert ended[type(None)] == 1
    assert set(ended) <= {type(None), TotpAlreadyActive, TooManyAttempts}
    assert (await cores[0].events()).count("totp.activated") == 1


async def test_fifty_wrong_codes_at_once_are_all_counted(processes: Processes) -> None:
    """Ten are compared, the others turned away; the user is told once (security 74, 77)."""
    cores = await processes(3)
    ann = await holder(cores[0])
    await cores[0].letters()

    ended = await at_once(one.elevate(ann.application.wrong()) for one in fifty(cores, ann))

    assert ended == {InvalidTotp: 10, TooManyAttempts: 40}
    assert [letter.event for letter in await cores[0].letters()] == ["second-factor-locked"]


async def test_a_sign_in_that_races_with_the_end_of_its_factor_leaves_no_ticket(processes: Processes) -> None:
    """Turning it off ends what was half done, and sessions that began before; what comes after needs the password
    alone (security 29).
    """
    cores = await processes(2)
    for _ in range(5):
        ann = await holder(cores[0])
        ticket = await ann.ticket()
        code, recovery = ann.application, (await ann.recovery_codes())[0]
        await asyncio.gather(
            ann.deactivate(code.fresh()),
            Holder(cores[1], ann.session, code).show(ticket, recovery),
            return_exceptions=True,
        )
        living = await cores[0].core.live_sessions.of_user(cores[0].project.id, ann.id)
        assert [session.id for session in living] == [ann.session.session.id]
        assert await cores[0].count("tickets") == 0
