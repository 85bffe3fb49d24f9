"""Proving oneself again with a code that came by text."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.codes import NUMBER, ask_by_text, codes_on, come_by_text, newest_code, with_number, wrong
from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.signin import Method, SignedIn
from vestibule.core.texts.postage import NUMBER_BUDGET
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    CannotSendText,
    EndpointDisabled,
    InvalidTextCode,
    TooManyAttempts,
    TooManyTextGuesses,
    UserNotActive,
    UserNotFound,
)


async def ask(under_test: CoreUnderTest, ann: SignedIn, **policy: Any) -> str:
    """Ask for a code, and return what was sent."""
    await under_test.core.request_elevation_text(codes_on(under_test, **policy), ann.subject.id)
    return await newest_code(under_test)


async def elevate(under_test: CoreUnderTest, ann: SignedIn, code: str, **policy: Any) -> SignedIn:
    """Come with a code."""
    visit = codes_on(under_test, **policy)
    outcome = await under_test.core.elevate_with_text_code(visit, ann.subject.id, code, DOOR)
    assert isinstance(outcome, SignedIn)
    return outcome


async def test_the_right_code_starts_a_session_of_its_own(under_test: CoreUnderTest) -> None:
    """Without asking for a second factor again; the session that asked goes on."""
    ann = await with_number(under_test)
    await under_test.change(ann.subject.id, mfa_type="totp")

    elevated = await elevate(under_test, ann, await ask(under_test, ann))

    assert (elevated.session.method, elevated.subject.id) == (Method.ELEVATION, ann.subject.id)
    assert elevated.session.id != ann.session.id
    await under_test.refresh(ann.secret)


async def test_a_code_works_once(under_test: CoreUnderTest) -> None:
    """The second use finds nothing (security 46)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)
    await elevate(under_test, ann, code)

    with pytest.raises(InvalidTextCode):
        await elevate(under_test, ann, code)


async def test_a_code_elevates_the_user_it_was_sent_to(under_test: CoreUnderTest) -> None:
    """Whoever else is signed in has nothing of it (security 75)."""
    ann, bob = await with_number(under_test), await with_number(under_test, "+14165550123")
    code = await ask(under_test, ann)

    with pytest.raises(InvalidTextCode):
        await elevate(under_test, bob, code)
    assert (await elevate(under_test, ann, code)).subject.id == ann.subject.id


async def test_a_code_to_sign_in_elevates_nobody(under_test: CoreUnderTest) -> None:
    """Who is tricked into telling one gives away no more than it is for (security 75)."""
    ann = await with_number(under_test)
    code = await ask_by_text(under_test)

    with pytest.raises(InvalidTextCode):
        await elevate(under_test, ann, code)
    assert isinstance(await come_by_text(under_test, code), SignedIn)


async def test_five_wrong_guesses_burn_a_code(under_test: CoreUnderTest) -> None:
    """A stolen access token does not guess its way up (security 73)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)
    for _ in range(4):
        with pytest.raises(InvalidTextCode):
            await elevate(under_test, ann, wrong(code))
    for tried in (wrong(code), code):
        with pytest.raises(TooManyTextGuesses):
            await elevate(under_test, ann, tried)


async def test_a_code_dies_after_five_minutes(under_test: CoreUnderTest) -> None:
    """Expiry is in the predicate (security 127)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)
    under_test.clock.advance(timedelta(minutes=5))

    with pytest.raises(InvalidTextCode):
        await elevate(under_test, ann, code)


async def test_one_number_is_sent_so_many_and_no_more(under_test: CoreUnderTest) -> None:
    """A stolen access token is no pump (security 95)."""
    ann = await with_number(under_test)
    for _ in range(NUMBER_BUDGET.tries):
        await ask(under_test, ann)

    with pytest.raises(TooManyAttempts):
        await ask(under_test, ann)


@pytest.mark.parametrize(
    ("policy", "user", "refusal"),
    [
        ({"text_codes_enabled": False}, {}, EndpointDisabled),
        ({}, {"status": "disabled"}, UserNotActive),
        ({}, {"is_anonymous": True}, AnonymousNotAllowed),
    ],
)
async def test_who_is_kept_out_is_not_elevated(
    under_test: CoreUnderTest, policy: dict[str, Any], user: dict[str, Any], refusal: type[Exception]
) -> None:
    """Neither asks nor comes with a code from before (security 18)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)
    await under_test.change(ann.subject.id, **user)

    with pytest.raises(refusal):
        await ask(under_test, ann, **policy)
    with pytest.raises(refusal):
        await elevate(under_test, ann, code, **policy)
    assert await under_test.letters() == []


async def test_who_has_no_proven_number_has_no_such_way(under_test: CoreUnderTest) -> None:
    """It is as if it were switched off."""
    ann = await under_test.sign_up("ann@example.com")

    with pytest.raises(EndpointDisabled):
        await ask(under_test, ann)
    with pytest.raises(EndpointDisabled):
        await elevate(under_test, ann, "123456")


async def test_a_number_of_a_country_without_texts_gets_none(under_test: CoreUnderTest) -> None:
    """The project's countries may have changed since (security 95)."""
    ann = await with_number(under_test)

    with pytest.raises(CannotSendText):
        await ask(under_test, ann, text_countries=("CA",))
    assert await under_test.letters() == []


async def test_a_deleted_user_is_not_elevated(under_test: CoreUnderTest) -> None:
    """The access token outlives them, nothing else does (security 17)."""
    ann = await with_number(under_test, NUMBER)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")

    with pytest.raises(UserNotFound):
        await ask(under_test, ann)
