"""Forgotten passwords: who is mailed, and what the letter's holder may do."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.cores import LETTER, PASSWORD, CoreUnderTest
from vestibule.core.letters import ANSWER_AFTER_SECONDS
from vestibule.core.passwords import NewPassword
from vestibule.core.projects import Visit
from vestibule.kernel.errors import (
    ExpiredTicket,
    InvalidRefreshToken,
    InvalidTicket,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    UserNotActive,
    WrongPassword,
)
from vestibule.kernel.secret import Secret

ANN = "ann@example.com"
NEW = "another word for the same door"


async def ask(under_test: CoreUnderTest, email: str = ANN, visit: Visit | None = None) -> list[bytes]:
    """Ask for a letter; return the tickets in those that were written."""
    await under_test.core.request_password_reset(visit or under_test.visit(), email, LETTER)
    return [bytes.fromhex(letter.ticket) for letter in await under_test.letters()]


async def reset(under_test: CoreUnderTest, secret: bytes, new: str = NEW, *, visit: Visit | None = None) -> None:
    await under_test.core.reset_password(visit or under_test.visit(), secret, NewPassword(Secret(new)))


async def test_the_holder_of_the_letter_sets_a_new_password(under_test: CoreUnderTest) -> None:
    """Which opens from now on, and the old one does not."""
    await under_test.sign_up(ANN)
    [secret] = await ask(under_test)

    await reset(under_test, secret)

    await under_test.sign_in(ANN, NEW)
    with pytest.raises(WrongPassword):
        await under_test.sign_in(ANN)


async def test_a_letter_goes_to_the_address_on_record(under_test: CoreUnderTest) -> None:
    """Never to what was typed, however alike the two are (security 13)."""
    await under_test.sign_up("Ann@Example.com")

    await under_test.core.request_password_reset(under_test.visit(), "ANN@EXAMPLE.COM", LETTER)

    [letter] = await under_test.letters()
    assert letter.email == "Ann@Example.com"


@pytest.mark.parametrize("email", [ANN, "nobody@example.com", "no address"])
async def test_the_time_an_answer_takes_says_nothing(under_test: CoreUnderTest, email: str) -> None:
    """Writing a letter takes a while, so that nobody is answered before one could have been written (security 82)."""
    await under_test.sign_up(ANN)
    asked_at_seconds = under_test.clock.seconds()

    await under_test.core.request_password_reset(under_test.visit(), email, LETTER)

    assert under_test.clock.seconds() - asked_at_seconds > ANSWER_AFTER_SECONDS - 0.001


@pytest.mark.parametrize(
    ("email", "state"),
    [
        ("nobody@example.com", {}),
        ("no address", {}),
        ("", {}),
        (f"{ANN}\x00", {}),
        (ANN, {"blocked_emails": (ANN,)}),
        (ANN, {"verified_email_required": True}),
        (ANN, {"status": "suspended"}),
        (ANN, {"status": "disabled"}),
        (ANN, {"status": "deleted"}),
    ],
)
async def test_asking_says_nothing(under_test: CoreUnderTest, email: str, state: dict[str, Any]) -> None:
    """Unknown, refused, disabled or fine: the answer is the same, only a letter is missing (security 82)."""
    ann = await under_test.sign_up(ANN)
    policy = dict(state)
    if status := policy.pop("status", None):
        await under_test.change(ann.subject.id, status=status)

    assert await ask(under_test, email, under_test.visit(**policy)) == []
    assert await under_test.count("tickets") == 0


async def test_a_reset_ends_every_session(under_test: CoreUnderTest) -> None:
    """Somebody lost control of the account; whoever took it is out (security 29)."""
    first = await under_test.sign_up(ANN)
    second = await under_test.sign_in(ANN)
    [secret] = await ask(under_test)

    await reset(under_test, secret)

    for ended in (first, second):
        with pytest.raises(InvalidRefreshToken):
            await under_test.refresh(ended.secret)


async def test_a_letter_works_once(under_test: CoreUnderTest) -> None:
    """The second use is refused (security 98)."""
    await under_test.sign_up(ANN)
    [secret] = await ask(under_test)
    await reset(under_test, secret)

    with pytest.raises(InvalidTicket):
        await reset(under_test, secret, "a third word")
    await under_test.sign_in(ANN, NEW)


async def test_a_newer_letter_replaces_the_older_one(under_test: CoreUnderTest) -> None:
    """One live link (security 98)."""
    await under_test.sign_up(ANN)
    [older], [newer] = await ask(under_test), await ask(under_test)

    with pytest.raises(InvalidTicket):
        await reset(under_test, older)
    await reset(under_test, newer)


async def test_an_old_letter_is_worth_nothing(under_test: CoreUnderTest) -> None:
    """After the life that the door gave it (security 127)."""
    await under_test.sign_up(ANN)
    [secret] = await ask(under_test)
    under_test.clock.advance(LETTER.life)

    with pytest.raises(ExpiredTicket):
        await reset(under_test, secret)
    await under_test.sign_in(ANN)


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        (NewPassword(Secret("x")), PasswordTooShort),
        (NewPassword(Secret("")), PasswordTooShort),
        (NewPassword(Secret("x" * 1025)), PasswordTooLong),
        (NewPassword(Secret("only small letters"), strong=True), PasswordTooWeak),
    ],
)
async def test_an_unfit_password_does_not_burn_the_letter(
    under_test: CoreUnderTest, new: NewPassword, refusal: type[Exception]
) -> None:
    """The ticket is spent last, together with the change."""
    await under_test.sign_up(ANN)
    [secret] = await ask(under_test)

    with pytest.raises(refusal):
        await under_test.core.reset_password(under_test.visit(), secret, new)
    await reset(under_test, secret)


async def test_a_letter_is_worth_nothing_at_another_door_or_project(under_test: CoreUnderTest) -> None:
    """And is not used up by the try (security 122, 134)."""
    await under_test.sign_up(ANN)
    [secret] = await ask(under_test)
    elsewhere = under_test.visit(project=await under_test.other_project())
    for visit in (under_test.visit("sublay"), elsewhere):
        with pytest.raises(InvalidTicket):
            await reset(under_test, secret, visit=visit)

    await reset(under_test, secret)


async def test_a_letter_for_one_project_goes_to_its_user(under_test: CoreUnderTest) -> None:
    """Of two users with one address each resets their own password (security 122)."""
    other = under_test.visit(project=await under_test.other_project())
    await under_test.sign_up(ANN)
    await under_test.sign_up(ANN, visit=other)
    [secret] = await ask(under_test, visit=other)

    await reset(under_test, secret, visit=other)

    await under_test.sign_in(ANN, PASSWORD)
    await under_test.sign_in(ANN, NEW, visit=other)


async def test_who_was_shut_out_meanwhile_sets_nothing(under_test: CoreUnderTest) -> None:
    """The letter does not let anybody past the operator (security 18)."""
    ann = await under_test.sign_up(ANN)
    [secret] = await ask(under_test)
    await under_test.change(ann.subject.id, status="disabled")

    with pytest.raises(UserNotActive):
        await reset(under_test, secret)


async def test_a_deleted_user_takes_the_letter_along(under_test: CoreUnderTest) -> None:
    """By the foreign key (security 17)."""
    ann = await under_test.sign_up(ANN)
    [secret] = await ask(under_test)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")

    with pytest.raises(InvalidTicket):
        await reset(under_test, secret)


async def test_a_reset_proves_the_address(under_test: CoreUnderTest) -> None:
    """Whoever holds the letter reads that mailbox."""
    ann = await under_test.sign_up(ANN)
    [secret] = await ask(under_test)
    under_test.clock.advance(timedelta(minutes=1))
    await reset(under_test, secret)

    subject = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert subject.email_verified_at == under_test.clock.now()


async def test_who_never_had_a_password_may_set_one(under_test: CoreUnderTest) -> None:
    """The letter is proof enough (security 87)."""
    ann = await under_test.sign_up(ANN)
    await under_test.set_hash(ann.subject.id, None)
    [secret] = await ask(under_test)

    await reset(under_test, secret)

    await under_test.sign_in(ANN, NEW)
