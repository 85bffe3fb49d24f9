"""Guessing at passwords, and what a guesser hears."""

from datetime import timedelta

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.attempts.delay import ACCOUNT_FAILURES
from vestibule.kernel.errors import InvalidCredentials, TooManyAttempts

ANN = "ann@example.com"
HOME, OFFICE, ELSEWHERE = "192.0.2.1", "198.51.100.9", "203.0.113.5"


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


async def answer_to(under_test: CoreUnderTest, email: str, network: str) -> str:
    """Be wrong, and return what is heard."""
    try:
        await under_test.sign_in(email, "wrong", visit=under_test.visit(network=network))
    except InvalidCredentials:
        return "InvalidCredentials"
    except TooManyAttempts as refused:
        return str(refused.retry_after)
    raise AssertionError


async def fail_from_everywhere(under_test: CoreUnderTest, times: int = ACCOUNT_FAILURES) -> None:
    """Guess from many networks, a little from each."""
    for number in range(times):
        await fail(under_test, 1, network=f"10.{number}.0.1")


async def stuff(under_test: CoreUnderTest, *, accounts: int, network: str) -> None:
    """Try one wrong password at each of many accounts."""
    for number in range(accounts):
        await fail(under_test, 1, email=f"victim{number}@example.com", network=network)
