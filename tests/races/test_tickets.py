"""Many who come with one ticket, or guess at one code."""

import asyncio
from datetime import timedelta
from itertools import cycle, islice

from tests.races.conftest import Processes
from tests.support.cores import DOOR, LETTER, CoreUnderTest
from vestibule.core.emails import TicketVisit
from vestibule.core.letters.postage import MAIL_BUDGET
from vestibule.core.passwords import NewPassword
from vestibule.core.signin import SignedIn
from vestibule.core.tickets import NewTicket, Purpose, Ticket
from vestibule.kernel.errors import InvalidTicket
from vestibule.kernel.secret import Secret

ANN = "ann@example.com"


async def mailed_ticket(one: CoreUnderTest) -> bytes:
    [letter] = await one.letters()
    return bytes.fromhex(letter.ticket)


async def test_fifty_spenders_of_one_link_have_one_winner(processes: Processes) -> None:
    """One session comes of it, forty-nine go empty-handed (security 46, 74)."""
    cores = await processes(3)
    await cores[0].register(ANN, visit=cores[0].visit(verified_email_required=True), letter=LETTER)
    came = TicketVisit(Purpose.EMAIL_VERIFICATION, await mailed_ticket(cores[0]))

    answers = await asyncio.gather(
        *(one.core.verify_email.and_sign_in(one.visit(), came, DOOR) for one in islice(cycle(cores), 50)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, InvalidTicket) for answer in answers) == 49
    assert await cores[0].count("sessions") == 1


async def test_of_fifty_resets_with_one_link_one_sets_the_password(processes: Processes) -> None:
    """Exactly one of the fifty new passwords opens (security 98)."""
    cores = await processes(2)
    await cores[0].sign_up(ANN)
    await cores[0].core.request_password_reset(cores[0].visit(), ANN, LETTER)
    secret = await mailed_ticket(cores[0])
    words = [f"a new word, number {number}" for number in range(50)]

    answers = await asyncio.gather(
        *(
            one.core.reset_password(one.visit(), secret, NewPassword(Secret(word)))
            for one, word in zip(cycle(cores), words, strict=False)
        ),
        return_exceptions=True,
    )

    winners = [word for word, answer in zip(words, answers, strict=True) if answer is None]
    assert len(winners) == 1
    assert sum(isinstance(answer, InvalidTicket) for answer in answers) == 49
    await cores[0].sign_in(ANN, winners[0])


async def test_fifty_requests_leave_one_live_link(processes: Processes) -> None:
    """Each new letter kills the older one, also when they are written at once, and few leave (security 96, 98)."""
    cores = await processes(3)
    await cores[0].sign_up(ANN)

    await asyncio.gather(
        *(one.core.request_password_reset(one.visit(), ANN, LETTER) for one in islice(cycle(cores), 50))
    )

    assert await cores[0].count("outbox") == MAIL_BUDGET.tries
    assert await cores[0].count("tickets") == 1


async def test_fifty_guesses_at_once_have_five_tries(processes: Processes) -> None:
    """Parallel guesses cannot share a try: with five tries, five of fifty codes are compared (security 73, 74)."""
    cores = await processes(3)
    user_id = (await cores[0].sign_up(ANN)).subject.id
    desk = cores[0].core.verify_email.tickets
    compared = 0
    for code in range(50):
        new = NewTicket(
            project_id=cores[0].project.id,
            purpose=Purpose.SECOND_FACTOR,
            dialect="nhost",
            life=timedelta(minutes=5),
            user_id=user_id,
            tries=5,
        )
        async with cores[0].db.write() as tx:
            await desk.issue(tx, new, code=b"%06d" % code)

        # Fifty different codes, the right one among them: it is found only if it is among the five compared.
        answers = await asyncio.gather(
            *(
                one.core.verify_email.tickets.guess(
                    one.db, one.project.id, Purpose.SECOND_FACTOR, "nhost", user_id, b"%06d" % guess
                )
                for one, guess in zip(cycle(cores), range(50), strict=False)
            ),
            return_exceptions=True,
        )
        compared += sum(isinstance(answer, Ticket) for answer in answers)
        assert all(isinstance(answer, Ticket | InvalidTicket) for answer in answers)

    # Each of the fifty rounds compares five guesses, so over all of them about five are right; never many more.
    assert compared <= 25


async def test_fifty_right_guesses_at_once_pass_five_times(processes: Processes) -> None:
    """The count goes down by one for each, exactly; the spending afterwards has one winner (security 74)."""
    cores = await processes(3)
    user_id = (await cores[0].sign_up(ANN)).subject.id
    new = NewTicket(
        project_id=cores[0].project.id,
        purpose=Purpose.SECOND_FACTOR,
        dialect="nhost",
        life=timedelta(minutes=5),
        user_id=user_id,
        tries=5,
    )
    async with cores[0].db.write() as tx:
        await cores[0].core.verify_email.tickets.issue(tx, new, code=b"482913")

    async def guess_and_spend(one: CoreUnderTest) -> bool:
        desk = one.core.verify_email.tickets
        ticket = await desk.guess(one.db, one.project.id, Purpose.SECOND_FACTOR, "nhost", user_id, b"482913")
        guessed.append(ticket)
        await together.wait()
        async with one.db.write() as tx:
            await desk.spend(tx, ticket)
        return True

    guessed: list[Ticket] = []
    together = asyncio.Event()
    tasks = [asyncio.create_task(guess_and_spend(one)) for one in islice(cycle(cores), 50)]
    async with asyncio.timeout(60):
        while sum(task.done() for task in tasks) + len(guessed) < 50:  # noqa: ASYNC110 - they tell nobody else
            await asyncio.sleep(0.01)
    together.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)

    assert len(guessed) == 5
    assert answers.count(True) == 1
    assert sum(isinstance(answer, InvalidTicket) for answer in answers) == 49
