"""Sign-ins that race with what should have kept them out."""

import asyncio
from dataclasses import replace
from itertools import cycle, islice

import pytest

from tests.races.conftest import Processes
from tests.support.cores import PASSWORD, CoreUnderTest
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import EmailTaken, InvalidCredentials, TooManyAttempts, UserNotActive
from vestibule.kernel.secret import Secret

ANN = "ann@example.com"
NEW = "another word for the same door"


async def test_fifty_sign_ups_with_one_address_make_one_user(processes: Processes) -> None:
    """Forty-nine learn that it is taken (security 13)."""
    cores = await processes(3)

    answers = await asyncio.gather(
        *(one.sign_up(ANN, account_name="Co") for one in islice(cycle(cores), 50)), return_exceptions=True
    )

    assert [type(answer) for answer in answers].count(SignedIn) == 1
    assert [type(answer) for answer in answers].count(EmailTaken) == 49
    for table in ("users", "credentials", "sessions", "accounts", "memberships"):
        assert await cores[0].count(table) == 1


async def test_fifty_wrong_passwords_at_once_are_all_counted(processes: Processes) -> None:
    """Thirty are compared, the others are turned away (security 74)."""
    cores = await processes(3)
    await cores[0].sign_up(ANN)

    answers = await asyncio.gather(
        *(one.sign_in(ANN, "wrong") for one in islice(cycle(cores), 50)), return_exceptions=True
    )

    assert sum(isinstance(answer, InvalidCredentials) for answer in answers) == 30
    assert sum(isinstance(answer, TooManyAttempts) for answer in answers) == 20


async def test_as_many_right_passwords_at_once_as_there_are_tries_all_come_in(processes: Processes) -> None:
    """Each with a session of its own; they stand in nobody's way."""
    cores = await processes(3)
    await cores[0].sign_up(ANN)

    signed_in = await asyncio.gather(*(one.sign_in(ANN) for one in islice(cycle(cores), 10)))

    assert len({one.session.id for one in signed_in}) == 10


async def change_password(one: CoreUnderTest, signed_in: SignedIn, new: str) -> None:
    change = PasswordChange(user_id=signed_in.subject.id, new=NewPassword(Secret(new)))
    await one.core.change_password(one.visit(), change)


async def test_an_old_password_gets_no_session_past_its_change(processes: Processes) -> None:
    """A sign-in that was compared before the change and finished after it is refused (security 29)."""
    cores = await processes(2)
    one, other = cores
    for number in range(10):
        signed_in = await one.sign_up(f"ann{number}@example.com")
        email = signed_in.subject.email

        await asyncio.gather(
            *(target.sign_in(email) for target in islice(cycle(cores), 8)),
            change_password(other, signed_in, NEW),
            *(target.sign_in(email) for target in islice(cycle(cores), 8)),
            return_exceptions=True,
        )

        assert await one.core.live_sessions.of_user(one.project.id, signed_in.subject.id) == []


async def test_a_sign_in_that_races_with_disabling_leaves_no_session(processes: Processes) -> None:
    """Should the user ever be let in again, no session of that moment comes back with them (security 18)."""
    cores = await processes(2)
    one, other = cores
    for number in range(10):
        signed_in = await one.sign_up(f"ann{number}@example.com")
        user_id, email = signed_in.subject.id, signed_in.subject.email

        answers = await asyncio.gather(
            *(target.sign_in(email) for target in islice(cycle(cores), 8)),
            other.core.change_standing(other.project.id, user_id, "disabled", actor="test"),
            return_exceptions=True,
        )

        assert all(isinstance(answer, SignedIn | UserNotActive | None) for answer in answers), answers
        assert await one.core.live_sessions.of_user(one.project.id, user_id) == []


async def test_a_sign_in_that_races_with_deletion_is_refused(processes: Processes) -> None:
    """As for an unknown user, never with a failure (security 17)."""
    cores = await processes(2)
    one, other = cores
    for number in range(10):
        signed_in = await one.sign_up(f"ann{number}@example.com")

        answers = await asyncio.gather(
            *(target.sign_in(signed_in.subject.email) for target in islice(cycle(cores), 8)),
            other.core.users.delete(other.project.id, signed_in.subject.id, actor="test"),
            return_exceptions=True,
        )

        assert all(isinstance(answer, SignedIn | InvalidCredentials | None) for answer in answers), answers
        assert await one.count("sessions") == 0


@pytest.mark.parametrize("racers", [2, 8])
async def test_two_password_changes_leave_one_password(processes: Processes, racers: int) -> None:
    """Exactly one of the new ones opens, the old one does not."""
    cores = await processes(2)
    signed_in = await cores[0].sign_up(ANN)
    words = [f"a new word, number {number}" for number in range(racers)]

    await asyncio.gather(
        *(change_password(one, signed_in, word) for one, word in zip(cycle(cores), words, strict=False))
    )

    opened = []
    for word in (PASSWORD, *words):
        try:
            await cores[0].sign_in(ANN, word)
        except InvalidCredentials:
            continue
        opened.append(word)
    assert len(opened) == 1
    assert opened[0] in words


async def test_two_projects_never_meet(processes: Processes) -> None:
    """One address in two projects, everything at once: each user stays in theirs (security 122)."""
    cores = await processes(2)
    here = cores[0].visit()
    there = cores[0].visit(project=await cores[0].other_project())
    ann, namesake = await cores[0].sign_up(ANN, visit=here), await cores[0].sign_up(ANN, visit=there)
    await change_password(cores[0], replace(ann, subject=ann.subject), NEW)

    answers = await asyncio.gather(
        *(
            target.sign_in(ANN, NEW if visit is here else PASSWORD, visit=visit)
            for target, visit in islice(zip(cycle(cores), cycle([here, there, there]), strict=False), 15)
        )
    )
    crossed = await asyncio.gather(
        *(
            target.sign_in(ANN, PASSWORD if visit is here else NEW, visit=visit)
            for target in cores
            for visit in (here, there)
        ),
        return_exceptions=True,
    )

    owners = {(answer.subject.id, answer.session.user_id) for answer in answers}
    assert owners == {(ann.subject.id,) * 2, (namesake.subject.id,) * 2}
    assert all(isinstance(answer, InvalidCredentials) for answer in crossed)
    live = await cores[0].core.live_sessions.of_user(there.project.id, ann.subject.id)
    assert live == []
