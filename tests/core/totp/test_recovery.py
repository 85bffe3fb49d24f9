"""Recovery codes: how they look, what they open, and what is left of them."""

import hashlib
import re

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.second_factor import Holder, holder
from vestibule.core.totp.recovery_codes import recovery_code_hash
from vestibule.kernel.errors import (
    EndpointDisabled,
    InvalidTotp,
    SecondFactorNotActive,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

STORED = Statement(bytes, "SELECT code_hash FROM vestibule_recovery_codes")
FORM = re.compile(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}")


async def used(under_test: CoreUnderTest) -> list[str]:
    return [letter.event for letter in await under_test.letters()]


async def test_ten_codes_that_nobody_misreads(under_test: CoreUnderTest, ann: Holder) -> None:
    """All different, without 0 and O, 1 and I; the user is told that they were made."""
    codes = await ann.recovery_codes()
    assert len(set(codes)) == 10
    assert all(FORM.fullmatch(code) for code in codes)
    assert await ann.left() == 10
    assert await used(under_test) == ["recovery-codes-made"]
    assert "recovery_codes.made" in await under_test.events()


async def test_a_code_gets_its_user_in_once(under_test: CoreUnderTest, ann: Holder) -> None:
    """The others are left, the second factor stays on, and the user is told (security 91)."""
    codes = await ann.recovery_codes()
    await under_test.letters()
    signed_in = await ann.show(await ann.ticket(), codes[3])
    assert signed_in.session.method == "second-factor"
    assert await used(under_test) == ["recovery-code-used"]
    assert "recovery_code.used" in await under_test.events()
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), codes[3])
    assert await ann.left() == 9
    await ann.show(await ann.ticket(), codes[4])


@pytest.mark.parametrize("spelling", ["{}", " {} ", "lower", "bare", "spaced"])
async def test_a_code_is_taken_as_people_type_it(ann: Holder, spelling: str) -> None:
    """Case, blanks and hyphens are nothing."""
    code = (await ann.recovery_codes())[0]
    spelled = {"lower": code.lower(), "bare": code.replace("-", ""), "spaced": code.replace("-", " ")}
    await ann.show(await ann.ticket(), spelled.get(spelling) or spelling.format(code))


async def test_new_codes_void_the_old_ones(ann: Holder) -> None:
    """A list that was lost is worth nothing (security 91)."""
    older, newer = await ann.recovery_codes(), await ann.recovery_codes()
    assert await ann.left() == 10
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), older[0])
    await ann.show(await ann.ticket(), newer[0])


async def test_they_are_hashed(under_test: CoreUnderTest, ann: Holder) -> None:
    """With a secret that is sealed itself: from a copy of the database nobody computes one (security 39, 91)."""
    codes = [code.replace("-", "") for code in await ann.recovery_codes()]
    stored = await under_test.db.all(STORED)
    assert {recovery_code_hash(ann.application.secret, code) for code in codes} == set(stored)
    for code in codes:
        assert all(code.encode() not in one for one in stored)
        assert hashlib.sha256(code.encode()).digest() not in stored
        assert recovery_code_hash(b"", code) not in stored


async def test_making_them_takes_a_code_of_the_application(ann: Holder) -> None:
    """An access token alone is not enough, nor is one of the codes themselves (security 89)."""
    codes = await ann.recovery_codes()
    factor = ann.under_test.core.second_factor
    for proof in (ann.application.shows(), ann.application.wrong(), codes[0], ""):
        with pytest.raises(InvalidTotp):
            await factor.make_recovery_codes(ann.visit(), ann.id, Secret(proof))
    assert await ann.left() == 10


async def test_wrong_ones_share_the_count_of_wrong_codes(ann: Holder) -> None:
    """One budget for both, or there would be two (security 77)."""
    await ann.recovery_codes()
    for code in ("2222-2222-2222", ann.application.wrong()) * 5:
        with pytest.raises(InvalidTotp):
            await ann.show(await ann.ticket(), code)
    with pytest.raises(TooManyAttempts):
        await ann.show(await ann.ticket(), "2222-2222-2222")


async def test_codes_are_good_for_their_user_only(under_test: CoreUnderTest, ann: Holder) -> None:
    """Each is good for its own user (security 75)."""
    bob = await holder(under_test)
    codes = await bob.recovery_codes()
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), codes[0])


async def test_where_recovery_codes_are_asked_for_nothing_else_counts(ann: Holder) -> None:
    """The endpoint of our own takes no code of the application."""
    codes = await ann.recovery_codes()
    ticket = await ann.ticket()
    with pytest.raises(InvalidTotp):
        await ann.show(ticket, ann.application.fresh(), by_recovery_code=True)
    await ann.show(ticket, codes[0], by_recovery_code=True)


async def test_whoever_lost_the_application_sets_up_another(ann: Holder) -> None:
    """In with one recovery code, off with another; the rest is gone with the factor that they stood for."""
    codes = await ann.recovery_codes()
    await ann.show(await ann.ticket(), codes[0])
    await ann.deactivate(codes[1])
    ann.application = await ann.offered()
    await ann.activate(ann.application.shows())
    assert await ann.left() == 0
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), codes[2])


async def test_they_turn_nothing_on(bob: Holder) -> None:
    """A new application must show that it works."""
    bob.application = await bob.offered()
    await bob.activate(bob.application.shows())
    codes = await bob.recovery_codes()
    await bob.deactivate(codes[0])
    await bob.offered()
    with pytest.raises(InvalidTotp):
        await bob.activate(codes[1])


async def test_without_a_second_factor_there_are_none(under_test: CoreUnderTest, ann: Holder, bob: Holder) -> None:
    """Nor where the project has them switched off, nor for whoever is shut out."""
    with pytest.raises(SecondFactorNotActive):
        await bob.recovery_codes()
    with pytest.raises(SecondFactorNotActive):
        await bob.left()
    with pytest.raises(EndpointDisabled):
        await ann.left(mfa_enabled=False)
    await under_test.change(ann.id, status="disabled")
    with pytest.raises(UserNotActive):
        await ann.left()
