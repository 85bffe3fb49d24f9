"""Another key for somebody who is signed in."""

from typing import Any

import pytest

from tests.support.authenticator import Authenticator, unb64
from tests.support.cores import CoreUnderTest
from tests.support.passkeys import EMAIL, PasskeyUser
from vestibule.core.passkeys import MOST_PER_USER
from vestibule.core.projects import WebAuthn
from vestibule.core.signin import SignedIn
from vestibule.kernel.errors import (
    EmailNotVerified,
    EndpointDisabled,
    PasskeyRefused,
    Refusal,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Statement

VERIFIED = Statement(None, "UPDATE vestibule_credentials SET verified_at = :now WHERE user_id = :user_id")


@pytest.fixture
def ann(under_test: CoreUnderTest) -> PasskeyUser:
    return PasskeyUser(under_test)


async def test_a_user_with_a_password_gets_a_key(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """And signs in with it from then on."""
    user_id = (await under_test.sign_up(EMAIL)).subject.id
    await ann.add(user_id, "a key")
    signed_in = await ann.sign_in(EMAIL)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.subject.id == user_id
    assert "passkey.added" in await under_test.events()


async def test_known_keys_are_excluded(ann: PasskeyUser) -> None:
    """An authenticator that has one makes no second."""
    user_id = (await ann.sign_up()).subject.id
    options = await ann.begin_addition(user_id)
    assert [unb64(known["id"]) for known in options["excludeCredentials"]] == [ann.authenticator.passkeys[0].id]
    assert options["user"] == {"id": str(user_id), "name": EMAIL}


async def test_the_user_is_told_by_mail(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """At the proven address, in case it was somebody else (security 94)."""
    user_id = (await under_test.sign_up(EMAIL)).subject.id
    await under_test.db.run(VERIFIED, user_id=user_id, now=under_test.clock.now())
    await ann.add(user_id)
    [letter] = await under_test.letters()
    assert (letter.event, letter.email) == ("passkey-added", EMAIL)


async def test_a_challenge_of_another_user_is_nobodys(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """A page that makes Ann's browser answer Mallory's challenge adds no key, to neither (security 92, 94)."""
    user_id = (await ann.sign_up()).subject.id
    mallory = (await under_test.sign_up("mallory@example.com")).subject.id
    options = await ann.begin_addition(mallory)
    credential = Authenticator().create(options)
    with pytest.raises(PasskeyRefused):
        await ann.finish_addition(user_id, credential)
    assert await under_test.count("passkeys") == 1
    await ann.finish_addition(mallory, credential)  # it was not hers to spend


async def test_a_challenge_adds_one_key(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Rightly answered or wrongly, it is spent (security 92)."""
    user_id = (await ann.sign_up()).subject.id
    for twists in ({}, {"origin": "https://evil.example"}):
        options = await ann.begin_addition(user_id)
        first = Authenticator().create(options, **twists)
        if twists:
            with pytest.raises(PasskeyRefused):
                await ann.finish_addition(user_id, first)
        else:
            await ann.finish_addition(user_id, first)
        with pytest.raises(PasskeyRefused):
            await ann.finish_addition(user_id, Authenticator().create(options))
    assert await under_test.count("passkeys") == 2


async def test_a_sign_up_challenge_adds_nothing(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Each has its purpose (security 75, 92)."""
    user_id = (await under_test.sign_up("bob@example.com")).subject.id
    credential = ann.authenticator.create(await ann.begin_sign_up())
    with pytest.raises(PasskeyRefused):
        await ann.finish_addition(user_id, credential)


async def test_a_known_key_is_not_added_again(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Not to its owner, not to anybody else (security 92)."""
    user_id = (await ann.sign_up()).subject.id
    known = ann.authenticator.passkeys[0].id
    bob = (await under_test.sign_up("bob@example.com")).subject.id
    for owner in (user_id, bob):
        options = await ann.begin_addition(owner)
        with pytest.raises(PasskeyRefused):
            await ann.finish_addition(owner, Authenticator().create(options, credential_id=known))
    assert await under_test.count("passkeys") == 1


async def test_a_user_has_so_many_keys_and_no_more(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Whichever tab comes last."""
    user_id = (await ann.sign_up()).subject.id
    waiting = await ann.begin_addition(user_id)
    for _ in range(MOST_PER_USER - 1):
        await ann.add(user_id)
    with pytest.raises(PasskeyRefused):
        await ann.begin_addition(user_id)
    with pytest.raises(PasskeyRefused):
        await ann.finish_addition(user_id, Authenticator().create(waiting))
    assert await under_test.count("passkeys") == MOST_PER_USER


@pytest.mark.parametrize(
    ("status", "policy", "refusal"),
    [
        ("active", {"webauthn": WebAuthn()}, EndpointDisabled),
        ("disabled", {}, UserNotActive),
        ("active", {"verified_email_required": True}, EmailNotVerified),
    ],
)
async def test_who_may_not_come_in_adds_nothing(
    under_test: CoreUnderTest, ann: PasskeyUser, status: str, policy: dict[str, Any], refusal: type[Refusal]
) -> None:
    """An access token may be older than the user's state (security 18)."""
    user_id = (await ann.sign_up()).subject.id
    credential = Authenticator().create(await ann.begin_addition(user_id))
    await under_test.change(user_id, status=status)
    visit = ann.visit(**policy)
    with pytest.raises(refusal):
        await ann.begin_addition(user_id, visit)
    with pytest.raises(refusal):
        await ann.finish_addition(user_id, credential, visit=visit)
    assert await under_test.count("passkeys") == 1


async def test_a_deleted_user_adds_nothing(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Whatever their token says (security 17)."""
    user_id = (await ann.sign_up()).subject.id
    credential = Authenticator().create(await ann.begin_addition(user_id))
    await under_test.core.users.delete(under_test.project.id, user_id, actor="test")
    with pytest.raises(UserNotFound):
        await ann.finish_addition(user_id, credential)


async def test_a_user_without_a_name_is_named_somehow(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Authenticators show it in a list; an empty line helps nobody."""
    user_id = (await ann.sign_up()).subject.id
    blank = Statement(None, "UPDATE vestibule_users SET display_name = '' WHERE id = :user_id")
    await under_test.db.run(blank, user_id=user_id)
    assert (await ann.begin_addition(user_id))["user"]["name"] == EMAIL
