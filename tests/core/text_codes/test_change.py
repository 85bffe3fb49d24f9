"""Changing one's number."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.codes import NUMBER, ask_by_text, codes_on, come_by_text, newest_code, proven, with_number, wrong
from tests.support.cores import CoreUnderTest
from vestibule.core.signin import SignedIn
from vestibule.core.text_codes import PhoneProof
from vestibule.core.texts.postage import NUMBER_BUDGET
from vestibule.core.users import Subject
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    CannotSendText,
    EmailNotVerified,
    EndpointDisabled,
    InvalidRefreshToken,
    InvalidTextCode,
    PhoneTaken,
    TooManyAttempts,
    TooManyTextGuesses,
    UserNotActive,
)

NEW = "+14165550123"


async def ask(under_test: CoreUnderTest, who: SignedIn, number: str = NEW, **policy: Any) -> str:
    """Ask for a code to a new number, and return what was sent."""
    await under_test.core.request_phone_change(codes_on(under_test, **policy), who.subject.id, number)
    return await newest_code(under_test)


async def change(under_test: CoreUnderTest, who: SignedIn, code: str, number: str = NEW, **policy: Any) -> None:
    """Come with a code."""
    proof = PhoneProof(user_id=who.subject.id, new_number=number, code=code, kept_session=who.session.id)
    await under_test.core.change_phone(codes_on(under_test, **policy), proof)


async def now(under_test: CoreUnderTest, who: SignedIn) -> Subject:
    """Return the user as they are now."""
    return await under_test.core.users.subject(under_test.db, under_test.project.id, who.subject.id)


async def test_the_number_changes_when_the_code_comes_back(under_test: CoreUnderTest) -> None:
    """Not before; and then it is proven, and signs in where the old one does no more."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann, "+1 416-555-0123")
    assert (await now(under_test, ann)).phone_number == NUMBER

    await change(under_test, ann, code)

    assert (await now(under_test, ann)).phone_number == NEW
    assert (await now(under_test, ann)).phone_verified_at == under_test.clock.now()
    came = await come_by_text(under_test, await ask_by_text(under_test, NEW), NEW)
    assert came.subject.id == ann.subject.id
    somebody = await come_by_text(under_test, await ask_by_text(under_test))
    assert somebody.subject.id != ann.subject.id


async def test_a_first_number_is_added_in_the_same_way(under_test: CoreUnderTest) -> None:
    """For whoever came by mail."""
    ann = await proven(under_test)

    await change(under_test, ann, await ask(under_test, ann))

    assert (await now(under_test, ann)).phone_number == NEW


async def test_ones_own_number_can_be_proven_again(under_test: CoreUnderTest) -> None:
    """It is taken by nobody else."""
    ann = await with_number(under_test)
    under_test.clock.advance(timedelta(days=1))

    await change(under_test, ann, await ask(under_test, ann, NUMBER), NUMBER)

    assert (await now(under_test, ann)).phone_verified_at == under_test.clock.now()


async def test_a_code_works_once(under_test: CoreUnderTest) -> None:
    """The second use finds nothing (security 46)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)
    await change(under_test, ann, code)

    with pytest.raises(InvalidTextCode):
        await change(under_test, ann, code)


async def test_a_code_is_good_for_the_number_it_went_to(under_test: CoreUnderTest) -> None:
    """Whoever asks with a number of theirs and answers with another one proves nothing (security 11, 75)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)

    with pytest.raises(InvalidTextCode):
        await change(under_test, ann, code, "+14165550199")
    with pytest.raises(InvalidTextCode):
        await change(under_test, ann, code, "no number")
    await change(under_test, ann, code)


async def test_a_code_is_good_for_the_user_who_asked(under_test: CoreUnderTest) -> None:
    """Whoever else is signed in has nothing of it (security 75)."""
    ann, bob = await with_number(under_test), await proven(under_test)
    code = await ask(under_test, ann)

    with pytest.raises(InvalidTextCode):
        await change(under_test, bob, code)
    assert (await now(under_test, bob)).phone_number is None


async def test_codes_for_other_things_change_nothing(under_test: CoreUnderTest) -> None:
    """To sign in, to elevate (security 75)."""
    ann = await with_number(under_test)
    signs_in = await ask_by_text(under_test)
    await under_test.core.request_elevation_text(codes_on(under_test), ann.subject.id)
    for code in (signs_in, await newest_code(under_test)):
        with pytest.raises(InvalidTextCode):
            await change(under_test, ann, code, NUMBER)


