"""Asking for a code by text: who is sent one, who is registered by it, and what costs nothing."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.codes import NUMBER, ask_by_text, codes_on, come_by_text, with_number
from tests.support.cores import CoreUnderTest
from vestibule.core.letters import ANSWER_AFTER_SECONDS
from vestibule.core.signin import SignedIn
from vestibule.core.text_codes import TextCodeWish
from vestibule.core.texts.postage import NUMBER_BUDGET
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    CannotSendText,
    DefaultRoleNotAllowed,
    EmailNotVerified,
    EmailRefused,
    EndpointDisabled,
    InvalidTextCode,
    RedirectNotAllowed,
    RoleNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)

WRITTEN = "+49 (0)151 234-567 89"
ADDRESS = "ann@example.com"


async def nothing_happened(under_test: CoreUnderTest) -> bool:
    return await under_test.letters() == [] and await under_test.count("tickets") == 0


async def test_a_code_goes_to_the_number_in_its_one_spelling(under_test: CoreUnderTest) -> None:
    """As a text message, in the outbox of the same transaction; spaces and brackets make no second user."""
    await ask_by_text(under_test, WRITTEN)
    await under_test.core.request_text_code(codes_on(under_test), TextCodeWish(phone_number=NUMBER))

    claimed = await under_test.core.outbox.claim(under_test.db, "test", limit=9, lease=timedelta(minutes=1))
    [message] = claimed
    assert (message.channel, message.template, message.recipient) == ("sms", "signin-passwordless-sms", NUMBER)
    assert await under_test.count("users") == 1


async def test_in_a_project_of_one_country_numbers_are_written_as_there(under_test: CoreUnderTest) -> None:
    """Without the country's prefix."""
    visit = codes_on(under_test, text_countries=("DE",))
    code = await ask_by_text(under_test, "0151 23456789", visit)

    assert isinstance(await come_by_text(under_test, code, NUMBER, visit), SignedIn)


async def test_whoever_is_unknown_is_registered(under_test: CoreUnderTest) -> None:
    """By the number as a name, unless another one comes along."""
    await ask_by_text(under_test, WRITTEN)
    await ask_by_text(under_test, "+14165550123", options=UserOptions(display_name="Bob", metadata={"a": 1}))

    named = {}
    for number in (NUMBER, "+14165550123"):
        row = await under_test.core.users.subject_by_phone(under_test.db, under_test.project.id, number)
        assert row is not None
        named[number] = (row.display_name, row.metadata, row.email, row.phone_verified_at)
    assert named == {NUMBER: (NUMBER, None, None, None), "+14165550123": ("Bob", {"a": 1}, None, None)}


async def test_options_are_for_newcomers(under_test: CoreUnderTest) -> None:
    """A stranger who knows a number changes nothing about its owner."""
    await with_number(under_test)

    await ask_by_text(under_test, options=UserOptions(display_name="Mallory"))

    row = await under_test.core.users.subject_by_phone(under_test.db, under_test.project.id, NUMBER)
    assert row is not None
    assert row.display_name == NUMBER


async def test_another_code_kills_the_older_one(under_test: CoreUnderTest) -> None:
    """One live code at a time."""
    older = await ask_by_text(under_test)
    newer = await ask_by_text(under_test)

    if older != newer:
        with pytest.raises(InvalidTextCode):
            await come_by_text(under_test, older)
    assert isinstance(await come_by_text(under_test, newer), SignedIn)


@pytest.mark.parametrize("known", [True, False])
async def test_where_signing_up_is_apart_nobody_learns_who_is_known(under_test: CoreUnderTest, *, known: bool) -> None:
    """Known or not: no refusal, and as late. Only the text is missing (security 82)."""
    if known:
        await with_number(under_test)
    asked_at_seconds = under_test.clock.seconds()

    code = await ask_by_text(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False))

    assert bool(code) == known
    assert under_test.clock.seconds() - asked_at_seconds > ANSWER_AFTER_SECONDS - 0.001
    assert await under_test.count("users") == known


