"""Many who guess at one code, come with one code, ask for one, or want one number, all at once."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import cycle, islice
from typing import Any

import pytest

from tests.races.conftest import Processes
from tests.support.codes import (
    ANN,
    FORM,
    NUMBER,
    ask_by_mail,
    ask_by_text,
    codes_on,
    come_by_mail,
    come_by_text,
    newest_code,
    proven,
    with_number,
    wrong,
)
from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.email_codes import EmailCodeWish
from vestibule.core.letters import MAIL_BUDGET
from vestibule.core.signin import SignedIn
from vestibule.core.text_codes import PhoneProof, TextCodeWish
from vestibule.core.texts.postage import NUMBER_BUDGET
from vestibule.kernel.errors import InvalidCode, PhoneTaken, TooManyAttempts
from vestibule.storage import Statement

LEFT = Statement(int, "SELECT attempts_left FROM vestibule_tickets")

Ask = Callable[[CoreUnderTest], Awaitable[str]]
Come = Callable[..., Awaitable[Any]]
WAYS = pytest.mark.parametrize(
    ("ask", "come"),
    [(ask_by_mail, come_by_mail), (ask_by_text, come_by_text)],
    ids=["mail", "text"],
)


async def all_at_once(cores: list[CoreUnderTest], come: Come, code: str, address: str) -> list[Any]:
    """Come fifty times with one code, each time from another network, spread over the processes."""
    return await asyncio.gather(
        *(
            come(one, code, address, codes_on(one, network=f"192.0.2.{number}"))
            for number, one in enumerate(islice(cycle(cores), 50))
        ),
        return_exceptions=True,
    )


@WAYS
async def test_fifty_wrong_guesses_at_once_take_five_tries(processes: Processes, ask: Ask, come: Come) -> None:
    """No more are compared, and the right code is worth nothing afterwards (security 73, 74)."""
    cores = await processes(3)
    code = await ask(cores[0])
    address = ANN if come is come_by_mail else NUMBER

    answers = await all_at_once(cores, come, wrong(code), address)

    assert all(isinstance(answer, InvalidCode) for answer in answers), answers
    assert await cores[0].db.one(LEFT) == 0
    with pytest.raises(InvalidCode):
        await come(cores[0], code)


@WAYS
async def test_of_fifty_who_come_with_one_code_one_comes_in(processes: Processes, ask: Ask, come: Come) -> None:
    """One session; the others are told that the code is wrong (security 46, 74)."""
    cores = await processes(3)
    code = await ask(cores[0])
    address = ANN if come is come_by_mail else NUMBER

    answers = await all_at_once(cores, come, code, address)

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1, answers
    assert sum(isinstance(answer, InvalidCode) for answer in answers) == 49, answers
    assert await cores[0].count("sessions") == 1


async def test_fifty_guesses_from_one_network_end_with_its_budget(processes: Processes) -> None:
    """What goes on over all codes of an address is counted exactly as well (security 73, 74)."""
    cores = await processes(3)
    code = await ask_by_mail(cores[0])

    answers = await asyncio.gather(
        *(come_by_mail(one, wrong(code)) for one in islice(cycle(cores), 50)), return_exceptions=True
    )

    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 30
    assert sum(isinstance(answer, InvalidCode) for answer in answers) == 20


async def test_of_fifty_elevations_with_one_code_one_succeeds(processes: Processes) -> None:
    """One elevated session (security 74, 75)."""
    cores = await processes(3)
    ann = await proven(cores[0])
    await cores[0].core.request_elevation_email(codes_on(cores[0]), ann.subject.id, FORM)
    code = await newest_code(cores[0])

    answers = await asyncio.gather(
        *(
            one.core.elevate_with_email_code(codes_on(one, network=f"192.0.2.{number}"), ann.subject.id, code, DOOR)
            for number, one in enumerate(islice(cycle(cores), 50))
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1, answers
    assert sum(isinstance(answer, InvalidCode) for answer in answers) == 49, answers


async def test_fifty_requests_by_mail_make_one_user_and_one_live_code(processes: Processes) -> None:
    """And so many letters as one address gets in an hour (security 13, 96)."""
    cores = await processes(3)

    answers = await asyncio.gather(
        *(
            one.core.request_email_code(codes_on(one), EmailCodeWish(email=ANN, form=FORM))
            for one in islice(cycle(cores), 50)
        ),
        return_exceptions=True,
    )

    assert sum(answer is None for answer in answers) == MAIL_BUDGET.tries, answers
    assert (await cores[0].count("users"), await cores[0].count("tickets")) == (1, 1)


async def test_fifty_requests_by_text_make_one_user_and_one_live_code(processes: Processes) -> None:
    """And so many texts as one number gets in an hour (security 95)."""
    cores = await processes(3)

    answers = await asyncio.gather(
        *(
            one.core.request_text_code(codes_on(one), TextCodeWish(phone_number=NUMBER))
            for one in islice(cycle(cores), 50)
        ),
        return_exceptions=True,
    )

    assert sum(answer is None for answer in answers) == NUMBER_BUDGET.tries, answers
    assert (await cores[0].count("users"), await cores[0].count("tickets")) == (1, 1)


async def test_of_many_who_prove_one_number_at_once_one_has_it(processes: Processes) -> None:
    """The others are told that it is taken, and keep what they had (security 15)."""
    cores = await processes(3)
    one, wanted = cores[0], "+14165550123"
    people, codes = [], []
    for number in range(4):
        person = await with_number(one, f"+491512345678{number}")
        await one.core.request_phone_change(codes_on(one), person.subject.id, wanted)
        people.append(person)
        codes.append(await newest_code(one))

    answers = await asyncio.gather(
        *(
            core.core.change_phone(codes_on(core), PhoneProof(user_id=person.subject.id, new_number=wanted, code=code))
            for core, person, code in zip(cycle(cores), people, codes, strict=False)
        ),
        return_exceptions=True,
    )

    assert answers.count(None) == 1, answers
    assert sum(isinstance(answer, PhoneTaken) for answer in answers) == 3, answers
    assert await one.count("users") == 4
