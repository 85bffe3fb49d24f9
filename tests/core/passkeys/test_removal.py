"""Passkeys of somebody who is signed in: seen, and removed."""

import asyncio
from dataclasses import fields
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.authenticator import Authenticator
from tests.support.cores import CoreUnderTest
from tests.support.passkeys import EMAIL, PARTY, PasskeyUser
from tests.support.second_factor import Holder, holder
from vestibule.core.passkeys import ListedPasskey
from vestibule.core.projects import WebAuthn
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.kernel.errors import (
    EmailNotVerified,
    InvalidRefreshToken,
    InvalidTicket,
    LastWayIn,
    PasskeyNotFound,
    PasskeyRefused,
    Refusal,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Statement

VERIFIED = Statement(None, "UPDATE vestibule_credentials SET verified_at = created_at")


@pytest.fixture
def ann(under_test: CoreUnderTest) -> PasskeyUser:
    return PasskeyUser(under_test)


async def ids(ann: PasskeyUser, signed_in: SignedIn) -> list[Any]:
    """Return the ids of somebody's passkeys."""
    return [passkey.id for passkey in await ann.core.list_passkeys(ann.visit(), signed_in.subject.id)]


async def test_a_user_sees_their_passkeys(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """The newest last, by what tells them apart; neither keys nor credential ids leave the store (security 93)."""
    signed_up = await ann.sign_up()
    under_test.clock.advance(timedelta(hours=1))
    added = await ann.add(signed_up.subject.id, "my phone")
    under_test.clock.advance(timedelta(hours=1))
    await ann.finish_sign_in(ann.authenticator.get(await ann.begin_sign_in()))

    listed = await ann.core.list_passkeys(ann.visit(), signed_up.subject.id)

    assert [passkey.nickname for passkey in listed] == [None, "my phone"]
    assert listed[1].id == added
    assert listed[0].created_at < listed[1].created_at
    assert [passkey.last_used_at for passkey in listed].count(None) == 1
    assert listed[0].transports
    names = {field.name for field in fields(ListedPasskey)}
    assert names == {"id", "nickname", "transports", "is_backed_up", "created_at", "last_used_at"}


async def test_nobody_sees_those_of_others(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Whoever asks gets their own."""
    await ann.sign_up()
    bob = await under_test.sign_up("bob@example.com")
    assert await ids(ann, bob) == []


async def test_a_removed_passkey_opens_nothing(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Who found the phone is out, with what they began there; the user is told by mail (security 29, 31)."""
    signed_up = await ann.sign_up()
    lost = Authenticator(passkeys=[*ann.authenticator.passkeys])
    under_test.clock.advance(timedelta(hours=1))
    await ann.add(signed_up.subject.id)
    await under_test.db.run(VERIFIED)
    elsewhere = await PasskeyUser(under_test, lost).sign_in(EMAIL)
    assert isinstance(elsewhere, SignedIn)
    elevated = await ann.finish_elevation(
        signed_up.subject.id, lost.get(await ann.begin_elevation(signed_up.subject.id))
    )
    assert isinstance(elevated, SignedIn)
    [passkey_id, kept] = await ids(ann, signed_up)

    await ann.core.remove_passkey(ann.visit(), signed_up.subject.id, passkey_id, kept_session=signed_up.session.id)

    assert await ids(ann, signed_up) == [kept]
    assert await under_test.refresh(signed_up.secret)
    for ended in (elsewhere, elevated):
        with pytest.raises(InvalidRefreshToken):
            await under_test.refresh(ended.secret)
    with pytest.raises(PasskeyRefused):
        await PasskeyUser(under_test, lost).sign_in()
    letters = await under_test.letters()
    assert [letter.event for letter in letters].count("passkey-removed") == 1
    assert "passkey.removed" in await under_test.events()


async def test_an_operator_may_keep_the_other_sessions(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """One setting, never the default (security 29)."""
    signed_up = await ann.sign_up()
    passkey_id = await ann.add(signed_up.subject.id)
    visit = ann.visit(mfa_change_ends_other_sessions=False)
    await ann.core.remove_passkey(visit, signed_up.subject.id, passkey_id)
    assert await under_test.refresh(signed_up.secret)


async def test_pending_challenges_end(ann: PasskeyUser) -> None:
    """Whatever was begun before: a sign-in by the address, an elevation, another passkey (security 29)."""
    signed_up = await ann.sign_up()
    user_id = signed_up.subject.id
    removed = await ann.add(user_id)
    kept = Authenticator(passkeys=ann.authenticator.passkeys[:1])
    sign_in, elevation = await ann.begin_sign_in(EMAIL), await ann.begin_elevation(user_id)
    addition = await ann.begin_addition(user_id)

    await ann.core.remove_passkey(ann.visit(), user_id, removed, kept_session=signed_up.session.id)

    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(kept.get(sign_in))
    with pytest.raises(PasskeyRefused):
        await ann.finish_elevation(user_id, kept.get(elevation))
    with pytest.raises(PasskeyRefused):
        await ann.finish_addition(user_id, Authenticator().create(addition))
    assert isinstance(await PasskeyUser(ann.under_test, kept).sign_in(EMAIL), SignedIn)


async def test_a_sign_in_that_waits_for_its_second_factor_ends(under_test: CoreUnderTest) -> None:
    """The passkey was its first factor, so a code alone must not end it (security 29)."""
    one: Holder = await holder(under_test)
    ann = PasskeyUser(under_test, email=one.session.subject.email or "")
    passkey_id = await ann.add(one.id)
    visit = one.visit(webauthn=PARTY)
    waiting = await ann.sign_in(visit=visit)
    assert isinstance(waiting, SecondFactorRequired)
    await ann.core.remove_passkey(visit, one.id, passkey_id, kept_session=one.session.session.id)
    with pytest.raises(InvalidTicket):
        await one.show(waiting.ticket, one.application.fresh())


async def test_a_sign_in_that_loses_against_the_removal_is_no_copied_key(
    under_test: CoreUnderTest, ann: PasskeyUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its signature was looked at while the passkey was still there: it is refused, and no alarm is raised
    (security 29).
    """
    signed_up = await ann.sign_up()
    removed = await ann.add(signed_up.subject.id)
    lost = Authenticator(passkeys=ann.authenticator.passkeys[1:])
    credential = lost.get(await ann.begin_sign_in())
    to_thread = asyncio.to_thread

    async def remove_meanwhile(function: Any, *arguments: Any) -> Any:
        proof = await to_thread(function, *arguments)
        await ann.core.remove_passkey(ann.visit(), signed_up.subject.id, removed)
        return proof

    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "to_thread", remove_meanwhile)
        with pytest.raises(PasskeyRefused):
            await ann.finish_sign_in(credential)
    assert await under_test.count("sessions") == 0
    assert "passkey.counter_regressed" not in await under_test.events()


async def test_the_last_way_in_stays(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Somebody who has nothing else would be locked out of everything; a password or a second passkey lets it go."""
    signed_up = await ann.sign_up()
    [only] = await ids(ann, signed_up)
    with pytest.raises(LastWayIn):
        await ann.core.remove_passkey(ann.visit(), signed_up.subject.id, only)
    assert await ids(ann, signed_up) == [only]
    assert await under_test.refresh(signed_up.secret)
    await ann.add(signed_up.subject.id)
    await ann.core.remove_passkey(ann.visit(), signed_up.subject.id, only)


async def test_it_goes_also_where_passkeys_are_switched_off(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """They may be switched on again, with the lost one among them."""
    signed_up = await under_test.sign_up(EMAIL)
    passkey_id = await ann.add(signed_up.subject.id)
    off = ann.visit(webauthn=WebAuthn())
    assert len(await ann.core.list_passkeys(off, signed_up.subject.id)) == 1
    await ann.core.remove_passkey(off, signed_up.subject.id, passkey_id)
    assert await under_test.count("passkeys") == 0


async def test_nobody_removes_what_is_not_theirs(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Neither somebody else's, nor one that is not there (security 89)."""
    signed_up = await ann.sign_up()
    bob = await under_test.sign_up("bob@example.com")
    for passkey_id in (*await ids(ann, signed_up), uuid4()):
        with pytest.raises(PasskeyNotFound):
            await ann.core.remove_passkey(ann.visit(), bob.subject.id, passkey_id)
    assert await under_test.count("passkeys") == 1


@pytest.mark.parametrize(
    ("status", "policy", "refusal"),
    [("disabled", {}, UserNotActive), ("active", {"verified_email_required": True}, EmailNotVerified)],
)
async def test_who_may_not_come_in_neither_sees_nor_removes(
    under_test: CoreUnderTest, ann: PasskeyUser, status: str, policy: dict[str, Any], refusal: type[Refusal]
) -> None:
    """An access token may be older than the user's state (security 18)."""
    signed_up = await ann.sign_up()
    passkey_id = await ann.add(signed_up.subject.id)
    await under_test.change(signed_up.subject.id, status=status)
    with pytest.raises(refusal):
        await ann.core.list_passkeys(ann.visit(**policy), signed_up.subject.id)
    with pytest.raises(refusal):
        await ann.core.remove_passkey(ann.visit(**policy), signed_up.subject.id, passkey_id)
    assert await under_test.count("passkeys") == 2


async def test_a_deleted_user_has_none(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Whatever their token says (security 17)."""
    signed_up = await ann.sign_up()
    [passkey_id] = await ids(ann, signed_up)
    await under_test.core.users.delete(under_test.project.id, signed_up.subject.id, actor="test")
    with pytest.raises(UserNotFound):
        await ids(ann, signed_up)
    with pytest.raises(UserNotFound):
        await ann.core.remove_passkey(ann.visit(), signed_up.subject.id, passkey_id)
