"""Registering with a code by text."""

from typing import Any

import pytest

from tests.support.codes import NUMBER, codes_on, come_by_text, newest_code, with_number
from tests.support.cores import CoreUnderTest
from vestibule.core.letters import ANSWER_AFTER_SECONDS
from vestibule.core.projects import Visit
from vestibule.core.signin import SignedIn
from vestibule.core.text_codes import TextCodeWish
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    CannotSendText,
    EndpointDisabled,
    RedirectNotAllowed,
    RoleNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)


async def sign_up(under_test: CoreUnderTest, visit: Visit | None = None, number: str = NUMBER, **wish: Any) -> str:
    """Ask to be registered, and return the code that was sent."""
    asked = TextCodeWish(phone_number=number, **wish)
    await under_test.core.sign_up_with_text_code(visit or codes_on(under_test), asked)
    return await newest_code(under_test)


async def test_whoever_is_new_is_registered_and_comes_in(under_test: CoreUnderTest) -> None:
    """Also where signing in registers nobody, and where addresses must be proven: there is none."""
    visit = codes_on(under_test, auto_sign_up_enabled=False, verified_email_required=True)
    code = await sign_up(under_test, visit, options=UserOptions(display_name="Ann"))

    signed_in = await come_by_text(under_test, code, visit=visit)

    assert isinstance(signed_in, SignedIn)
    assert (signed_in.subject.display_name, signed_in.subject.phone_number) == ("Ann", NUMBER)


async def test_whoever_is_known_is_sent_nothing(under_test: CoreUnderTest) -> None:
    """Nobody is told, it takes as long, and what the owner was sent stays good (security 82, 83)."""
    code = await sign_up(under_test)
    asked_at_seconds = under_test.clock.seconds()

    assert await sign_up(under_test) == ""

    assert under_test.clock.seconds() - asked_at_seconds > ANSWER_AFTER_SECONDS - 0.001
    assert isinstance(await come_by_text(under_test, code), SignedIn)
    assert await under_test.count("users") == 1


async def test_the_known_are_counted_like_the_new(under_test: CoreUnderTest) -> None:
    """Or a spent amount would tell the two apart (security 83, 95)."""
    await with_number(under_test)
    for number in (NUMBER, "+4915223456789"):
        with pytest.raises(TooManyAttempts):
            await sign_up(under_test, codes_on(under_test, texts_per_hour=0), number)


async def test_whoever_is_kept_out_is_told(under_test: CoreUnderTest) -> None:
    """As the contract has it."""
    ann = await with_number(under_test)
    await under_test.change(ann.subject.id, status="disabled")

    with pytest.raises(UserNotActive):
        await sign_up(under_test)


@pytest.mark.parametrize(
    ("policy", "wish", "refusal", "users"),
    [
        ({"text_codes_enabled": False}, {}, EndpointDisabled, 0),
        ({"sign_up_enabled": False}, {}, SignUpDisabled, 0),
        ({"new_users_disabled": True}, {}, UserNotActive, 1),
        ({"text_countries": ("CA",)}, {}, CannotSendText, 0),
        ({}, {"number": "no number"}, CannotSendText, 0),
        ({}, {"redirect_to": "http://evil.example"}, RedirectNotAllowed, 0),
        ({}, {"options": UserOptions(roles=("admin",))}, RoleNotAllowed, 0),
    ],
)
async def test_what_is_refused_is_sent_nothing(
    under_test: CoreUnderTest, policy: dict[str, Any], wish: dict[str, Any], refusal: type[Exception], users: int
) -> None:
    """A user who is created disabled stays for an operator to look at (security 95)."""
    with pytest.raises(refusal):
        await sign_up(under_test, codes_on(under_test, **policy), **wish)

    assert (await under_test.count("users"), await under_test.count("tickets")) == (users, 0)
    assert await under_test.letters() == []
