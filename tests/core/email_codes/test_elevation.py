"""Proving oneself again with a code that came by mail."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.codes import ANN, FORM, ask_by_mail, codes_on, come_by_mail, newest_code, proven, wrong
from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.letters.postage import MAIL_BUDGET
from vestibule.core.signin import Method, SignedIn
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    EmailRefused,
    EndpointDisabled,
    InvalidEmailCode,
    TooManyAttempts,
    TooManyGuesses,
    UserNotActive,
    UserNotFound,
)


async def ask(under_test: CoreUnderTest, ann: SignedIn, **policy: Any) -> str:
    """Ask for a code, and return what was sent."""
    await under_test.core.request_elevation_email(codes_on(under_test, **policy), ann.subject.id, FORM)
    return await newest_code(under_test)


async def elevate(under_test: CoreUnderTest, ann: SignedIn, code: str, **policy: Any) -> SignedIn:
    """Come with a code."""
    visit = codes_on(under_test, **policy)
    outcome = await under_test.core.elevate_with_email_code(visit, ann.subject.id, code, DOOR)
    assert isinstance(outcome, SignedIn)
    return outcome


async def test_the_right_code_starts_a_session_of_its_own(under_test: CoreUnderTest) -> None:
    """Without asking for a second factor again; the session that asked goes on."""
    ann = await proven(under_test)
    await under_test.change(ann.subject.id, mfa_type="totp")

    elevated = await elevate(under_test, ann, await ask(under_test, ann))

    assert (elevated.session.method, elevated.subject.id) == (Method.ELEVATION, ann.subject.id)
    assert elevated.session.id != ann.session.id
    await under_test.refresh(ann.secret)


async def test_a_code_works_once(under_test: CoreUnderTest) -> None:
    """The second use finds nothing (security 46)."""
    ann = await proven(under_test)
    code = await ask(under_test, ann)
    await elevate(under_test, ann, code)

    with pytest.raises(InvalidEmailCode):
        await elevate(under_test, ann, code)


async def test_a_code_elevates_the_user_it_was_sent_to(under_test: CoreUnderTest) -> None:
    """Whoever else is signed in has nothing of it (security 75)."""
    ann, bob = await proven(under_test), await proven(under_test, "bob@example.com")
    code = await ask(under_test, ann)

    with pytest.raises(InvalidEmailCode):
        await elevate(under_test, bob, code)
    assert (await elevate(under_test, ann, code)).subject.id == ann.subject.id


async def test_a_code_to_sign_in_elevates_nobody(under_test: CoreUnderTest) -> None:
    """Who is tricked into telling one gives away no more than it is for (security 75)."""
    ann = await proven(under_test)
    code = await ask_by_mail(under_test)

    with pytest.raises(InvalidEmailCode):
        await elevate(under_test, ann, code)
    assert isinstance(await come_by_mail(under_test, code), SignedIn)


async def test_five_wrong_guesses_burn_a_code(under_test: CoreUnderTest) -> None:
    """A stolen access token does not guess its way up (security 73)."""
    ann = await proven(under_test)
    code = await ask(under_test, ann)
    for _ in range(4):
        with pytest.raises(InvalidEmailCode):
            await elevate(under_test, ann, wrong(code))
    for tried in (wrong(code), code):
        with pytest.raises(TooManyGuesses):
            await elevate(under_test, ann, tried)


async def test_a_code_dies_after_ten_minutes(under_test: CoreUnderTest) -> None:
    """Expiry is in the predicate (security 127)."""
    ann = await proven(under_test)
    code = await ask(under_test, ann)
    under_test.clock.advance(timedelta(minutes=10))

    with pytest.raises(InvalidEmailCode):
        await elevate(under_test, ann, code)


async def test_one_address_is_mailed_so_often_and_no_more(under_test: CoreUnderTest) -> None:
    """A stolen access token is no way to fill a mailbox (security 96)."""
    ann = await under_test.sign_up(ANN)
    await come_by_mail(under_test, await ask_by_mail(under_test))
    for _ in range(MAIL_BUDGET.tries - 1):
        await ask(under_test, ann)

    with pytest.raises(TooManyAttempts):
        await ask(under_test, ann)


@pytest.mark.parametrize(
    ("policy", "user", "refusal"),
    [
        ({"email_codes_enabled": False}, {}, EndpointDisabled),
        ({"blocked_emails": (ANN,)}, {}, EmailRefused),
        ({}, {"status": "disabled"}, UserNotActive),
        ({}, {"is_anonymous": True}, AnonymousNotAllowed),
    ],
)
async def test_who_is_kept_out_is_not_elevated(
    under_test: CoreUnderTest, policy: dict[str, Any], user: dict[str, Any], refusal: type[Exception]
) -> None:
    """Neither asks nor comes with a code from before (security 18)."""
    ann = await proven(under_test)
    code = await ask(under_test, ann)
    await under_test.change(ann.subject.id, **user)

    with pytest.raises(refusal):
        await ask(under_test, ann, **policy)
    with pytest.raises(refusal):
        await elevate(under_test, ann, code, **policy)


async def test_an_address_that_nobody_proved_elevates_nobody(under_test: CoreUnderTest) -> None:
    """Whoever typed it in at the sign-up may not be its owner."""
    ann = await under_test.sign_up(ANN)

    with pytest.raises(EmailNotVerified):
        await ask(under_test, ann)
    with pytest.raises(EmailNotVerified):
        await elevate(under_test, ann, "123456")


async def test_a_deleted_user_is_not_elevated(under_test: CoreUnderTest) -> None:
    """The access token outlives them, nothing else does (security 17)."""
    ann = await proven(under_test)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")

    with pytest.raises(UserNotFound):
        await ask(under_test, ann)
