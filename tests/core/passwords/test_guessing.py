"""Whoever guesses waits longer and longer; the owner does not wait with them."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.support.cores import DOOR, CoreUnderTest
from tests.support.fakes import FakeClock
from vestibule.core.attempts.delay import ACCOUNT_FAILURES, DELAYS, FREE, KNOWN_FREE, neighbourhood
from vestibule.core.passwords import NewPassword, PasswordAttempt, PasswordChange
from vestibule.core.projects import Visit
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import InvalidCredentials, TooManyAttempts
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

ANN = "ann@example.com"
HOME, OFFICE, ELSEWHERE = "192.0.2.1", "198.51.100.9", "203.0.113.5"
WAITING = Statement(int, "SELECT tries FROM vestibule_attempts ORDER BY tries")


async def fail(under_test: CoreUnderTest, times: int, *, email: str = ANN, network: str = HOME) -> None:
    """Be wrong so many times."""
    for _ in range(times):
        with pytest.raises(InvalidCredentials):
            await under_test.sign_in(email, "wrong", visit=under_test.visit(network=network))


async def wait_of(under_test: CoreUnderTest, *, email: str = ANN, network: str = HOME) -> timedelta:
    """Try too soon, with the right password, and return how long to wait."""
    with pytest.raises(TooManyAttempts) as refused:
        await under_test.sign_in(email, visit=under_test.visit(network=network))
    return refused.value.retry_after


async def test_after_ten_each_try_waits_longer(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """One second, four, sixteen, and so on up to a quarter of an hour, where it stays (security 78, 79)."""
    await under_test.sign_up(ANN)
    await fail(under_test, FREE)
    for delay in (*DELAYS, DELAYS[-1]):
        assert await wait_of(under_test) == delay
        clock.advance(delay - timedelta(milliseconds=1))
        assert await wait_of(under_test) == timedelta(seconds=1)
        clock.advance(timedelta(milliseconds=1))
        await fail(under_test, 1)
    clock.advance(DELAYS[-1])
    assert (await under_test.sign_in(ANN)).subject.email == ANN


async def test_a_try_that_comes_too_soon_pushes_nothing_away(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Nobody is kept waiting for ever by trying again (security 79)."""
    await under_test.sign_up(ANN)
    await fail(under_test, FREE + 0)
    for _ in range(50):
        await wait_of(under_test)
    clock.advance(DELAYS[0])
    await under_test.sign_in(ANN)


async def test_the_owner_comes_in_from_elsewhere(under_test: CoreUnderTest) -> None:
    """Who guesses from one network keeps nobody out of another (security 79)."""
    await under_test.sign_up(ANN)
    await fail(under_test, FREE)
    await wait_of(under_test)

    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))


@pytest.mark.parametrize(
    ("network", "counted"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("unix", "unix"),
    ],
)
def test_a_neighbourhood_counts_as_one(network: str, counted: str) -> None:
    """The /24 of an IPv4 address, the /64 that an IPv6 network is (security 79, 103)."""
    assert neighbourhood(network) == counted


async def test_an_address_beside_it_gives_no_new_tries(under_test: CoreUnderTest) -> None:
    """Whoever has a /24 has one count (security 79)."""
    await under_test.sign_up(ANN)
    for number in range(FREE):
        await fail(under_test, 1, network=f"192.0.2.{number}")
    await wait_of(under_test, network="192.0.2.200")


async def test_a_success_starts_the_count_anew(under_test: CoreUnderTest) -> None:
    """People who mistype now and then never wait; where they have been in before they may mistype more."""
    await under_test.sign_up(ANN)
    await fail(under_test, FREE - 1)
    for _ in range(2):
        await under_test.sign_in(ANN)
        await fail(under_test, KNOWN_FREE - 1)
    await under_test.sign_in(ANN)


async def test_a_new_password_starts_the_count_anew(under_test: CoreUnderTest) -> None:
    """Whoever forgot theirs and tried often resets it, and does not wait with the new one."""
    ann = await under_test.sign_up(ANN)
    await fail(under_test, FREE)
    await wait_of(under_test)
    new = PasswordChange(user_id=ann.subject.id, new=NewPassword(Secret("another word for the same door")))
    await under_test.core.change_password(under_test.visit(), new)
    await under_test.sign_in(ANN, "another word for the same door")


async def test_guesses_at_the_current_password_count_with_those_at_the_door(under_test: CoreUnderTest) -> None:
    """A stolen session gives no tries of its own (security 78)."""
    ann = await under_test.sign_up(ANN)
    await fail(under_test, FREE)
    new = NewPassword(Secret("another word for the same door"))
    change = PasswordChange(user_id=ann.subject.id, new=new, current=Secret("a guess"))
    with pytest.raises(TooManyAttempts):
        await under_test.core.change_password(under_test.visit(), change)


