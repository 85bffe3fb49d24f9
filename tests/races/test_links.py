"""Many who come with one magic link, one authorization code, or for one address."""

import asyncio
from itertools import cycle, islice

import pytest

from tests.races.conftest import Processes
from tests.support.cores import DOOR, LETTER, CoreUnderTest
from tests.support.linking import ANN, VERIFIER, WITH_CHALLENGE, ask, asked, follow, linking, type_code
from vestibule.core.emails import EmailChange, LinkOutcome
from vestibule.core.letters import MAIL_BUDGET
from vestibule.core.outbox import MailVariables
from vestibule.core.pkce import AuthorizationCode
from vestibule.core.signin import SignedIn
from vestibule.core.tickets import Purpose
from vestibule.kernel.errors import EmailTaken, InvalidAuthorizationCode, InvalidTicket, TooManyAttempts

NEW = "new@example.com"


async def _confirm(one: CoreUnderTest, letter: MailVariables) -> LinkOutcome:
    return await follow(one, letter, Purpose.EMAIL_CHANGE, visit=one.visit())


async def test_fifty_followers_of_one_link_have_one_winner(processes: Processes) -> None:
    """One session comes of it (security 46, 74)."""
    cores = await processes(3)
    letter = await asked(cores[0])

    answers = await asyncio.gather(*(follow(one, letter) for one in islice(cycle(cores), 50)), return_exceptions=True)

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidTicket) for answer in answers) == 49
    assert await cores[0].count("sessions") == 1


async def test_link_and_code_of_one_letter_have_one_winner(processes: Processes) -> None:
    """Whoever is first takes the other along; the first proof is recorded once (security 74, 98)."""
    cores = await processes(3)
    letter = await asked(cores[0])
    typing = [type_code(one, letter.code) for one in islice(cycle(cores), 5)]
    following = [follow(one, letter) for one in islice(cycle(cores), 45)]

    answers = await asyncio.gather(*typing, *following, return_exceptions=True)

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidTicket) for answer in answers) == 49
    assert await cores[0].count("sessions") == 1
    assert await cores[0].count("tickets") == 0


async def test_fifty_exchanges_of_one_code_have_one_winner(processes: Processes) -> None:
    """The verifier is right each time, and one session comes of it (security 46, 51, 74)."""
    cores = await processes(3)
    outcome = await follow(cores[0], await asked(cores[0], letter=WITH_CHALLENGE))
    assert isinstance(outcome, AuthorizationCode)

    answers = await asyncio.gather(
        *(one.core.exchange_code(linking(one), outcome.code, VERIFIER, DOOR) for one in islice(cycle(cores), 50)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidAuthorizationCode) for answer in answers) == 49
    assert await cores[0].count("sessions") == 1


async def test_fifty_newcomers_with_one_address_are_one_user_with_one_link(processes: Processes) -> None:
    """Whoever comes second in the same moment is mailed as the user that the first one made (security 13, 96, 98)."""
    cores = await processes(3)

    answers = await asyncio.gather(*(ask(one) for one in islice(cycle(cores), 50)), return_exceptions=True)

    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 50 - MAIL_BUDGET.tries
    assert sum(isinstance(answer, list) for answer in answers) == MAIL_BUDGET.tries
    assert await cores[0].count("users") == await cores[0].count("credentials") == 1
    assert await cores[0].count("tickets") == 2  # the link and its code


async def test_of_many_who_want_one_address_one_gets_it(processes: Processes) -> None:
    """The others keep theirs, and are told that it is taken (security 13)."""
    cores = await processes(3)
    letters = []
    for number in range(5):
        ann = await cores[0].sign_up(f"ann{number}@example.com")
        wish = EmailChange(user_id=ann.subject.id, new_email=NEW, letter=LETTER)
        await cores[0].core.request_email_change(cores[0].visit(), wish)
        letters += await cores[0].letters()

    answers = await asyncio.gather(
        *(_confirm(one, letter) for one, letter in zip(cycle(cores), letters, strict=False)), return_exceptions=True
    )

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, EmailTaken) for answer in answers) == 4
    assert await cores[0].count("credentials") == 5
    assert await cores[0].core.users.subject_by_email(cores[0].db, cores[0].project.id, NEW) is not None


async def test_a_change_that_races_with_a_sign_up_leaves_one_owner(processes: Processes) -> None:
    """Nobody is told of a crash, and nobody has the address of somebody else (security 13)."""
    cores = await processes(3)
    for number in range(10):
        new = f"{number}-{NEW}"
        ann = await cores[0].sign_up()
        wish = EmailChange(user_id=ann.subject.id, new_email=new, letter=LETTER)
        await cores[0].core.request_email_change(cores[0].visit(), wish)
        [letter] = [letter for letter in await cores[0].letters() if letter.link]  # without the notices

        answers = await asyncio.gather(_confirm(cores[1], letter), cores[2].sign_up(new), return_exceptions=True)

        assert sorted(isinstance(answer, EmailTaken) for answer in answers) == [False, True]
        assert sum(isinstance(answer, SignedIn) for answer in answers) == 1


@pytest.mark.parametrize("first", ["password", "link"])
async def test_a_squatters_sign_in_that_races_with_the_first_proof_leaves_no_session(
    processes: Processes, first: str
) -> None:
    """Either it is ended, or it comes too late: the owner is alone afterwards (security 2)."""
    cores = await processes(3)
    await cores[0].sign_up(ANN)
    letter = await asked(cores[0])
    squatting = [one.sign_in(ANN) for one in islice(cycle(cores), 10)]
    ways = [*squatting, follow(cores[1], letter)] if first == "password" else [follow(cores[1], letter), *squatting]

    answers = await asyncio.gather(*ways, return_exceptions=True)

    assert sum(isinstance(answer, SignedIn) for answer in answers) >= 1
    assert await cores[0].count("sessions") == 1
