"""Numbers that operators gave to somebody else: they link nobody to an account that is not theirs (security 15)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.codes import NUMBER, ask_by_text, codes_on, come_by_text, with_number
from tests.support.cores import CoreUnderTest
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import SignUpDisabled

A_YEAR = timedelta(days=366)


async def come_back(under_test: CoreUnderTest, **policy: Any) -> SignedIn:
    """Prove the number again."""
    visit = codes_on(under_test, **policy)
    signed_in = await come_by_text(under_test, await ask_by_text(under_test, visit=visit), visit=visit)
    assert isinstance(signed_in, SignedIn)
    return signed_in


async def test_after_a_year_unseen_whoever_has_the_number_is_somebody_new(under_test: CoreUnderTest) -> None:
    """The former user keeps everything else, and hears of it at a proven address (security 15)."""
    ann = await with_number(under_test)
    await under_test.give_address(ann.subject.id, "ann@example.com", verified=True)
    under_test.clock.advance(A_YEAR)

    bob = await come_back(under_test)

    assert bob.subject.id != ann.subject.id
    assert (bob.subject.phone_number, bob.subject.display_name) == (NUMBER, NUMBER)
    former = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert (former.phone_number, former.phone_verified_at, former.email) == (None, None, "ann@example.com")
    assert "phone.given_up" in await under_test.events()
    [letter] = await under_test.letters()
    assert (letter.email, letter.event) == ("ann@example.com", "phone-changed")


async def test_whoever_was_seen_meanwhile_keeps_the_number(under_test: CoreUnderTest) -> None:
    """A session in use is a sign of life, by whatever way it began."""
    ann = await with_number(under_test)
    secret = ann.secret
    for _ in range(14):
        under_test.clock.advance(timedelta(days=28))
        secret = await under_test.refresh(secret)

    assert (await come_back(under_test)).subject.id == ann.subject.id


async def test_the_time_is_up_to_the_operator(under_test: CoreUnderTest) -> None:
    """Days, or for ever as the reference has it."""
    ann = await with_number(under_test)
    under_test.clock.advance(A_YEAR)
    assert (await come_back(under_test, phone_kept_days=0)).subject.id == ann.subject.id
    under_test.clock.advance(timedelta(days=31))
    assert (await come_back(under_test, phone_kept_days=30)).subject.id != ann.subject.id


async def test_where_nobody_may_sign_up_nobody_comes_in(under_test: CoreUnderTest) -> None:
    """And the former user keeps the number."""
    ann = await with_number(under_test)
    under_test.clock.advance(A_YEAR)

    with pytest.raises(SignUpDisabled):
        await come_back(under_test, sign_up_enabled=False)
    former = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert former.phone_number == NUMBER


async def test_asking_alone_takes_nothing_from_anybody(under_test: CoreUnderTest) -> None:
    """Only whoever reads the text has the number."""
    ann = await with_number(under_test)
    under_test.clock.advance(A_YEAR)
    await ask_by_text(under_test)

    former = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert former.phone_number == NUMBER


async def test_a_number_that_nobody_proved_waits_for_its_owner(under_test: CoreUnderTest) -> None:
    """There is nobody to take it from."""
    await ask_by_text(under_test)
    under_test.clock.advance(A_YEAR)

    await come_back(under_test)

    assert await under_test.count("users") == 1


async def test_an_address_finds_nobody_by_their_number(under_test: CoreUnderTest) -> None:
    """Two sign-ups are two users, whatever they say about each other (security 15)."""
    ann = await under_test.sign_up("ann@example.com")
    by_number = await with_number(under_test)

    assert ann.subject.id != by_number.subject.id
    assert by_number.subject.email is None
