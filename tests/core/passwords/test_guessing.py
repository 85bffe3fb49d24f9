"""Whoever guesses waits longer and longer; the owner does not wait with them."""

from datetime import timedelta

import pytest

from tests.support.cores import DOOR, CoreUnderTest
from tests.support.fakes import FakeClock
from tests.support.guessing import ANN, ELSEWHERE, HOME, fail, stuff, wait_of
from vestibule.core.attempts.delay import DELAYS, FREE, FREE_KEPT, neighbourhood
from vestibule.core.passwords import NewPassword, PasswordAttempt, PasswordChange
from vestibule.core.projects import Visit
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import TooManyAttempts
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement


async def test_after_thirty_each_try_waits_longer(under_test: CoreUnderTest, clock: FakeClock) -> None:
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
    await fail(under_test, FREE)
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
    """People who mistype now and then never wait."""
    await under_test.sign_up(ANN)
    for _ in range(3):
        await fail(under_test, FREE - 1)
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
    for _ in range(3):
        await stuff(under_test, accounts=10, network=HOME)
        await under_test.sign_in("mallory@example.com")
    with pytest.raises(TooManyAttempts):
        await under_test.sign_in("bob@example.com", "wrong", visit=under_test.visit(network=HOME))


async def test_unknown_addresses_wait_alike(under_test: CoreUnderTest) -> None:
    """Otherwise the refusal would tell who exists (security 82)."""
    await fail(under_test, FREE, email="nobody@example.com")
    assert await wait_of(under_test, email="nobody@example.com") == DELAYS[0]


async def test_free_tries_are_forgotten_after_a_quarter_of_an_hour(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """So that made-up addresses do not fill the table for a day; who has to wait is remembered (security 79)."""
    await under_test.sign_up(ANN)
    await fail(under_test, FREE - 1)
    clock.advance(FREE_KEPT)
    await fail(under_test, FREE)
    clock.advance(FREE_KEPT)
    await fail(under_test, 1)
    assert await wait_of(under_test) == DELAYS[1]


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
    """The charge looks at all counts: neither delay nor lock nor alarm adds a round trip. The first in a minute
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


async def test_a_try_that_comes_too_soon_costs_no_comparison(under_test: CoreUnderTest) -> None:
    """It is turned away when it is counted: whoever hammers at one account keeps no processor busy (security 85)."""
    await fail(under_test, FREE)
    with pytest.raises(TooManyAttempts):
        await under_test.core.sign_in_with_password.guesses.charge(under_test.visit(), ANN)
