"""Proving oneself again: with one's own key, to one's own session."""

from typing import Any

import pytest

from tests.support.authenticator import Authenticator, Twist
from tests.support.cores import CoreUnderTest
from tests.support.passkeys import EMAIL, PasskeyUser
from vestibule.core.projects import WebAuthn
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import EndpointDisabled, NoPasskey, PasskeyRefused, Refusal, UserNotActive


@pytest.fixture
def ann(under_test: CoreUnderTest) -> PasskeyUser:
    return PasskeyUser(under_test)


async def test_the_owner_gets_another_session(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """A new one; the old one stays and is what it was (security 34)."""
    first = await ann.sign_up()
    options = await ann.begin_elevation(first.subject.id)
    elevated = await ann.finish_elevation(first.subject.id, ann.authenticator.get(options))
    assert isinstance(elevated, SignedIn)
    assert (elevated.subject.id, elevated.session.method) == (first.subject.id, "elevation")
    assert elevated.session.id != first.session.id
    assert await under_test.count("sessions") == 2


async def test_no_second_factor_follows(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Whoever is signed in has shown it before."""
    first = await ann.sign_up()
    await under_test.change(first.subject.id, mfa_type="totp")
    options = await ann.begin_elevation(first.subject.id)
    assert isinstance(await ann.finish_elevation(first.subject.id, ann.authenticator.get(options)), SignedIn)


async def test_somebody_elses_key_elevates_nobody(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Neither by their challenge nor by one's own (security 92)."""
    ann_id = (await ann.sign_up()).subject.id
    mallory = PasskeyUser(under_test, Authenticator(), "mallory@example.com")
    mallory_id = (await mallory.sign_up()).subject.id

    of_mallory = await mallory.begin_elevation(mallory_id)
    with pytest.raises(PasskeyRefused):  # a right answer to her own challenge, sent with Ann's token
        await ann.finish_elevation(ann_id, mallory.authenticator.get(of_mallory))
    of_ann = await ann.begin_elevation(ann_id)
    with pytest.raises(PasskeyRefused):  # her key for Ann's challenge
        await ann.finish_elevation(
            ann_id, mallory.authenticator.answer(mallory.authenticator.passkeys[0], of_ann, Twist())
        )
    assert await under_test.count("sessions") == 2


async def test_a_sign_in_challenge_elevates_nobody(ann: PasskeyUser) -> None:
    """A page that gets a user to sign in gets no more than that (security 75, 92)."""
    user_id = (await ann.sign_up()).subject.id
    with pytest.raises(PasskeyRefused):
        await ann.finish_elevation(user_id, ann.authenticator.get(await ann.begin_sign_in(EMAIL)))


async def test_a_challenge_elevates_once(ann: PasskeyUser) -> None:
    """Rightly answered or wrongly (security 92)."""
    user_id = (await ann.sign_up()).subject.id
    for twists in ({}, {"origin": "https://evil.example"}):
        options = await ann.begin_elevation(user_id)
        credential = ann.authenticator.get(options, **twists)
        if twists:
            with pytest.raises(PasskeyRefused):
                await ann.finish_elevation(user_id, credential)
        else:
            await ann.finish_elevation(user_id, credential)
        with pytest.raises(PasskeyRefused):
            await ann.finish_elevation(user_id, ann.authenticator.get(options))


async def test_whoever_has_no_key_is_told(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """They are signed in: it is no secret to them."""
    user_id = (await under_test.sign_up(EMAIL)).subject.id
    with pytest.raises(NoPasskey):
        await ann.begin_elevation(user_id)


@pytest.mark.parametrize(
    ("status", "policy", "refusal"),
    [("active", {"webauthn": WebAuthn()}, EndpointDisabled), ("disabled", {}, UserNotActive)],
)
async def test_who_may_not_come_in_is_not_elevated(
    under_test: CoreUnderTest, ann: PasskeyUser, status: str, policy: dict[str, Any], refusal: type[Refusal]
) -> None:
    """An access token may be older than the user's state (security 18)."""
    user_id = (await ann.sign_up()).subject.id
    await under_test.change(user_id, status=status)
    with pytest.raises(refusal):
        await ann.begin_elevation(user_id, ann.visit(**policy))
