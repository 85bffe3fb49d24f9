"""Asking for a link to sign in: who is mailed, who is registered, and what nobody is told."""

from typing import Any

import pytest

from tests.support.cores import LETTER, CoreUnderTest
from tests.support.linking import ANN, ask, asked, came, follow, followed, linking, type_code
from vestibule.core.letters import ANSWER_AFTER_SECONDS, MAIL_BUDGET
from vestibule.core.links import LinkWish
from vestibule.core.signin import SecondFactorRequired
from vestibule.core.tickets import Purpose
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    EmailRefused,
    EndpointDisabled,
    ExpiredTicket,
    InvalidEmail,
    InvalidTicket,
    RoleNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)

BOB = "bob@example.com"


async def test_the_link_signs_in_whoever_has_the_address(under_test: CoreUnderTest) -> None:
    """As the user they are, whatever options were sent along; and proves the address."""
    ann = await under_test.sign_up(ANN)
    wish = LinkWish(email=ANN.upper(), letter=LETTER, options=UserOptions(display_name="Another"))
    await under_test.core.request_sign_in_link(linking(under_test), wish)
    [letter] = await under_test.letters()

    signed_in = await followed(under_test, letter)

    assert (signed_in.subject.id, signed_in.session.method) == (ann.subject.id, "email-link")
    assert signed_in.subject.display_name == ANN
    assert signed_in.subject.email_is_verified


async def test_whoever_is_new_is_registered_and_comes_in_by_the_link(under_test: CoreUnderTest) -> None:
    """With the options that were asked for, without a password, and proven only by the link."""
    wish = LinkWish(email=ANN, letter=LETTER, options=UserOptions(display_name="Ann"))
    await under_test.core.request_sign_in_link(linking(under_test, verified_email_required=True), wish)
    [letter] = await under_test.letters()
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    assert (subject.display_name, subject.email_is_verified, subject.has_password) == ("Ann", False, False)

    signed_in = await followed(under_test, letter, visit=linking(under_test, verified_email_required=True))

    assert (signed_in.subject.id, signed_in.subject.email_is_verified) == (subject.id, True)
    assert "user.created" in await under_test.events()


async def test_a_link_works_once_and_an_hour(under_test: CoreUnderTest) -> None:
    """The second visitor and the late one are refused (security 98, 127)."""
    letter = await asked(under_test)
    await followed(under_test, letter)
    with pytest.raises(InvalidTicket):
        await follow(under_test, letter)

    letter = await asked(under_test)
    under_test.clock.advance(LETTER.life)
    with pytest.raises(ExpiredTicket):
        await follow(under_test, letter)


async def test_a_newer_link_replaces_the_older_one_and_its_code(under_test: CoreUnderTest) -> None:
    """One live link, one live code (security 98)."""
    older, newer = await asked(under_test), await asked(under_test)

    with pytest.raises(InvalidTicket):
        await follow(under_test, older)
    assert await under_test.count("tickets") == 2
    if older.code != newer.code:  # one in a million
        with pytest.raises(InvalidTicket):
            await type_code(under_test, older.code)
    await followed(under_test, newer)


async def test_the_letter_has_a_code_that_opens_as_well(under_test: CoreUnderTest) -> None:
    """For readers whose mail is on another device, also where codes alone are switched off (security 99)."""
    letter = await asked(under_test, visit=linking(under_test, email_codes_enabled=False))

    outcome = await type_code(under_test, letter.code)

    assert not isinstance(outcome, SecondFactorRequired)
    assert outcome.session.method == "email-code"
    assert outcome.subject.email_is_verified


async def test_link_and_code_of_a_letter_are_good_for_one_of_them(under_test: CoreUnderTest) -> None:
    """Whichever is used takes the other along: a letter that was used lets nobody in later (security 98)."""
    letter = await asked(under_test)
    await followed(under_test, letter)
    with pytest.raises(InvalidTicket):
        await type_code(under_test, letter.code)

    letter = await asked(under_test)
    await type_code(under_test, letter.code)
    with pytest.raises(InvalidTicket):
        await follow(under_test, letter)


async def test_the_link_does_not_skip_the_second_factor(under_test: CoreUnderTest) -> None:
    """It is a first factor like the password (security 88)."""
    ann = await under_test.sign_up(ANN)
    await followed(under_test, await asked(under_test))
    await under_test.change(ann.subject.id, mfa_type="totp")
    sessions = await under_test.count("sessions")

    assert isinstance(await follow(under_test, await asked(under_test)), SecondFactorRequired)

    assert await under_test.count("sessions") == sessions


@pytest.mark.parametrize("email", [ANN, BOB])
@pytest.mark.parametrize("policy", [{}, {"auto_sign_up_enabled": False}])
async def test_known_and_unknown_addresses_are_answered_as_late(
    under_test: CoreUnderTest, email: str, policy: dict[str, Any]
) -> None:
    """Whether a letter was written or not (security 82)."""
    await under_test.sign_up(ANN)
    asked_at_seconds = under_test.clock.seconds()

    await ask(under_test, email, visit=linking(under_test, **policy))

    assert under_test.clock.seconds() - asked_at_seconds > ANSWER_AFTER_SECONDS - 0.001


