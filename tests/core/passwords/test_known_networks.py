"""While an account is locked its owner comes in where they were before, and nobody sees where that is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.cores import DOOR, CoreUnderTest
from tests.support.fakes import FakeClock
from tests.support.guessing import ANN, ELSEWHERE, OFFICE, answer_to, fail, fail_from_everywhere, stuff, wait_of
from vestibule.core.attempts.delay import ACCOUNT_FAILURES, DELAYS, FREE, FREE_KEPT, HELD_FREE
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.signin import Identified, Method
from vestibule.kernel.errors import TooManyAttempts, WrongPassword
from vestibule.kernel.secret import Secret


async def test_guesses_from_everywhere_make_strangers_wait_and_not_the_owner(
    under_test: CoreUnderTest, clock: FakeClock
) -> None:
    """A hundred wrong passwords from wherever: then only networks that were in before come in, for the rest of a
    quarter of an hour (security 79).
    """
    await under_test.sign_up(ANN)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    await fail_from_everywhere(under_test)

    assert await wait_of(under_test, network=ELSEWHERE) == timedelta(minutes=15)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    clock.advance(timedelta(minutes=15))
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))


async def test_whether_a_network_is_known_shows_nowhere(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Someone beside the owner hears the same of the owner's address as of nobody's: as many free tries, the same
    waits, and the same refusal while the account is locked, and after it (security 82).
    """
    await under_test.sign_up(ANN)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    heard: dict[str, list[object]] = {}
    for email in (ANN, "nobody@example.com"):
        answers = heard[email] = []
        for _ in range(FREE + 3):
            answers.append(await answer_to(under_test, email, OFFICE))
            clock.advance(DELAYS[0])
        clock.advance(DELAYS[-1])
        for number in range(ACCOUNT_FAILURES):
            await fail(under_test, 1, email=email, network=f"10.{number}.0.1")
        answers += [await answer_to(under_test, email, OFFICE) for _ in range(HELD_FREE + 2)]
        clock.advance(timedelta(minutes=15))
        answers += [await answer_to(under_test, email, OFFICE) for _ in range(3)]
    assert heard[ANN] == heard["nobody@example.com"]
    assert "InvalidCredentials" in heard[ANN]
    assert str(timedelta(minutes=15)) in heard[ANN]


async def test_an_alarm_is_answered_alike_where_the_network_is_known(under_test: CoreUnderTest) -> None:
    """And as much is compared for a stranger, whose try cannot open anything (security 82)."""
    await under_test.sign_up(ANN)
    await under_test.sign_up("bob@example.com")
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))
    await stuff(under_test, accounts=60, network=ELSEWHERE)
    refused = [
        await answer_to(under_test, email, ELSEWHERE) for email in (ANN, "bob@example.com", "nobody@example.com")
    ]
    assert refused == [str(timedelta(minutes=5))] * 3


async def test_a_network_is_known_for_a_month(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Of the last success: wrong passwords do not make it longer (security 79)."""
    await under_test.sign_up(ANN)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    clock.advance(timedelta(days=30) - timedelta(minutes=1))
    await fail(under_test, 1, network=OFFICE)
    await fail_from_everywhere(under_test, ACCOUNT_FAILURES - 1)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    clock.advance(timedelta(days=30) - timedelta(minutes=1))
    await fail(under_test, 1, network=OFFICE)
    await fail_from_everywhere(under_test, ACCOUNT_FAILURES - 1)
    assert await answer_to(under_test, ANN, OFFICE) == str(timedelta(minutes=15))
    clock.advance(timedelta(minutes=1))
    await wait_of(under_test, network=OFFICE)


async def test_known_networks_guess_only_so_often_during_a_lock(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Thirty times until the owner comes in again, over all locks; then they wait like strangers (security 79)."""
    await under_test.sign_up(ANN)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    for tries in (HELD_FREE - 1, 1):
        await fail_from_everywhere(under_test)
        for _ in range(tries):
            with pytest.raises(TooManyAttempts):
                await under_test.sign_in(ANN, "wrong", visit=under_test.visit(network=OFFICE))
        if tries > 1:
            clock.advance(timedelta(minutes=15))
    assert await wait_of(under_test, network=OFFICE) == timedelta(minutes=15)
    clock.advance(timedelta(minutes=15))
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    await fail_from_everywhere(under_test)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))


