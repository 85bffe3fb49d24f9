"""Whoever guesses waits longer and longer; the owner does not wait with them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from tests.support.cores import DOOR, CoreUnderTest
from tests.support.fakes import FakeClock
from vestibule.core.attempts.delay import ACCOUNT_FAILURES, DELAYS, FREE, FREE_KEPT, HELD_FREE, neighbourhood
from vestibule.core.passwords import NewPassword, PasswordAttempt, PasswordChange
from vestibule.core.projects import Visit
from vestibule.core.signin import Identified, Method, SignedIn
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


async def answer_to(under_test: CoreUnderTest, email: str, network: str) -> str:
    """Be wrong, and return what is heard."""
    try:
        await under_test.sign_in(email, "wrong", visit=under_test.visit(network=network))
    except InvalidCredentials:
        return "InvalidCredentials"
    except TooManyAttempts as refused:
        return str(refused.retry_after)
    raise AssertionError


async def test_unknown_addresses_wait_alike(under_test: CoreUnderTest) -> None:
    """Otherwise the refusal would tell who exists (security 82)."""
    await fail(under_test, FREE, email="nobody@example.com")
    assert await wait_of(under_test, email="nobody@example.com") == DELAYS[0]


async def fail_from_everywhere(under_test: CoreUnderTest, times: int = ACCOUNT_FAILURES) -> None:
    """Guess from many networks, a little from each."""
    for number in range(times):
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


async def test_free_tries_are_forgotten_after_a_quarter_of_an_hour(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """So that made-up addresses do not fill the table for a day; who has to wait is remembered (security 79)."""
    await under_test.sign_up(ANN)
    await fail(under_test, FREE - 1)
    clock.advance(FREE_KEPT)
    await fail(under_test, FREE)
    clock.advance(FREE_KEPT)
    await fail(under_test, 1)
    assert await wait_of(under_test) == DELAYS[1]


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
