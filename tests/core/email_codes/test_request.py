"""Asking for a code by mail: who is sent one, who is registered by it, and what nobody learns."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.codes import ANN, FORM, ask_by_mail, codes_on, come_by_mail
from tests.support.cores import CoreUnderTest
from vestibule.core.email_codes import EmailCodeWish
from vestibule.core.letters import ANSWER_AFTER_SECONDS
from vestibule.core.letters.postage import MAIL_BUDGET
from vestibule.core.signin import SignedIn
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    EmailRefused,
    EndpointDisabled,
    InvalidEmail,
    InvalidEmailCode,
    RedirectNotAllowed,
    RoleNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)

NOBODY = "nobody@example.com"


async def test_a_code_goes_to_the_address_on_record(under_test: CoreUnderTest) -> None:
    """As it was registered, never as it was typed (security 13), and says where its reader is going."""
    await under_test.sign_up("Ann@Example.com")

    asked = EmailCodeWish(email="ANN@example.com", form=FORM, redirect_to="http://localhost:3000/in")
    await under_test.core.request_email_code(codes_on(under_test), asked)

    [letter] = await under_test.letters()
    assert (letter.email, letter.redirect_to, letter.link) == ("Ann@Example.com", "http://localhost:3000/in", "")
    assert len(letter.code) == 6


async def test_whoever_is_unknown_is_registered(under_test: CoreUnderTest) -> None:
    """With the options that came along, and unverified until the code comes back."""
    code = await ask_by_mail(under_test, NOBODY, options=UserOptions(display_name="No Body", metadata={"a": 1}))

    row = await under_test.core.users.subject_by_email(under_test.db, under_test.project.id, NOBODY)
    assert row is not None
    assert (row.display_name, row.metadata, row.email_is_verified) == ("No Body", {"a": 1}, False)
    assert isinstance(await come_by_mail(under_test, code, NOBODY), SignedIn)


async def test_options_are_for_newcomers(under_test: CoreUnderTest) -> None:
    """A stranger who knows an address changes nothing about its owner."""
    ann = await under_test.sign_up(ANN)

    await ask_by_mail(under_test, options=UserOptions(display_name="Mallory", metadata={"a": 1}))

    row = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert (row.display_name, row.metadata) == (ann.subject.display_name, None)


async def test_another_code_kills_the_older_one(under_test: CoreUnderTest) -> None:
    """One live code at a time."""
    await under_test.sign_up(ANN)
    older = await ask_by_mail(under_test)
    newer = await ask_by_mail(under_test)

    if older != newer:
        with pytest.raises(InvalidEmailCode):
            await come_by_mail(under_test, older)
    assert isinstance(await come_by_mail(under_test, newer), SignedIn)


@pytest.mark.parametrize("known", [True, False])
async def test_where_signing_up_is_apart_nobody_learns_who_is_known(under_test: CoreUnderTest, *, known: bool) -> None:
    """Known or not: no refusal, and as late. Only the letter is missing (security 82)."""
    if known:
        await under_test.sign_up(ANN)
    asked_at_seconds = under_test.clock.seconds()

    code = await ask_by_mail(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False))

    assert bool(code) == known
    assert under_test.clock.seconds() - asked_at_seconds > ANSWER_AFTER_SECONDS - 0.001
    assert await under_test.count("users") == known


@pytest.mark.parametrize("state", ["suspended", "disabled", "deleted"])
async def test_where_signing_up_is_apart_nobody_learns_who_is_kept_out(under_test: CoreUnderTest, state: str) -> None:
    """They are sent nothing, as if they were unknown (security 82)."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, status=state)

    assert await ask_by_mail(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False)) == ""
    with pytest.raises(UserNotActive):
        await ask_by_mail(under_test)


async def test_where_signing_up_is_apart_a_spent_amount_tells_nothing(under_test: CoreUnderTest) -> None:
    """The project's letters of this hour are used up: the known are sent nothing either, and not told (security 96)."""
    await under_test.sign_up(ANN)

    assert await ask_by_mail(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False, mail_per_hour=0)) == ""


async def test_new_users_who_are_disabled_are_sent_nothing(under_test: CoreUnderTest) -> None:
    """The row stays for an operator to look at."""
    with pytest.raises(UserNotActive):
        await ask_by_mail(under_test, NOBODY, codes_on(under_test, new_users_disabled=True))

    assert (await under_test.count("users"), await under_test.count("tickets")) == (1, 0)
    assert await under_test.letters() == []


async def test_an_anonymous_user_gets_no_code(under_test: CoreUnderTest) -> None:
    """There is nothing to come back to."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, is_anonymous=True)

    with pytest.raises(AnonymousNotAllowed):
        await ask_by_mail(under_test)


@pytest.mark.parametrize(
    ("policy", "wish", "refusal"),
    [
        ({"email_codes_enabled": False}, {}, EndpointDisabled),
        ({"sign_up_enabled": False}, {}, SignUpDisabled),
        ({"blocked_emails": (NOBODY,)}, {}, EmailRefused),
        ({"allowed_email_domains": ("acme.example",)}, {}, EmailRefused),
        ({"mail_per_hour": 0}, {}, TooManyAttempts),
        ({}, {"email": "no address"}, InvalidEmail),
        ({}, {"redirect_to": "http://evil.example"}, RedirectNotAllowed),
        ({}, {"options": UserOptions(roles=("admin",))}, RoleNotAllowed),
        ({}, {"options": UserOptions(default_role="admin")}, DefaultRoleNotAllowed),
    ],
)
async def test_what_is_refused_leaves_nothing(
    under_test: CoreUnderTest, policy: dict[str, Any], wish: dict[str, Any], refusal: type[Exception]
) -> None:
    """No user, no ticket, no letter."""
    with pytest.raises(refusal):
        await ask_by_mail(under_test, visit=codes_on(under_test, **policy), **{"email": NOBODY, **wish})

    assert (await under_test.count("users"), await under_test.count("tickets")) == (0, 0)
    assert await under_test.letters() == []


@pytest.mark.parametrize("known", [True, False])
async def test_one_address_is_mailed_so_often_and_no_more(under_test: CoreUnderTest, *, known: bool) -> None:
    """From however many networks it is asked for, and whether or not anybody has it (security 96)."""
    visit = codes_on(under_test, auto_sign_up_enabled=False)
    if known:
        await under_test.sign_up(ANN)
    for _ in range(MAIL_BUDGET.tries):
        await ask_by_mail(under_test, visit=visit)

    with pytest.raises(TooManyAttempts):
        await ask_by_mail(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False, network="198.51.100.7"))
    under_test.clock.advance(timedelta(hours=1))
    await ask_by_mail(under_test, visit=visit)


async def test_a_code_dies_after_ten_minutes(under_test: CoreUnderTest) -> None:
    """Expiry is in the predicate (security 127)."""
    code = await ask_by_mail(under_test)
    under_test.clock.advance(timedelta(minutes=10))

    with pytest.raises(InvalidEmailCode):
        await come_by_mail(under_test, code)