async def test_behind_an_unlisted_proxy_no_network_is_known(under_test: CoreUnderTest) -> None:
    """Everybody there would be (security 82, 104)."""
    proxy = under_test.visit(network="172.31.0.1")
    behind = replace(proxy, network_is_shared=True)
    await under_test.sign_up(ANN)
    await under_test.sign_in(ANN, visit=behind)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    await fail_from_everywhere(under_test)
    for visit in (behind, proxy, replace(under_test.visit(network=OFFICE), network_is_shared=True)):
        with pytest.raises(TooManyAttempts):
            await under_test.sign_in(ANN, visit=visit)


async def test_what_a_lock_refuses_leaves_nothing_behind(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Neither rows for made-up networks, nor tries that would keep the owner waiting after it (security 79)."""
    await under_test.sign_up(ANN)
    await fail_from_everywhere(under_test)
    rows = await under_test.count("attempts")
    for number in range(FREE + 1):
        await wait_of(under_test, network=ELSEWHERE)
        await wait_of(under_test, network=f"172.16.{number}.1")
    assert await under_test.count("attempts") == rows
    clock.advance(timedelta(minutes=15))
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))


async def test_a_new_password_lets_in_during_a_lock(under_test: CoreUnderTest) -> None:
    """Whoever proves by letter who they are comes in where they set it, known there or not (security 79)."""
    ann = await under_test.sign_up(ANN)
    await fail_from_everywhere(under_test)
    await wait_of(under_test, network=ELSEWHERE)
    there = under_test.visit(network=ELSEWHERE)
    new = PasswordChange(user_id=ann.subject.id, new=NewPassword(Secret("another word for the same door")))
    await under_test.core.change_password(there, new)
    await under_test.sign_in(ANN, "another word for the same door", visit=there)


@pytest.mark.parametrize(
    "method", [Method.EMAIL_LINK, Method.EMAIL_CODE, Method.TEXT_CODE, Method.PROVIDER, Method.ID_TOKEN]
)
async def test_another_proof_makes_a_network_known(under_test: CoreUnderTest, method: Method) -> None:
    """An owner on a new network comes in by link, code or provider, and by the password too from then on, whatever
    strangers do (security 79).
    """
    ann = await under_test.sign_up(ANN)
    await fail_from_everywhere(under_test)
    there = under_test.visit(network=ELSEWHERE)
    async with under_test.db.write() as tx:
        await under_test.core.sign_in_with_password.finish(tx, there, Identified(ann.subject.id, method), DOOR)
    await under_test.sign_in(ANN, visit=there)
    await wait_of(under_test, network=OFFICE)


def test_the_bounds_are_those_that_operators_are_told() -> None:
    """Thirty tries are free, thirty are a known network's during a lock, a hundred failures lock (security 79)."""
    assert (FREE, HELD_FREE, ACCOUNT_FAILURES) == (30, 30, 100)
    assert [delay.total_seconds() for delay in DELAYS] == [1, 4, 16, 64, 256, 900]
    assert timedelta(minutes=15) == FREE_KEPT


async def test_a_network_that_is_known_in_another_project_is_a_stranger(under_test: CoreUnderTest) -> None:
    """The same address and the same office, and yet another account (security 122)."""
    other = under_test.visit(project=await under_test.other_project(), network=OFFICE)
    await under_test.sign_up(ANN, visit=other)
    await under_test.sign_in(ANN, visit=other)
    await under_test.sign_up(ANN)
    await fail_from_everywhere(under_test)
    assert await wait_of(under_test, network=OFFICE) == timedelta(minutes=15)


async def test_a_success_in_another_project_behind_the_same_proxy_forgets_nothing(under_test: CoreUnderTest) -> None:
    """Whoever has an account there of the same address buys no tries here with it (security 80, 122)."""
    here = replace(under_test.visit(network="172.31.0.1"), network_is_shared=True)
    there = replace(here, project=await under_test.other_project())
    for visit in (here, there):
        await under_test.sign_up(ANN, visit=visit)
    for _ in range(FREE):
        with pytest.raises(WrongPassword):
            await under_test.sign_in(ANN, "wrong", visit=here)
    await under_test.sign_in(ANN, visit=there)
    with pytest.raises(TooManyAttempts):
        await under_test.sign_in(ANN, visit=here)