async def test_ones_own_success_gives_no_tries_on_others(under_test: CoreUnderTest) -> None:
    """Nor does it clear what the network is known for (security 80)."""
    await under_test.sign_up(ANN)
    await under_test.sign_up("mallory@example.com")
    await fail(under_test, FREE)
    await under_test.sign_in("mallory@example.com")
    await wait_of(under_test)
    guard = under_test.core.sign_in_with_password.guesses
    made = await guard.charge(under_test.visit(), "bob@example.com")
    assert made.network_accounts == 1


async def test_unknown_addresses_wait_alike(under_test: CoreUnderTest) -> None:
    """Otherwise the refusal would tell who exists (security 82)."""
    await fail(under_test, FREE, email="nobody@example.com")
    assert await wait_of(under_test, email="nobody@example.com") == DELAYS[0]


async def fail_from_everywhere(under_test: CoreUnderTest) -> None:
    """Guess from many networks, a little from each."""
    for number in range(ACCOUNT_FAILURES):
        await fail(under_test, 1, network=f"10.{number}.0.1")


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


async def test_a_network_is_known_for_a_month(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """And to the account that was entered from it only."""
    await under_test.sign_up(ANN)
    await under_test.sign_in(ANN, visit=under_test.visit(network=OFFICE))
    guard = under_test.core.sign_in_with_password.guesses
    office = under_test.visit(network=OFFICE)
    assert (await guard.charge(office, ANN)).is_known
    assert not (await guard.charge(office, "bob@example.com")).is_known
    clock.advance(timedelta(days=30))
    assert not (await guard.charge(office, ANN)).is_known


async def test_a_hundred_failures_make_a_known_network_a_strange_one(
    under_test: CoreUnderTest, clock: FakeClock
) -> None:
    """Nobody guesses for ever from where the owner was once, and nobody waits for a month."""
    await under_test.sign_up(ANN)
    await under_test.sign_in(ANN)
    guard = under_test.core.sign_in_with_password.guesses
    known = [(await guard.charge(under_test.visit(), ANN)).is_known for _ in range(KNOWN_FREE)]
    for _ in range(101 - KNOWN_FREE):
        clock.advance(DELAYS[-1])
        known.append((await guard.charge(under_test.visit(), ANN)).is_known)
    assert known == [True] * 99 + [False] * 2
    for _ in range(FREE - 1):
        await guard.charge(under_test.visit(), ANN)
    assert await wait_of(under_test) == DELAYS[0]


async def stuff(under_test: CoreUnderTest, *, accounts: int, network: str) -> None:
    """Try one wrong password at each of many accounts."""
    for number in range(accounts):
        await fail(under_test, 1, email=f"victim{number}@example.com", network=network)


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


async def test_a_few_failures_among_many_successes_refuse_nobody(under_test: CoreUnderTest) -> None:
    """It is the ratio that counts: a busy hour is no attack (security 81)."""
    await under_test.sign_up(ANN)
    for number in range(20):
        await under_test.sign_in(ANN, visit=under_test.visit(network=f"10.0.{number}.1"))
    await stuff(under_test, accounts=70, network=ELSEWHERE)
    await under_test.sign_in(ANN, visit=under_test.visit(network=ELSEWHERE))


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


class Counting:
    """Counts the statements that a use-case runs."""

    def __init__(self, under_test: CoreUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[str] = []
        for kind in {type(under_test.db)}:
            for name in ("one", "all", "run"):
                self._note(kind, name, monkeypatch)

    def _note(self, kind: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        real = getattr(kind, name)

        async def noting(db: object, statement: Statement[object], **parameters: object) -> object:
            self.ran.append(str(statement.row))
            return await real(db, statement, **parameters)

        monkeypatch.setattr(kind, name, noting)


async def test_a_success_costs_two_statements_before_its_transaction(
    under_test: CoreUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All counts come back with the charge: neither delay nor alarm adds a round trip. The first one in a minute
    learns what imported hashes there are.
    """
    await under_test.sign_up(ANN)
    visit: Visit = under_test.visit()
    for expected in (3, 2):
        with monkeypatch.context() as patch:
            counting = Counting(under_test, patch)
            outcome = await under_test.core.sign_in_with_password(
                visit, PasswordAttempt(ANN, Secret("correct horse battery staple")), DOOR
            )
        assert isinstance(outcome, SignedIn)
        assert len(counting.ran) == expected, counting.ran
