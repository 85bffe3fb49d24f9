"""Coming in with a code that came by text."""

from typing import Any

import pytest

from tests.support.codes import (
    NUMBER,
    ask_by_mail,
    ask_by_text,
    codes_on,
    come_by_mail,
    come_by_text,
    newest_code,
    with_number,
    wrong,
)
from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.guesses import GUESS_BUDGET, WRONG_AFTER_SECONDS, Guess
from vestibule.core.signin import Method, SecondFactorRequired, SignedIn
from vestibule.core.texts.phone import parse_phone
from vestibule.core.texts.postage import NUMBER_BUDGET
from vestibule.core.tickets import Purpose
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailRefused,
    EndpointDisabled,
    InvalidEmailCode,
    InvalidTextCode,
    TooManyAttempts,
    TooManyTextGuesses,
    UserNotActive,
)

OTHER = "+14165550123"


async def fails(under_test: CoreUnderTest, code: str, number: str = NUMBER, **visit: Any) -> type[Exception]:
    """Guess wrong, and return how that is refused."""
    with pytest.raises((InvalidTextCode, TooManyTextGuesses, TooManyAttempts)) as caught:
        await come_by_text(under_test, code, number, codes_on(under_test, **visit))
    return caught.type


async def test_the_right_code_signs_in_and_proves_the_number(under_test: CoreUnderTest) -> None:
    """However the number is written."""
    code = await ask_by_text(under_test)

    signed_in = await come_by_text(under_test, code, "+49 151 234 567 89")

    assert isinstance(signed_in, SignedIn)
    assert signed_in.session.method == Method.TEXT_CODE
    assert signed_in.subject.phone_number == NUMBER
    assert signed_in.subject.phone_verified_at == under_test.clock.now()


async def test_a_code_works_once(under_test: CoreUnderTest) -> None:
    """The second use finds nothing (security 46)."""
    code = await ask_by_text(under_test)
    await come_by_text(under_test, code)

    assert await fails(under_test, code) is InvalidTextCode


async def test_five_wrong_guesses_burn_a_code(under_test: CoreUnderTest) -> None:
    """From whatever networks they come; the fifth says so, and the right code is worth nothing afterwards (security
    73).
    """
    code = await ask_by_text(under_test)
    refusals = [await fails(under_test, wrong(code), network=f"192.0.2.{number}") for number in range(5)]

    assert refusals == [InvalidTextCode] * 4 + [TooManyTextGuesses]
    assert await fails(under_test, code) is TooManyTextGuesses


async def test_asking_again_does_not_make_guessing_endless(under_test: CoreUnderTest) -> None:
    """Over all codes of a number a network has so many guesses an hour (security 73)."""
    code = ""
    for number in range(GUESS_BUDGET.tries):
        if number % 5 == 0:
            code = await ask_by_text(under_test)
        await fails(under_test, wrong(code))
    code = await ask_by_text(under_test)

    assert await fails(under_test, code) is TooManyAttempts


@pytest.mark.parametrize("asked", [True, False])
async def test_nobody_is_refused_like_somebody(under_test: CoreUnderTest, *, asked: bool) -> None:
    """Known with a live code, known without, unknown: at every guess the same refusal, as late (security 82)."""
    await with_number(under_test)
    visit = codes_on(under_test, auto_sign_up_enabled=False)
    if asked:
        for number in (NUMBER, OTHER):
            await ask_by_text(under_test, number, visit)
    told = {}
    for number in (NUMBER, OTHER):
        began_at_seconds = under_test.clock.seconds()
        told[number] = [await fails(under_test, "xxxxxx", number) for _ in range(GUESS_BUDGET.tries + 1)]
        assert under_test.clock.seconds() - began_at_seconds > GUESS_BUDGET.tries * (WRONG_AFTER_SECONDS - 0.001)

    assert told[NUMBER] == told[OTHER]
    assert {*told[NUMBER]} == {InvalidTextCode, TooManyTextGuesses, TooManyAttempts}


async def test_what_is_no_number_is_refused_as_a_wrong_code(under_test: CoreUnderTest) -> None:
    """Nobody can have it, so there is nothing to learn."""
    assert await fails(under_test, "123456", "no number") is InvalidTextCode


@pytest.mark.parametrize(
    ("policy", "user", "refusal"),
    [
        ({"blocked_emails": ("ann@example.com",)}, {}, EmailRefused),
        ({}, {"status": "suspended"}, UserNotActive),
        ({}, {"status": "disabled"}, UserNotActive),
        ({}, {"is_anonymous": True}, AnonymousNotAllowed),
    ],
)
async def test_who_is_kept_out_learns_it_after_the_right_code_only(
    under_test: CoreUnderTest, policy: dict[str, Any], user: dict[str, Any], refusal: type[Exception]
) -> None:
    """And the code is not spent by it: once the operator lets them in again it works (security 18, 82)."""
    ann = await with_number(under_test)
    await under_test.give_address(ann.subject.id, "ann@example.com")
    code = await ask_by_text(under_test)
    await under_test.change(ann.subject.id, **user)

    assert await fails(under_test, wrong(code), **policy) is InvalidTextCode
    with pytest.raises(refusal):
        await come_by_text(under_test, code, visit=codes_on(under_test, **policy))
    assert await under_test.count("sessions") == 1
    await under_test.change(ann.subject.id, status="active", is_anonymous=False)
    assert isinstance(await come_by_text(under_test, code), SignedIn)


