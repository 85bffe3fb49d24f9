"""A wave of wrong passwords stops the networks it comes from, and nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.support.cores import CoreUnderTest
from tests.support.fakes import FakeClock
from tests.support.guessing import ANN, ELSEWHERE, HOME, OFFICE, fail, stuff, wait_of
from vestibule.kernel.errors import InvalidCredentials


async def test_a_wave_of_failures_refuses_the_networks_it_comes_from(
    under_test: CoreUnderTest, clock: FakeClock
) -> None:
    """Others go on, and so does the owner of an account that was entered from there before; the audit trail says it
    once (security 81).
    """
    for email in (ANN, "bob@example.com", "cat@example.com"):
        await under_test.sign_up(email)
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))
    with capture_logs() as logs:
        await stuff(under_test, accounts=60, network=ELSEWHERE)

    assert await wait_of(under_test, email="bob@example.com", network=ELSEWHERE) == timedelta(minutes=5)
    await under_test.sign_in("bob@example.com", visit=under_test.visit(network=HOME))
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))
    assert [entry["event"] for entry in logs if entry["event"].startswith("sign_in")] == ["sign_in.failures_risen"]
    assert (await under_test.events()).count("sign_in.failures_risen") == 1
    clock.advance(timedelta(minutes=5))
    await under_test.sign_in("cat@example.com", visit=under_test.visit(network=ELSEWHERE))


async def test_accounts_are_counted_in_each_ten_minutes(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """A network that tries the same accounts again is known for them again (security 81)."""
    for email in (ANN, "bob@example.com"):
        await under_test.sign_up(email)
        await stuff(under_test, accounts=60, network=ELSEWHERE)
        await wait_of(under_test, email=email, network=ELSEWHERE)
        clock.advance(timedelta(minutes=11))
        await under_test.sign_in(email, visit=under_test.visit(network=ELSEWHERE))


async def test_one_account_tried_often_makes_no_wave(under_test: CoreUnderTest) -> None:
    """It has its own delays and lock; the network is not refused elsewhere (security 81)."""
    for email in (ANN, "bob@example.com"):
        await under_test.sign_up(email)
    for network in (HOME, OFFICE, ELSEWHERE):
        await fail(under_test, 25, network=network)
    await under_test.sign_in("bob@example.com", visit=under_test.visit(network=HOME))


async def test_a_few_failures_among_many_successes_refuse_nobody(under_test: CoreUnderTest) -> None:
    """It is the ratio that counts: a busy hour is no attack (security 81)."""
    await under_test.sign_up(ANN)
    for number in range(20):
        await under_test.sign_up(f"person{number}@example.com")
        await under_test.sign_in(f"person{number}@example.com")
    await stuff(under_test, accounts=70, network=ELSEWHERE)
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))


async def test_a_guesser_cannot_hide_among_other_sign_ins(under_test: CoreUnderTest) -> None:
    """Neither by an account of their own, entered again and again, nor in sign-ups and what needs no password
    (security 81).
    """
    for email in (ANN, "mallory@example.com"):
        await under_test.sign_up(email)
    for number in range(20):
        await under_test.sign_in("mallory@example.com")
        await under_test.sign_up(f"person{number}@example.com")
    await stuff(under_test, accounts=60, network=ELSEWHERE)
    await wait_of(under_test, network=ELSEWHERE)


async def test_failures_are_counted_over_a_sliding_minute(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """What is older does not count: sixty over an hour are no wave (security 81)."""
    await under_test.sign_up(ANN)
    for number in range(70):
        await fail(under_test, 1, email=f"victim{number}@example.com", network=ELSEWHERE)
        clock.advance(timedelta(seconds=5))
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))


async def test_projects_raise_no_alarm_for_each_other(under_test: CoreUnderTest) -> None:
    """What happens to one project changes nothing in another (security 122)."""
    other = under_test.visit(project=await under_test.other_project(), network=ELSEWHERE)
    await under_test.sign_up(ANN, visit=other)
    await stuff(under_test, accounts=60, network=ELSEWHERE)
    await under_test.sign_in(ANN, visit=other)


async def test_a_patient_network_is_refused_as_well(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Its accounts are counted over ten minutes, whoever raises the alarm (security 81)."""
    await under_test.sign_up(ANN)
    await stuff(under_test, accounts=9, network=ELSEWHERE)
    clock.advance(timedelta(minutes=9))
    await fail(under_test, 1, email="one-more@example.com", network=ELSEWHERE)
    await stuff(under_test, accounts=59, network=OFFICE)
    await wait_of(under_test, network=ELSEWHERE)
    await under_test.sign_in(ANN, visit=under_test.visit(network=HOME))


async def test_what_happened_a_minute_ago_in_another_project_raises_no_alarm(
    under_test: CoreUnderTest, clock: FakeClock
) -> None:
    """Each counts its own failures, those of the minute before as well (security 122)."""
    other = under_test.visit(project=await under_test.other_project(), network=ELSEWHERE)
    await under_test.sign_up(ANN)
    for number in range(59):
        with pytest.raises(InvalidCredentials):
            await under_test.sign_in(f"victim{number}@example.com", "wrong", visit=other)
    now = clock.now()
    clock.advance(
        timedelta(minutes=1) - timedelta(seconds=now.second, microseconds=now.microsecond)
    )  # all of it counts
    await stuff(under_test, accounts=30, network=ELSEWHERE)
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))


async def test_a_wave_from_behind_an_unlisted_proxy_refuses_nobody_there(under_test: CoreUnderTest) -> None:
    """All of them have the proxy's network: one person would shut out everybody (security 79, 104)."""
    await under_test.sign_up(ANN)
    behind = replace(under_test.visit(network=ELSEWHERE), network_is_shared=True)
    for number in range(70):
        with pytest.raises(InvalidCredentials):
            await under_test.sign_in(f"victim{number}@example.com", "wrong", visit=behind)
    assert (await under_test.events()).count("sign_in.failures_risen") == 1
    await under_test.sign_in(ANN, visit=behind)
