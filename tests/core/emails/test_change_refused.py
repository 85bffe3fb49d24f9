"""Changing an address, where it may not be: nothing leaves, nothing changes."""

from typing import Any
from uuid import uuid4

import pytest

from tests.core.emails.changing import NEW, ask, confirm, email_of, verified
from tests.support.cores import LETTER, CoreUnderTest
from tests.support.linking import ANN
from vestibule.core.letters.postage import MAIL_BUDGET
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailRefused,
    EmailTaken,
    ExpiredTicket,
    InvalidEmail,
    TooManyAttempts,
    UserNotActive,
    UserNotFound,
)

BOB = "bob@example.com"


async def test_an_old_link_is_worth_nothing(under_test: CoreUnderTest) -> None:
    """After the life that the door gave it (security 127)."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)
    under_test.clock.advance(LETTER.life)

    with pytest.raises(ExpiredTicket):
        await confirm(under_test, letter)
    assert await email_of(under_test, ann.subject.id) == ANN


async def test_an_address_that_was_taken_meanwhile_stays_with_whom_it_is(under_test: CoreUnderTest) -> None:
    """And nothing of the change happens: no session ends, no ticket is spent (security 13)."""
    ann = await verified(under_test)
    other = await under_test.sign_in(ANN)
    [letter] = await ask(under_test, ann)
    await under_test.sign_up(NEW.upper())

    for _ in range(2):
        with pytest.raises(EmailTaken):
            await confirm(under_test, letter)

    assert await email_of(under_test, ann.subject.id) == ANN
    assert await under_test.refresh(other.secret)
    assert await under_test.letters() == []


@pytest.mark.parametrize(
    ("new", "policy", "refusal"),
    [
        (BOB, {}, EmailTaken),
        (BOB.upper(), {}, EmailTaken),
        (ANN, {}, EmailTaken),
        ("no address", {}, InvalidEmail),
        (NEW, {"blocked_email_domains": ("example.com",)}, EmailRefused),
        ("ann@corp.example", {"allowed_emails": (ANN,)}, EmailRefused),
        ("ann@corp.example", {"blocked_emails": ("ann@corp.example",)}, EmailRefused),
        (NEW, {"verified_email_required": True}, EmailNotVerified),
        (NEW, {"mail_per_hour": 0}, TooManyAttempts),
    ],
)
async def test_no_letter_leaves_for_what_cannot_be(
    under_test: CoreUnderTest, new: str, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """The access lists hold for the new address as for every other."""
    ann = await under_test.sign_up(ANN)
    await under_test.sign_up(BOB)

    with pytest.raises(refusal):
        await ask(under_test, ann, new, visit=under_test.visit(**policy))

    assert await under_test.letters() == []
    assert await under_test.count("tickets") == 0


async def test_an_address_that_is_kept_out_meanwhile_does_not_come_in(under_test: CoreUnderTest) -> None:
    """The lists are asked again when the link is followed."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)

    with pytest.raises(EmailRefused):
        await confirm(under_test, letter, under_test.visit(blocked_emails=(NEW,)))
    assert await email_of(under_test, ann.subject.id) == ANN


@pytest.mark.parametrize("status", ["suspended", "disabled", "deleted"])
async def test_who_may_not_come_in_changes_nothing(under_test: CoreUnderTest, status: str) -> None:
    """Neither asks nor confirms (security 18)."""
    ann = await under_test.sign_up(ANN)
    [letter] = await ask(under_test, ann)
    await under_test.change(ann.subject.id, status=status)

    with pytest.raises(UserNotActive):
        await ask(under_test, ann)
    with pytest.raises(UserNotActive):
        await confirm(under_test, letter)
    assert await email_of(under_test, ann.subject.id) == ANN


async def test_a_user_of_another_project_is_not_found(under_test: CoreUnderTest) -> None:
    """Security 122."""
    ann = await under_test.sign_up(ANN)
    with pytest.raises(UserNotFound):
        await ask(under_test, ann, visit=under_test.visit(project=await under_test.other_project()))
    with pytest.raises(UserNotFound):
        await ask(under_test, uuid4())


async def test_one_mailbox_is_not_filled_with_wishes(under_test: CoreUnderTest) -> None:
    """Security 96: six letters an hour to one address, whoever asks."""
    people = [await under_test.sign_up() for _ in range(7)]
    for person in people[:6]:
        await ask(under_test, person)
    with pytest.raises(TooManyAttempts):
        await ask(under_test, people[6])


async def test_an_address_that_nobody_proved_hears_so_often_and_no_more(under_test: CoreUnderTest) -> None:
    """Whoever signs up with a stranger's and moves away, again and again, cannot fill that mailbox (security 96)."""
    for number in range(MAIL_BUDGET.tries):
        [letter] = await ask(under_test, await under_test.sign_up(ANN), f"mine{number}@example.com")
        await confirm(under_test, letter)
        assert [notice.email for notice in await under_test.letters()] == [ANN]
    with pytest.raises(TooManyAttempts):
        await ask(under_test, await under_test.sign_up(ANN), "mine@example.com")
    assert await under_test.letters() == []