async def test_where_signing_up_is_a_matter_of_its_own_nobody_is_registered(under_test: CoreUnderTest) -> None:
    """And nobody learns who is: unknown, disabled, or known and mailed, the answer is the same (security 82)."""
    visit = linking(under_test, auto_sign_up_enabled=False)
    bob = await under_test.sign_up(BOB)
    await under_test.change(bob.subject.id, status="disabled")

    assert await ask(under_test, ANN, visit=visit) == []
    assert await ask(under_test, BOB, visit=visit) == []
    assert await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN) is None

    await under_test.sign_up(ANN)
    assert len(await ask(under_test, ANN, visit=visit)) == 1


async def test_a_spent_amount_of_mail_tells_nothing_where_nobody_is_registered(under_test: CoreUnderTest) -> None:
    """Whoever is known would have been mailed, and is not; both hear nothing of it (security 82, 96)."""
    await under_test.sign_up(ANN)
    visit = linking(under_test, auto_sign_up_enabled=False, mail_per_hour=0)

    assert await ask(under_test, ANN, visit=visit) == []
    assert await ask(under_test, BOB, visit=visit) == []


@pytest.mark.parametrize(
    ("email", "policy", "refusal"),
    [
        (ANN, {"sign_in_links_enabled": False}, EndpointDisabled),
        ("no address", {}, InvalidEmail),
        (ANN, {"blocked_emails": (ANN,)}, EmailRefused),
        (BOB, {"allowed_emails": (ANN,)}, EmailRefused),
        (BOB, {"sign_up_enabled": False}, SignUpDisabled),
        (BOB, {"new_users_disabled": True}, UserNotActive),
        (ANN, {"mail_per_hour": 0}, TooManyAttempts),
        (BOB, {"mail_per_hour": 0}, TooManyAttempts),
    ],
)
async def test_no_letter_leaves_where_the_project_says_no(
    under_test: CoreUnderTest, email: str, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """The core asks, so that every door does (security 111)."""
    await under_test.sign_up(ANN)

    with pytest.raises(refusal):
        await ask(under_test, email, visit=linking(under_test, **policy))

    assert await under_test.letters() == []
    assert await under_test.count("tickets") == 0


async def test_who_is_known_may_come_in_where_nobody_may_sign_up(under_test: CoreUnderTest) -> None:
    """The switch is about new users."""
    await under_test.sign_up(ANN)
    visit = linking(under_test, sign_up_enabled=False)

    await followed(under_test, await asked(under_test, visit=visit), visit=visit)


async def test_new_users_that_must_be_enabled_first_are_kept_and_told(under_test: CoreUnderTest) -> None:
    """The row is there for the operator; no letter promises what it cannot keep."""
    visit = linking(under_test, new_users_disabled=True)
    for _ in range(2):  # the second time as a known user who is disabled
        with pytest.raises(UserNotActive):
            await ask(under_test, visit=visit)

    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    assert subject.status == "disabled"
    assert await under_test.letters() == []


async def test_nobody_gets_roles_by_asking(under_test: CoreUnderTest) -> None:
    """Security 11: the rules on options are those of every sign-up."""
    wish = LinkWish(email=ANN, letter=LETTER, options=UserOptions(roles=("admin",)))
    with pytest.raises(RoleNotAllowed):
        await under_test.core.request_sign_in_link(linking(under_test), wish)
    assert await under_test.count("users") == 0


async def test_one_mailbox_gets_so_many_links_and_no_more(under_test: CoreUnderTest) -> None:
    """Counted together with the other letters, at the same try for known and unknown addresses (security 96)."""
    for number in range(MAIL_BUDGET.tries):
        if number % 2:
            await under_test.core.request_password_reset(under_test.visit(), ANN, LETTER)
        else:
            await ask(under_test)
    with pytest.raises(TooManyAttempts):
        await ask(under_test)


async def test_a_link_is_worth_nothing_at_another_door_or_project(under_test: CoreUnderTest) -> None:
    """Nor under another name (security 75, 122, 134)."""
    letter = await asked(under_test)
    elsewhere = linking(under_test, project=await under_test.other_project())
    for visit in (linking(under_test, "sublay"), elsewhere):
        with pytest.raises(InvalidTicket):
            await follow(under_test, letter, visit=visit)
    for purpose in (Purpose.EMAIL_VERIFICATION, Purpose.PASSWORD_RESET, Purpose.EMAIL_CHANGE, Purpose.SECOND_FACTOR):
        with pytest.raises(InvalidTicket):
            await under_test.core.verify_email(linking(under_test), came(letter, purpose))

    await followed(under_test, letter)


@pytest.mark.parametrize("status", ["suspended", "disabled", "deleted"])
async def test_who_was_shut_out_meanwhile_does_not_come_in(under_test: CoreUnderTest, status: str) -> None:
    """The user is read again when the link is followed (security 18); nor is another link sent."""
    letter = await asked(under_test)
    subject = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, ANN)
    assert subject is not None
    await under_test.change(subject.id, status=status)

    with pytest.raises(UserNotActive):
        await follow(under_test, letter)
    with pytest.raises(UserNotActive):
        await ask(under_test)
    assert await under_test.count("sessions") == 0