@pytest.mark.parametrize("state", ["suspended", "disabled", "deleted"])
async def test_whoever_is_kept_out_is_sent_nothing(under_test: CoreUnderTest, state: str) -> None:
    """They are told before a text is paid for; where signing up is apart nobody is told (security 82, 95)."""
    ann = await with_number(under_test)
    await under_test.change(ann.subject.id, status=state)

    with pytest.raises(UserNotActive):
        await ask_by_text(under_test)
    await ask_by_text(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False))
    assert await nothing_happened(under_test)


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [({"blocked_emails": (ADDRESS,)}, EmailRefused), ({"verified_email_required": True}, EmailNotVerified)],
)
async def test_whose_address_keeps_them_out_is_sent_nothing(
    under_test: CoreUnderTest, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """The code would get them nowhere."""
    ann = await with_number(under_test)
    await under_test.give_address(ann.subject.id, ADDRESS)

    with pytest.raises(refusal):
        await ask_by_text(under_test, visit=codes_on(under_test, **policy))
    assert await nothing_happened(under_test)


async def test_an_anonymous_user_gets_no_code(under_test: CoreUnderTest) -> None:
    """There is nothing to come back to."""
    ann = await with_number(under_test)
    await under_test.change(ann.subject.id, is_anonymous=True)

    with pytest.raises(AnonymousNotAllowed):
        await ask_by_text(under_test)


async def test_new_users_who_are_disabled_are_sent_nothing(under_test: CoreUnderTest) -> None:
    """The row stays for an operator to look at."""
    with pytest.raises(UserNotActive):
        await ask_by_text(under_test, visit=codes_on(under_test, new_users_disabled=True))

    assert await under_test.count("users") == 1
    assert await nothing_happened(under_test)


@pytest.mark.parametrize(
    ("policy", "asked", "refusal"),
    [
        ({"text_codes_enabled": False}, {}, EndpointDisabled),
        ({"sign_up_enabled": False}, {}, SignUpDisabled),
        ({"texts_per_hour": 0}, {}, TooManyAttempts),
        ({"text_countries": ("CA",)}, {}, CannotSendText),
        ({}, {"number": "no number"}, CannotSendText),
        ({}, {"number": "0151 23456789"}, CannotSendText),
        ({}, {"number": "+49 900 1234567"}, CannotSendText),
        ({}, {"redirect_to": "http://evil.example"}, RedirectNotAllowed),
        ({}, {"options": UserOptions(roles=("admin",))}, RoleNotAllowed),
        ({}, {"options": UserOptions(default_role="admin")}, DefaultRoleNotAllowed),
    ],
)
async def test_what_is_refused_is_refused_before_anything_is_sent(
    under_test: CoreUnderTest, policy: dict[str, Any], asked: dict[str, Any], refusal: type[Exception]
) -> None:
    """No user, no ticket, no text: the switches come first, since a text costs money (security 95)."""
    with pytest.raises(refusal):
        await ask_by_text(under_test, visit=codes_on(under_test, **policy), **{"number": NUMBER, **asked})

    assert await under_test.count("users") == 0
    assert await nothing_happened(under_test)


@pytest.mark.parametrize("known", [True, False])
async def test_one_number_is_sent_so_many_and_no_more(under_test: CoreUnderTest, *, known: bool) -> None:
    """Counted whether or not anybody has it (security 82, 95)."""
    if known:
        await with_number(under_test)
    for place in range(NUMBER_BUDGET.tries):
        network = f"192.0.2.{place}"
        await ask_by_text(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False, network=network))

    with pytest.raises(TooManyAttempts):
        await ask_by_text(under_test, visit=codes_on(under_test, auto_sign_up_enabled=False))


async def test_a_code_dies_after_five_minutes(under_test: CoreUnderTest) -> None:
    """Expiry is in the predicate (security 127)."""
    code = await ask_by_text(under_test)
    under_test.clock.advance(timedelta(minutes=5))

    with pytest.raises(InvalidTextCode):
        await come_by_text(under_test, code)
