"""Proving again who is signed in."""

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.second_factor import Holder
from vestibule.kernel.errors import EndpointDisabled, InvalidTotp, SecondFactorNotActive, UserNotActive


async def test_a_code_begins_another_session(under_test: CoreUnderTest, ann: Holder) -> None:
    """The one before it stays as it was."""
    before = await under_test.count("sessions")
    elevated = await ann.elevate(ann.application.fresh())
    assert (elevated.subject.id, elevated.session.method) == (ann.id, "elevation")
    assert await under_test.count("sessions") == before + 1


async def test_a_code_elevates_once(ann: Holder) -> None:
    """And signs nobody in afterwards, nor the other way round (security 76)."""
    code = ann.application.fresh()
    await ann.elevate(code)
    with pytest.raises(InvalidTotp):
        await ann.elevate(code)
    with pytest.raises(InvalidTotp):
        await ann.show(await ann.ticket(), code)


async def test_recovery_codes_do_not_elevate(ann: Holder) -> None:
    """They are for getting in; none is used up."""
    codes = await ann.recovery_codes()
    with pytest.raises(InvalidTotp):
        await ann.elevate(codes[0])
    assert await ann.left() == 10


async def test_who_has_no_second_factor_has_nothing_to_elevate_with(bob: Holder) -> None:
    """Also where one was offered."""
    application = await bob.offered()
    with pytest.raises(SecondFactorNotActive):
        await bob.elevate(application.shows())


async def test_switched_off_is_told_first(ann: Holder) -> None:
    """AUTH_MFA_ENABLED."""
    with pytest.raises(EndpointDisabled):
        await ann.elevate("nonsense", mfa_enabled=False)


async def test_who_is_shut_out_is_not_elevated(under_test: CoreUnderTest, ann: Holder) -> None:
    """Whatever the access token says (security 18)."""
    await under_test.change(ann.id, status="suspended")
    with pytest.raises(UserNotActive):
        await ann.elevate(ann.application.fresh())
