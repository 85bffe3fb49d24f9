"""Coming in with a code that came by mail."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.codes import ANN, FORM, ask_by_mail, codes_on, come_by_mail, proven, wrong
from tests.support.cores import DOOR, LETTER, CoreUnderTest
from vestibule.core.guesses import GUESS_BUDGET, WRONG_AFTER_SECONDS
from vestibule.core.letters import SendLetter
from vestibule.core.signin import Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailRefused,
    InvalidEmail,
    InvalidEmailCode,
    TooManyAttempts,
    TooManyGuesses,
    UserNotActive,
)

NOBODY = "nobody@example.com"


async def fails(under_test: CoreUnderTest, code: str, email: str = ANN, **visit: Any) -> type[Exception]:
    """Guess wrong, and return how that is refused."""
    with pytest.raises((InvalidEmailCode, TooManyGuesses, TooManyAttempts)) as caught:
        await come_by_mail(under_test, code, email, codes_on(under_test, **visit))
    return caught.type


async def test_the_right_code_signs_in_and_proves_the_address(under_test: CoreUnderTest) -> None:
    """Also where only proven addresses come in: this is the proof."""
    visit = codes_on(under_test, verified_email_required=True)
    code = await ask_by_mail(under_test, visit=visit)

    signed_in = await come_by_mail(under_test, code, visit=visit)

    assert isinstance(signed_in, SignedIn)
    assert signed_in.session.method == Method.EMAIL_CODE
    assert signed_in.subject.email_is_verified


async def test_a_code_works_once(under_test: CoreUnderTest) -> None:
    """The second use finds nothing (security 46)."""
    code = await ask_by_mail(under_test)
    await come_by_mail(under_test, code)

    assert await fails(under_test, code) is InvalidEmailCode


async def test_five_wrong_guesses_burn_a_code(under_test: CoreUnderTest) -> None:
    """From whatever networks they come; the fifth says so, and the right code is worth nothing afterwards (security
    73).
    """
    code = await ask_by_mail(under_test)
    refusals = [await fails(under_test, wrong(code), network=f"192.0.2.{number}") for number in range(5)]

    assert refusals == [InvalidEmailCode] * 4 + [TooManyGuesses]
    assert await fails(under_test, code) is TooManyGuesses


async def test_another_code_has_guesses_of_its_own(under_test: CoreUnderTest) -> None:
    """Whoever mistyped one five times asks for another and comes in."""
    code = await ask_by_mail(under_test)
    for _ in range(5):
        await fails(under_test, wrong(code))
    code = await ask_by_mail(under_test)

    assert await fails(under_test, wrong(code)) is InvalidEmailCode
    assert isinstance(await come_by_mail(under_test, code), SignedIn)


async def test_asking_again_does_not_make_guessing_endless(under_test: CoreUnderTest) -> None:
    """Over all codes of an address a network has so many guesses an hour; then the right code is refused (security
    73).
    """
    code = ""
    for number in range(GUESS_BUDGET.tries):
        if number % 5 == 0:
            code = await ask_by_mail(under_test)
        await fails(under_test, wrong(code))
    code = await ask_by_mail(under_test)

    assert await fails(under_test, code) is TooManyAttempts
    assert isinstance(
        await come_by_mail(under_test, code, visit=codes_on(under_test, network="198.51.100.7")), SignedIn
    )


async def test_the_right_code_gives_the_guesses_back(under_test: CoreUnderTest) -> None:
    """Somebody who mistypes now and then is not kept out of the house in the end."""
    for _ in range(6):
        code = await ask_by_mail(under_test)
        for _ in range(4):
            assert await fails(under_test, wrong(code)) is InvalidEmailCode
        assert isinstance(await come_by_mail(under_test, code), SignedIn)
        under_test.clock.advance(timedelta(minutes=11))


@pytest.mark.parametrize("asked", [True, False])
async def test_nobody_is_refused_like_somebody(under_test: CoreUnderTest, *, asked: bool) -> None:
    """Known with a live code, known without, unknown: at every guess the same refusal, as late (security 82)."""
    await under_test.sign_up(ANN)
    visit = codes_on(under_test, auto_sign_up_enabled=False)
    if asked:
        for email in (ANN, NOBODY):
            await ask_by_mail(under_test, email, visit)
    told = {}
    for email in (ANN, NOBODY):
        began_at_seconds = under_test.clock.seconds()
        told[email] = [await fails(under_test, "xxxxxx", email) for _ in range(GUESS_BUDGET.tries + 1)]
        took_seconds = under_test.clock.seconds() - began_at_seconds
        assert took_seconds > GUESS_BUDGET.tries * (WRONG_AFTER_SECONDS - 0.001)

    assert told[ANN] == told[NOBODY]
    assert {*told[ANN]} == {InvalidEmailCode, TooManyGuesses, TooManyAttempts}


@pytest.mark.parametrize(
    ("policy", "user", "refusal"),
    [
        ({"blocked_emails": (ANN,)}, {}, EmailRefused),
        ({}, {"status": "suspended"}, UserNotActive),
        ({}, {"status": "disabled"}, UserNotActive),
        ({}, {"is_anonymous": True}, AnonymousNotAllowed),
    ],
)
async def test_who_is_kept_out_learns_it_after_the_right_code_only(
    under_test: CoreUnderTest, policy: dict[str, Any], user: dict[str, Any], refusal: type[Exception]
) -> None:
    """And the code is not spent by it: once the operator lets them in again it works (security 18, 82)."""
    ann = await under_test.sign_up(ANN)
    code = await ask_by_mail(under_test)
    await under_test.change(ann.subject.id, **user)

    assert await fails(under_test, wrong(code), **policy) is InvalidEmailCode
    with pytest.raises(refusal):
        await come_by_mail(under_test, code, visit=codes_on(under_test, **policy))
    assert await under_test.count("sessions") == 1
    await under_test.change(ann.subject.id, status="active", is_anonymous=False)
    assert isinstance(await come_by_mail(under_test, code), SignedIn)


async def test_a_second_factor_is_asked_for(under_test: CoreUnderTest) -> None:
    """A ticket, and no session; with the reference's rule the code is enough (security 88)."""
    ann = await proven(under_test)
    await under_test.change(ann.subject.id, mfa_type="totp")

    pending = await come_by_mail(under_test, await ask_by_mail(under_test))
    assert isinstance(pending, SecondFactorRequired)
    visit = codes_on(under_test, second_factor_after="password")
    assert isinstance(await come_by_mail(under_test, await ask_by_mail(under_test), visit=visit), SignedIn)


