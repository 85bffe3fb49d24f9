"""No stranger fills a mailbox, nor spends the good name of the mail server: letters are bounded (security 96)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.support.cores import DOOR, LETTER, PASSWORD, CoreUnderTest
from tests.support.fakes import FakeClock
from vestibule.core.letters import MAIL_BUDGET
from vestibule.core.passwords import NewPassword, PasswordSignUp
from vestibule.core.projects import Visit
from vestibule.kernel.errors import EmailTaken, TooManyAttempts, UserNotFound
from vestibule.kernel.secret import Secret

ANN = "ann@example.com"
NOBODY = "nobody@example.com"

Ask = Callable[[CoreUnderTest, Visit, str], Awaitable[object]]


async def reset(under_test: CoreUnderTest, visit: Visit, email: str) -> None:
    await under_test.core.request_password_reset(visit, email, LETTER)


async def verify(under_test: CoreUnderTest, visit: Visit, email: str) -> None:
    await under_test.core.request_verification(visit, email, LETTER)


async def sign_up(under_test: CoreUnderTest, visit: Visit, email: str) -> None:
    new = PasswordSignUp(email=email, password=NewPassword(Secret(PASSWORD)), letter=LETTER, always_send=True)
    await under_test.core.sign_up_with_password(visit, new, DOOR)


async def spend_address(under_test: CoreUnderTest, visit: Visit, email: str = ANN) -> None:
    for _ in range(MAIL_BUDGET.tries):
        await reset(under_test, visit, email)


async def test_one_address_gets_so_many_resets_and_no_more(under_test: CoreUnderTest, clock: FakeClock) -> None:
    """Whoever asks on gets the same answer, and no mail leaves; an hour after the first it does again."""
    await under_test.sign_up(ANN)
    await spend_address(under_test, under_test.visit())
    assert len(await under_test.letters()) == MAIL_BUDGET.tries
    await reset(under_test, under_test.visit(), ANN)
    assert await under_test.letters() == []

    clock.advance(timedelta(minutes=59, seconds=59))
    await reset(under_test, under_test.visit(), ANN)
    assert await under_test.letters() == []
    clock.advance(timedelta(seconds=1))
    await reset(under_test, under_test.visit(), ANN)
    assert len(await under_test.letters()) == 1


async def test_neither_spelling_nor_door_nor_network_nor_kind_starts_anew(under_test: CoreUnderTest) -> None:
    """The mailbox is what is protected."""
    await under_test.sign_up(ANN)
    await spend_address(under_test, under_test.visit(network="192.0.2.1"))
    await under_test.letters()
    elsewhere = under_test.visit("accountmaker", network="198.51.100.7")
    await reset(under_test, elsewhere, " ANN@Example.com")
    with pytest.raises(TooManyAttempts) as refused:
        await verify(under_test, elsewhere, ANN)
    assert timedelta() < refused.value.retry_after <= MAIL_BUDGET.window
    assert await under_test.letters() == []


async def test_other_addresses_and_projects_have_their_own(under_test: CoreUnderTest) -> None:
    """One person's flood silences nobody else."""
    await under_test.sign_up(ANN)
    await under_test.sign_up("bob@example.com")
    other = under_test.visit(project=await under_test.other_project())
    await under_test.sign_up(ANN, visit=other)
    await spend_address(under_test, under_test.visit())
    await under_test.letters()

    await reset(under_test, under_test.visit(), "bob@example.com")
    await reset(under_test, other, ANN)
    assert len(await under_test.letters()) == 2


async def test_a_refused_verification_tells_nothing_of_the_address(under_test: CoreUnderTest) -> None:
    """It comes at the same try for known and unknown ones."""
    await under_test.sign_up(ANN)
    for _ in range(MAIL_BUDGET.tries):
        await verify(under_test, under_test.visit(), ANN)
        with pytest.raises(UserNotFound):
            await verify(under_test, under_test.visit(), NOBODY)
    for email in (ANN, NOBODY):
        with pytest.raises(TooManyAttempts):
            await verify(under_test, under_test.visit(), email)


async def test_signing_up_again_and_again_writes_once(under_test: CoreUnderTest) -> None:
    """Whoever is there already gets no letter by it, however often."""
    visit = under_test.visit()
    await sign_up(under_test, visit, ANN)
    for _ in range(MAIL_BUDGET.tries + 1):
        with pytest.raises(EmailTaken):
            await sign_up(under_test, visit, ANN)
    assert len(await under_test.letters()) == 1


@pytest.mark.parametrize("ask", [verify, sign_up])
async def test_a_project_sends_so_many_letters_an_hour(under_test: CoreUnderTest, clock: FakeClock, ask: Ask) -> None:
    """Over all addresses and kinds; a reset then quietly sends nothing, everything else is refused for the hour."""
    visit = under_test.visit(mail_per_hour=2)
    for email in (ANN, "bob@example.com"):
        await under_test.sign_up(email)
        await reset(under_test, visit, email)
    assert len(await under_test.letters()) == 2

    await reset(under_test, visit, ANN)
    asked = ANN if ask is verify else "eve@example.com"
    with pytest.raises(TooManyAttempts):
        await ask(under_test, visit, asked)
    assert await under_test.letters() == []
    assert (await under_test.events()).count("mail.budget_spent") == 1

    clock.advance(timedelta(hours=1))
    await ask(under_test, visit, asked)
    assert len(await under_test.letters()) == 1


async def test_made_up_addresses_use_up_nothing(under_test: CoreUnderTest) -> None:
    """Else a stranger could silence a project without a single letter."""
    visit = under_test.visit(mail_per_hour=1)
    await under_test.sign_up(ANN)
    for number in range(5):
        await reset(under_test, visit, f"nobody{number}@example.com")
    await reset(under_test, visit, ANN)
    assert len(await under_test.letters()) == 1