async def test_a_second_factor_is_asked_for(under_test: CoreUnderTest) -> None:
    """A ticket, and no session; with the reference's rule the code is enough (security 88)."""
    ann = await with_number(under_test)
    await under_test.change(ann.subject.id, mfa_type="totp")

    assert isinstance(await come_by_text(under_test, await ask_by_text(under_test)), SecondFactorRequired)
    visit = codes_on(under_test, second_factor_after="password")
    assert isinstance(await come_by_text(under_test, await ask_by_text(under_test), visit=visit), SignedIn)


async def test_switched_off_means_off(under_test: CoreUnderTest) -> None:
    """Also for codes that are under way."""
    code = await ask_by_text(under_test)

    with pytest.raises(EndpointDisabled):
        await come_by_text(under_test, code, visit=codes_on(under_test, text_codes_enabled=False))


async def test_codes_by_text_and_by_mail_are_two_things(under_test: CoreUnderTest) -> None:
    """A user who has both an address and a number is sent two codes, each good for its own way in (security 75)."""
    ann = await with_number(under_test)
    await under_test.give_address(ann.subject.id, "ann@example.com", verified=True)
    by_text, by_mail = await ask_by_text(under_test), await ask_by_mail(under_test)
    if by_text != by_mail:
        assert await fails(under_test, by_mail) is InvalidTextCode
        with pytest.raises(InvalidEmailCode):
            await come_by_mail(under_test, by_text)

    assert isinstance(await come_by_text(under_test, by_text), SignedIn)
    assert isinstance(await come_by_mail(under_test, by_mail), SignedIn)


async def test_a_code_is_good_at_its_own_door_and_project(under_test: CoreUnderTest) -> None:
    """Elsewhere it is a wrong one (security 122, 134)."""
    other = await under_test.other_project()
    await ask_by_text(under_test, visit=codes_on(under_test, project=other))
    code = await ask_by_text(under_test)

    assert await fails(under_test, code, dialect="sublay") is InvalidTextCode
    assert await fails(under_test, wrong(code), project=other) is InvalidTextCode
    assert isinstance(await come_by_text(under_test, code), SignedIn)


async def test_a_code_of_another_purpose_signs_nobody_in(under_test: CoreUnderTest) -> None:
    """What elevates or changes the number does not sign in (security 75)."""
    ann = await with_number(under_test)
    await under_test.core.request_elevation_text(codes_on(under_test), ann.subject.id)
    elevates = await newest_code(under_test)
    await under_test.core.request_phone_change(codes_on(under_test), ann.subject.id, NUMBER)
    changes = await newest_code(under_test)

    for code in (elevates, changes):
        assert await fails(under_test, code) is InvalidTextCode
    assert isinstance(
        await under_test.core.elevate_with_text_code(codes_on(under_test), ann.subject.id, elevates, DOOR), SignedIn
    )


async def test_a_number_that_was_given_up_signs_nobody_in(under_test: CoreUnderTest) -> None:
    """The code proves a number that is no longer the user's (security 14)."""
    ann = await with_number(under_test)
    code = await ask_by_text(under_test)
    async with under_test.db.write() as tx:
        await under_test.core.users.release_phone(tx, under_test.project.id, ann.subject.id)
        await under_test.core.change_phone.create.move_phone(tx, under_test.project.id, ann.subject.id, OTHER)

    assert await fails(under_test, code) is InvalidTextCode
    assert await fails(under_test, code, OTHER) is InvalidTextCode


async def test_the_right_code_gives_the_number_its_texts_back(under_test: CoreUnderTest) -> None:
    """Somebody who signs in often is no pump (security 95)."""
    for _ in range(NUMBER_BUDGET.tries + 1):
        assert isinstance(await come_by_text(under_test, await ask_by_text(under_test)), SignedIn)


async def test_a_number_that_changes_after_the_guess_proves_nothing(under_test: CoreUnderTest) -> None:
    """Between the right guess and the session the user took another number: the old one is not theirs (security 14)."""
    ann = await with_number(under_test)
    code, visit = await ask_by_text(under_test), codes_on(under_test)
    sign_in = under_test.core.sign_in_with_text_code
    guess = Guess(purpose=Purpose.TEXT_CODE, address=NUMBER, code=code, user_id=ann.subject.id)
    right = await sign_in.guesses(visit, guess)
    async with under_test.db.write() as tx:
        await sign_in.prove.register.create.move_phone(tx, visit.project.id, ann.subject.id, OTHER)
    with pytest.raises(InvalidTextCode):
        async with under_test.db.write() as tx:
            await sign_in.prove(tx, visit, right, parse_phone(NUMBER))