async def test_codes_of_letters_with_a_link_are_taken(under_test: CoreUnderTest) -> None:
    """Whether or not the project sends codes alone; the link beside it dies with the code (security 98, 99)."""
    ann = await under_test.sign_up(ANN)
    desk = under_test.core.verify_email.tickets
    letters = SendLetter(desk, under_test.core.outbox, under_test.core.request_elevation_email.codes)
    [credential] = await under_test.core.users.credentials(under_test.db, under_test.project.id, ann.subject.id)
    form = replace(LETTER, with_code=True)
    async with under_test.db.write() as tx:
        await letters(tx, codes_on(under_test), Purpose.SIGN_IN_LINK, form, subject=ann.subject, credential=credential)
    [letter] = await under_test.letters()

    visit = codes_on(under_test, email_codes_enabled=False)
    assert isinstance(await come_by_mail(under_test, letter.code, visit=visit), SignedIn)
    assert await under_test.count("tickets") == 0


async def test_a_code_is_good_at_its_own_door_and_project(under_test: CoreUnderTest) -> None:
    """Elsewhere it is a wrong one (security 122, 134)."""
    await under_test.sign_up(ANN)
    other = await under_test.other_project()
    await under_test.sign_up(ANN, visit=under_test.visit(project=other))
    code = await ask_by_mail(under_test)

    assert await fails(under_test, code, dialect="sublay") is InvalidEmailCode
    assert await fails(under_test, code, project=other) is InvalidEmailCode
    assert isinstance(await come_by_mail(under_test, code), SignedIn)


async def test_a_code_of_another_purpose_signs_nobody_in(under_test: CoreUnderTest) -> None:
    """What elevates does not sign in (security 75)."""
    ann = await proven(under_test)
    visit = codes_on(under_test)
    await under_test.core.request_elevation_email(visit, ann.subject.id, FORM)
    [letter] = await under_test.letters()

    assert await fails(under_test, letter.code) is InvalidEmailCode
    elevated = await under_test.core.elevate_with_email_code(visit, ann.subject.id, letter.code, DOOR)
    assert isinstance(elevated, SignedIn)


async def test_what_is_no_address_is_said_to_be_none(under_test: CoreUnderTest) -> None:
    """Nobody can have it."""
    with pytest.raises(InvalidEmail):
        await come_by_mail(under_test, "123456", "no address")