async def test_five_wrong_guesses_burn_a_code(under_test: CoreUnderTest) -> None:
    """Nobody takes a number whose texts they do not read (security 73)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)
    for _ in range(4):
        with pytest.raises(InvalidTextCode):
            await change(under_test, ann, wrong(code))
    for tried in (wrong(code), code):
        with pytest.raises(TooManyTextGuesses):
            await change(under_test, ann, tried)


async def test_a_number_of_somebody_else_stays_theirs(under_test: CoreUnderTest) -> None:
    """Nothing is sent to it, and when it is taken meanwhile the right code does not help (security 15)."""
    ann, bob = await with_number(under_test), await proven(under_test)
    code = await ask(under_test, ann)
    bobs = await ask(under_test, bob)
    await change(under_test, ann, code)

    with pytest.raises(PhoneTaken):
        await ask(under_test, bob)
    with pytest.raises(PhoneTaken):
        await change(under_test, bob, bobs)
    assert (await now(under_test, bob)).phone_number is None
    assert await under_test.count("users") == 2


async def test_a_number_that_nobody_proved_goes_to_whoever_does(under_test: CoreUnderTest) -> None:
    """Typing a number in does not keep its owner from it."""
    await ask_by_text(under_test, NEW)
    ann = await proven(under_test)

    await change(under_test, ann, await ask(under_test, ann))

    owner = await under_test.core.users.subject_by_phone(under_test.db, under_test.project.id, NEW)
    assert owner is not None
    assert owner.id == ann.subject.id


async def test_codes_that_went_to_the_old_number_die(under_test: CoreUnderTest) -> None:
    """Whoever has the old telephone now proves nothing by it (security 14)."""
    ann = await with_number(under_test)
    code = await ask(under_test, ann)
    await ask_by_text(under_test)
    await under_test.core.request_elevation_text(codes_on(under_test), ann.subject.id)
    assert await under_test.count("tickets") == 3

    await change(under_test, ann, code)

    assert await under_test.count("tickets") == 0


async def test_the_other_sessions_end(under_test: CoreUnderTest) -> None:
    """The one that changed the number goes on (security 29)."""
    elsewhere = await with_number(under_test)
    here = await with_number(under_test)

    await change(under_test, here, await ask(under_test, here))

    await under_test.refresh(here.secret)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(elsewhere.secret)


async def test_the_reference_s_behaviour_is_one_setting_away(under_test: CoreUnderTest) -> None:
    """There every session goes on."""
    elsewhere = await with_number(under_test)
    here = await with_number(under_test)

    await change(under_test, here, await ask(under_test, here), phone_change_ends_other_sessions=False)

    await under_test.refresh(elsewhere.secret)


async def test_the_user_hears_of_it(under_test: CoreUnderTest) -> None:
    """At the proven address, in the trail, and with the switch off not at all."""
    ann = await proven(under_test)
    await change(under_test, ann, await ask(under_test, ann))
    [letter] = await under_test.letters()
    assert (letter.email, letter.event) == ("ann@example.com", "phone-changed")
    assert "phone.changed" in await under_test.events()

    await change(under_test, ann, await ask(under_test, ann, NUMBER), NUMBER, notices_enabled=False)
    assert await under_test.letters() == []


@pytest.mark.parametrize(
    ("policy", "number", "refusal"),
    [
        ({"text_codes_enabled": False}, NEW, EndpointDisabled),
        ({"text_countries": ("DE",)}, NEW, CannotSendText),
        ({}, "no number", CannotSendText),
        ({"texts_per_hour": 0}, NEW, TooManyAttempts),
    ],
)
async def test_where_nothing_can_be_sent_nothing_is(
    under_test: CoreUnderTest, policy: dict[str, Any], number: str, refusal: type[Exception]
) -> None:
    """No ticket, no text (security 95)."""
    ann = await with_number(under_test)

    with pytest.raises(refusal):
        await ask(under_test, ann, number, **policy)
    assert await under_test.letters() == []
    assert await under_test.count("tickets") == 0


async def test_one_number_is_sent_so_many_and_no_more(under_test: CoreUnderTest) -> None:
    """An account is no pump (security 95)."""
    ann = await with_number(under_test)
    for _ in range(NUMBER_BUDGET.tries):
        await ask(under_test, ann)

    with pytest.raises(TooManyAttempts):
        await ask(under_test, ann)


@pytest.mark.parametrize(
    ("policy", "user", "refusal"),
    [
        ({}, {"status": "disabled"}, UserNotActive),
        ({}, {"is_anonymous": True}, AnonymousNotAllowed),
        ({"verified_email_required": True}, {}, EmailNotVerified),
    ],
)
async def test_who_is_kept_out_changes_nothing(
    under_test: CoreUnderTest, policy: dict[str, Any], user: dict[str, Any], refusal: type[Exception]
) -> None:
    """Neither asks nor comes with a code from before (security 18)."""
    ann = await under_test.sign_up("ann@example.com")
    code = await ask(under_test, ann)
    await under_test.change(ann.subject.id, **user)

    with pytest.raises(refusal):
        await ask(under_test, ann, **policy)
    with pytest.raises(refusal):
        await change(under_test, ann, code, **policy)
    assert (await now(under_test, ann)).phone_number is None
