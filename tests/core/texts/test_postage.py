"""Nobody earns money by having us send texts: every way to many of them is bounded (security 95)."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.fakes import FakeClock
from vestibule.core.projects import Visit
from vestibule.core.texts import PhoneNumber
from vestibule.core.texts.postage import BLOCK_BUDGET, JUDGED_FROM, NETWORK_BUDGET, NUMBER_BUDGET
from vestibule.kernel.errors import CannotSendText, TooManyAttempts

ANN = PhoneNumber("+4915123456789", "DE")
BOB = PhoneNumber("+14165550123", "CA")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FakeClock:
    """At the beginning of a bucket of five minutes."""
    return FakeClock(datetime(2026, 5, 1, 12, tzinfo=UTC))


def somebody(number: int, country: str = "DE") -> PhoneNumber:
    """Return one of many numbers, each in a block of its own."""
    return PhoneNumber(f"+4915{number:04}56789", country)


async def ask(under_test: CoreUnderTest, phone: PhoneNumber = ANN, visit: Visit | None = None) -> None:
    await under_test.core.text_postage.count_request(visit or under_test.visit(), phone)


async def refused(under_test: CoreUnderTest, phone: PhoneNumber = ANN, visit: Visit | None = None) -> bool:
    try:
        await ask(under_test, phone, visit)
    except (TooManyAttempts, CannotSendText):
        return True
    return False


async def test_one_number_gets_so_many_texts_and_no_more(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """From whatever network they are asked for, and through whatever door; an hour later it gets some again."""
    for place in range(NUMBER_BUDGET.tries):
        await ask(
            under_test, visit=under_test.visit("accountmaker" if place % 2 else "nhost", network=f"192.0.2.{place}")
        )
    with pytest.raises(TooManyAttempts) as caught:
        await ask(under_test, visit=under_test.visit(network="198.51.100.7"))
    assert timedelta() < caught.value.retry_after <= NUMBER_BUDGET.window
    await ask(under_test, BOB)
    clock.advance(HOUR)
    await ask(under_test)


async def test_a_code_that_was_typed_in_gives_the_number_its_budget_back(under_test: CoreUnderTest) -> None:
    """Whoever holds the telephone is not its flooder."""
    for _ in range(3 * NUMBER_BUDGET.tries):
        await ask(under_test)
        await under_test.core.text_postage.record_confirmed(under_test.visit(), ANN)


async def test_one_network_asks_for_so_many(under_test: CoreUnderTest) -> None:
    """To whatever numbers."""
    for number in range(NETWORK_BUDGET.tries):
        await ask(under_test, somebody(number))
    with pytest.raises(TooManyAttempts):
        await ask(under_test, BOB)
    await ask(under_test, BOB, under_test.visit(network="198.51.100.7"))


async def test_a_block_of_numbers_gets_so_many(under_test: CoreUnderTest) -> None:
    """A fraudster's numbers lie side by side; the networks they are asked from do not."""
    for last in range(BLOCK_BUDGET.tries):
        phone = PhoneNumber(f"+491512345{last:04}", "DE")
        await ask(under_test, phone, under_test.visit(network=f"192.0.2.{last}"))
    elsewhere = under_test.visit(network="198.51.100.7")
    with pytest.raises(TooManyAttempts):
        await ask(under_test, PhoneNumber("+4915123459999", "DE"), elsewhere)
    await ask(under_test, PhoneNumber("+4915123469999", "DE"), elsewhere)


async def test_a_project_sends_so_many_an_hour(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """The rest is refused, and the audit trail says so once; other projects have their own."""
    visit = under_test.visit(texts_per_hour=2)
    for number in range(2):
        await ask(under_test, somebody(number), visit)
    for number in range(2, 5):
        with pytest.raises(TooManyAttempts):
            await ask(under_test, somebody(number), visit)
    assert (await under_test.events()).count("text.budget_spent") == 1
    await ask(under_test, BOB, under_test.visit(project=await under_test.other_project()))
    clock.advance(HOUR)
    await ask(under_test, somebody(9), visit)


async def test_only_listed_countries_get_texts(under_test: CoreUnderTest) -> None:
    """Canada and the United States share a calling code and are two countries."""
    visit = under_test.visit(text_countries=("DE", "US"))
    await ask(under_test, ANN, visit)
    with pytest.raises(CannotSendText):
        await ask(under_test, BOB, visit)
    assert await under_test.count("attempts") == 4  # what was refused used nothing up


async def send(under_test: CoreUnderTest, how_many: int, *, confirmed: int = 0, country: str = "DE") -> None:
    postage = under_test.core.text_postage
    for number in range(how_many):
        await postage.record_sent(under_test.visit(), somebody(number, country))
    for number in range(confirmed):
        await postage.record_confirmed(under_test.visit(), somebody(number, country))


async def test_a_country_whose_codes_nobody_types_in_pauses(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """That is how such traffic shows; the audit trail says so once, and every other country goes on."""
    await send(under_test, JUDGED_FROM, confirmed=4)
    clock.advance(10 * MINUTE)
    for number in range(3):
        with pytest.raises(CannotSendText):
            await ask(under_test, somebody(number))
    await ask(under_test, BOB)
    assert (await under_test.events()).count("text.country_paused") == 1
    [told] = [
        row.detail
        for row in await under_test.core.audit.latest(under_test.db, under_test.project.id, limit=10)
        if row.event == "text.country_paused"
    ]
    assert told == {"country": "DE", "sent": 50, "confirmed": 4}


async def test_it_is_not_judged_by_codes_that_are_still_on_their_way(
    under_test: CoreUnderTest, clock: FakeClock
) -> None:
    """Fifty people who sign in within a minute have a few more to type; each code has its five minutes."""
    await send(under_test, JUDGED_FROM)
    assert not await refused(under_test)
    clock.advance(5 * MINUTE)
    assert not await refused(under_test)
    await send(under_test, 0, confirmed=5)
    clock.advance(5 * MINUTE)
    assert not await refused(under_test)


async def test_few_codes_say_nothing(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """A small project has quiet hours."""
    await send(under_test, JUDGED_FROM - 1)
    clock.advance(10 * MINUTE)
    assert not await refused(under_test)


async def test_a_tenth_is_enough(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """People do mistype numbers, lose interest, or have no reception."""
    await send(under_test, JUDGED_FROM, confirmed=5)
    clock.advance(10 * MINUTE)
    assert not await refused(under_test)


async def test_a_paused_country_gets_another_try(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Within an hour or so and without anybody's help; an attack that goes on is paused again."""
    await send(under_test, JUDGED_FROM)
    clock.advance(10 * MINUTE)
    assert await refused(under_test)
    clock.advance(60 * MINUTE)
    assert not await refused(under_test)
    await send(under_test, JUDGED_FROM)
    clock.advance(10 * MINUTE)
    assert await refused(under_test)
