"""Guesses at codes: what a right one must also fit."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.codes import ANN, codes_on
from tests.support.cores import CoreUnderTest
from vestibule.core.guesses import Guess, GuessCode
from vestibule.core.letters import CODE_LIFE, CODE_TRIES
from vestibule.core.tickets import NewTicket, Purpose
from vestibule.kernel.errors import InvalidEmailCode
from vestibule.storage import Statement

CODE = "482913"
OF_A_CLIENT = Statement(None, "UPDATE vestibule_tickets SET client_id = :client_id")


async def somebody_with_a_code(under_test: CoreUnderTest, address: str = ANN) -> tuple[GuessCode, UUID]:
    """Issue a code that went to `address`; return who compares it, and whose it is."""
    user_id = (await under_test.sign_up(ANN)).subject.id
    new = NewTicket(
        project_id=under_test.project.id,
        purpose=Purpose.EMAIL_CODE,
        dialect="nhost",
        life=CODE_LIFE,
        user_id=user_id,
        address=address,
        tries=CODE_TRIES,
    )
    use_case = under_test.core.elevate_with_email_code
    async with under_test.db.write() as tx:
        await use_case.tickets.issue(tx, new, code=CODE.encode())
    return use_case.guesses, user_id


def guess(user_id: UUID | None, **more: Any) -> Guess:
    return Guess(**{"purpose": Purpose.EMAIL_CODE, "address": ANN, "code": CODE, "user_id": user_id, **more})


async def test_the_right_code_names_its_user(under_test: CoreUnderTest) -> None:
    """And brings its ticket, for the caller to spend."""
    guesses, user_id = await somebody_with_a_code(under_test)

    right = await guesses(codes_on(under_test), guess(user_id))

    assert (right.user_id, right.ticket.user_id, right.ticket.attempts_left) == (user_id, user_id, 4)


async def test_a_code_proves_the_address_it_went_to(under_test: CoreUnderTest) -> None:
    """Not another one that the same user has, or has by now (security 14)."""
    guesses, user_id = await somebody_with_a_code(under_test, "older@example.com")

    with pytest.raises(InvalidEmailCode):
        await guesses(codes_on(under_test), guess(user_id))


async def test_a_code_is_good_at_the_client_it_was_made_for(under_test: CoreUnderTest) -> None:
    """What one application had sent is nothing to another (security 27, 75)."""
    guesses, user_id = await somebody_with_a_code(under_test)
    await under_test.db.run(OF_A_CLIENT, client_id=UUID(int=1))

    with pytest.raises(InvalidEmailCode):
        await guesses(codes_on(under_test), guess(user_id))


async def test_a_code_is_six_digits_and_nothing_near(under_test: CoreUnderTest) -> None:
    """No blanks, nothing longer or shorter."""
    guesses, user_id = await somebody_with_a_code(under_test)
    for network, code in enumerate((f" {CODE}", CODE[:-1], f"{CODE}0")):
        with pytest.raises(InvalidEmailCode):
            await guesses(codes_on(under_test, network=f"192.0.2.{network}"), guess(user_id, code=code))
