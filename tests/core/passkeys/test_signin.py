"""Signing in with a passkey: the right key, of the right user, for the right challenge, once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.authenticator import Authenticator, Twist, unb64
from tests.support.cores import CoreUnderTest
from tests.support.passkeys import EMAIL, PARTY, PasskeyUser
from vestibule.core.passkeys.store import BY_CREDENTIAL_ID, PasskeyRow
from vestibule.core.projects import WebAuthn
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.kernel.errors import (
    EmailNotVerified,
    EndpointDisabled,
    InvalidEmail,
    PasskeyRefused,
    UserNotActive,
)
from vestibule.storage import Statement

HAND_OVER = Statement(None, "UPDATE vestibule_passkeys SET user_id = :user_id")


@pytest.fixture
def ann(under_test: CoreUnderTest) -> PasskeyUser:
    return PasskeyUser(under_test)


async def kept(under_test: CoreUnderTest, credential_id: bytes) -> PasskeyRow:
    row = await under_test.db.one(BY_CREDENTIAL_ID, project_id=under_test.project.id, credential_id=credential_id)
    assert row is not None
    return row


@pytest.mark.parametrize("email", [EMAIL, EMAIL.upper(), None])
async def test_the_owner_comes_in(under_test: CoreUnderTest, ann: PasskeyUser, email: str | None) -> None:
    """With an address or without; the key's row says when, and what the authenticator said."""
    user_id = (await ann.sign_up()).subject.id
    under_test.clock.advance(timedelta(minutes=1))
    signed_in = await ann.sign_in(email, backed_up=False)

    assert isinstance(signed_in, SignedIn)
    assert (signed_in.subject.id, signed_in.session.method) == (user_id, "passkey")
    row = await kept(under_test, ann.authenticator.passkeys[0].id)
    assert (row.last_used_at, row.is_backed_up) == (under_test.clock.now(), False)


async def test_an_address_gets_its_keys_and_no_others(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """In the order they were made."""
    user_id = (await ann.sign_up()).subject.id
    under_test.clock.advance(timedelta(minutes=1))
    await ann.add(user_id)
    await PasskeyUser(under_test, Authenticator(), "bob@example.com").sign_up()
    options = await ann.begin_sign_in(EMAIL)
    assert [unb64(known["id"]) for known in options["allowCredentials"]] == [
        passkey.id for passkey in ann.authenticator.passkeys
    ]


async def test_without_an_address_no_key_is_named(ann: PasskeyUser) -> None:
    """Whoever holds the authenticator chooses (security 93)."""
    await ann.sign_up()
    assert (await ann.begin_sign_in())["allowCredentials"] == []


async def test_a_challenge_signs_in_once(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """The same answer again, or another, is refused (security 92)."""
    await ann.sign_up()
    options = await ann.begin_sign_in()
    credential = ann.authenticator.get(options)
    await ann.finish_sign_in(credential)
    for again in (credential, ann.authenticator.get(options)):
        with pytest.raises(PasskeyRefused):
            await ann.finish_sign_in(again)
    assert await under_test.count("sessions") == 2  # of the sign-up, and of the first answer


async def test_a_wrong_answer_spends_the_challenge(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """There is no second guess (security 92)."""
    await ann.sign_up()
    options = await ann.begin_sign_in()
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(options, origin="https://evil.example"))
    assert await under_test.count("tickets") == 0
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(options))


async def test_a_challenge_lives_for_five_minutes(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Not a second longer (security 92)."""
    await ann.sign_up()
    options = await ann.begin_sign_in()
    under_test.clock.advance(timedelta(minutes=5))
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(options))


async def test_a_challenge_is_good_for_its_purpose_only(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """One that was issued for another ceremony signs nobody in (security 75, 92)."""
    user_id = (await ann.sign_up()).subject.id
    for options in (
        await ann.begin_elevation(user_id),
        await ann.begin_addition(user_id),
        await ann.begin_sign_up(),
    ):
        asked = {"rpId": "localhost", "challenge": options["challenge"]}
        with pytest.raises(PasskeyRefused):
            await ann.finish_sign_in(ann.authenticator.get(asked))


async def test_a_challenge_is_good_where_it_was_issued_only(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Not in another project, not at another door (security 122, 134)."""
    await ann.sign_up()
    other = under_test.visit(project=await under_test.other_project(), webauthn=PARTY)
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(await ann.begin_sign_in(visit=other)))
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(await ann.begin_sign_in()), other)
    elsewhere = under_test.visit("sublay", webauthn=PARTY)
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(await ann.begin_sign_in(visit=elsewhere)))


async def test_nobody_comes_in_as_somebody_else(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Neither with a key of their own, nor by a handle that names another (security 92)."""
    ann_id = (await ann.sign_up()).subject.id
    mallory = PasskeyUser(under_test, Authenticator(), "mallory@example.com")
    await mallory.sign_up()
    her_key = mallory.authenticator.passkeys[0]

    of_ann = await mallory.begin_sign_in(EMAIL)
    with pytest.raises(PasskeyRefused):  # her key, for the challenge of Ann's address
        await mallory.finish_sign_in(mallory.authenticator.answer(her_key, of_ann, Twist()))
    disguised = Twist(credential_id=ann.authenticator.passkeys[0].id)
    options = await mallory.begin_sign_in(EMAIL)
    with pytest.raises(PasskeyRefused):  # her key, under the id of Ann's
        await mallory.finish_sign_in(mallory.authenticator.answer(her_key, options, disguised))
    with pytest.raises(PasskeyRefused):  # her key, and Ann's name
        await mallory.sign_in(user_handle=unb64(str(ann_id)))
    assert isinstance(await mallory.sign_in(), SignedIn)


async def test_a_key_that_changed_hands_answers_for_nobody(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """A challenge was for a user, not only for the ids of their keys (security 92)."""
    await ann.sign_up()
    bob = (await under_test.sign_up("bob@example.com")).subject.id
    options = await ann.begin_sign_in(EMAIL)
    await under_test.db.run(HAND_OVER, user_id=bob)
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(options, without_user_handle=True))


async def test_whom_nobody_named_the_authenticator_must_name(ann: PasskeyUser) -> None:
    """Without an address the handle is what says who it is; with one it may be missing (security 92)."""
    await ann.sign_up()
    with pytest.raises(PasskeyRefused):
        await ann.sign_in(without_user_handle=True)
    assert isinstance(await ann.sign_in(EMAIL, without_user_handle=True), SignedIn)


async def test_a_handle_may_be_the_plain_text_of_the_id(ann: PasskeyUser) -> None:
    """Pages that do not decode the options store it like that."""
    user_id = (await ann.sign_up()).subject.id
    assert isinstance(await ann.sign_in(user_handle=str(user_id).encode()), SignedIn)


async def test_an_unknown_key_is_refused(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """However well it signs."""
    await ann.sign_up()
    with pytest.raises(PasskeyRefused):
        await ann.sign_in(credential_id=b"x" * 32)


async def test_a_counter_goes_up(under_test: CoreUnderTest) -> None:
    """Each use is one more."""
    ann = PasskeyUser(under_test, Authenticator(counts=True))
    await ann.sign_up()
    for count in (2, 3, 4):
        await ann.sign_in()
        assert (await kept(under_test, ann.authenticator.passkeys[0].id)).sign_count == count


@pytest.mark.parametrize("shown", [0, 2, 3])
async def test_a_counter_that_does_not_go_up_is_refused_and_reported(under_test: CoreUnderTest, shown: int) -> None:
    """Two authenticators with one key betray themselves; no session is left of it (security 92)."""
    ann = PasskeyUser(under_test, Authenticator(counts=True))
    await ann.sign_up()
    await ann.sign_in(sign_count=3)
    sessions = await under_test.count("sessions")
    with pytest.raises(PasskeyRefused):
        await ann.sign_in(sign_count=shown)
    assert await under_test.count("sessions") == sessions
    [entry] = [
        row
        for row in await under_test.core.audit.latest(under_test.db, under_test.project.id, limit=10)
        if row.event == "passkey.counter_regressed"
    ]
    assert (entry.detail or {})["stored"] == 3
    assert (entry.detail or {})["shown"] == shown
    assert isinstance(await ann.sign_in(sign_count=4), SignedIn)


async def test_a_counter_may_use_all_its_bits(under_test: CoreUnderTest) -> None:
    """It has 32, without a sign."""
    ann = PasskeyUser(under_test, Authenticator(counts=True))
    await ann.sign_up()
    await ann.sign_in(sign_count=2**32 - 1)
    assert (await kept(under_test, ann.authenticator.passkeys[0].id)).sign_count == 2**32 - 1


async def test_a_key_without_a_counter_stays_at_zero(ann: PasskeyUser) -> None:
    """As synced passkeys do."""
    await ann.sign_up()
    for _ in range(3):
        assert isinstance(await ann.sign_in(), SignedIn)


@pytest.mark.parametrize(
    ("state", "policy", "refusal"),
    [
        ("disabled", {}, UserNotActive),
        ("active", {"verified_email_required": True}, EmailNotVerified),
    ],
)
async def test_a_users_state_shows_only_after_a_right_answer(
    under_test: CoreUnderTest, ann: PasskeyUser, state: str, policy: dict[str, Any], refusal: type[Exception]
) -> None:
    """Beginning answers them like anybody; a wrong answer is just wrong (security 18, 93)."""
    user_id = (await ann.sign_up()).subject.id
    await under_test.change(user_id, status=state)
    visit = ann.visit(**policy)
    sessions = await under_test.count("sessions")
    with pytest.raises(PasskeyRefused):
        await ann.sign_in(EMAIL, visit, origin="https://evil.example")
    with pytest.raises(refusal):
        await ann.sign_in(EMAIL, visit)
    assert await under_test.count("sessions") == sessions


async def test_a_second_factor_is_asked_for(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """A passkey is a first factor like any other, unless the operator says otherwise (security 88)."""
    user_id = (await ann.sign_up()).subject.id
    await under_test.change(user_id, mfa_type="totp")
    assert isinstance(await ann.sign_in(EMAIL), SecondFactorRequired)
    assert isinstance(await ann.sign_in(EMAIL, ann.visit(second_factor_after="password")), SignedIn)


async def test_a_deleted_user_takes_keys_and_challenges_along(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """What was begun before ends nowhere (security 17)."""
    user_id = (await ann.sign_up()).subject.id
    options = await ann.begin_sign_in(EMAIL)
    await under_test.core.users.delete(under_test.project.id, user_id, actor="test")
    assert await under_test.count("passkeys") == 0
    with pytest.raises(PasskeyRefused):
        await ann.finish_sign_in(ann.authenticator.get(options))


async def test_what_is_switched_off_neither_begins_nor_ends(ann: PasskeyUser) -> None:
    """Also a ceremony that was begun before (security 111)."""
    await ann.sign_up()
    credential = ann.authenticator.get(await ann.begin_sign_in())
    off = ann.visit(webauthn=WebAuthn())
    with pytest.raises(EndpointDisabled):
        await ann.begin_sign_in(visit=off)
    with pytest.raises(EndpointDisabled):
        await ann.finish_sign_in(credential, off)


async def test_no_address_is_no_beginning(ann: PasskeyUser) -> None:
    """A wrong spelling is told, since it tells nothing."""
    with pytest.raises(InvalidEmail):
        await ann.begin_sign_in("no address")


async def test_two_beginnings_may_both_be_finished(ann: PasskeyUser) -> None:
    """People have more than one tab, and nobody shall end a stranger's ceremony by beginning another."""
    await ann.sign_up()
    first, second = await ann.begin_sign_in(EMAIL), await ann.begin_sign_in(EMAIL)
    for options in (first, second):
        assert isinstance(await ann.finish_sign_in(ann.authenticator.get(options)), SignedIn)


async def test_a_sign_in_is_a_new_session(under_test: CoreUnderTest, ann: PasskeyUser) -> None:
    """Never one that was there before (security 34)."""
    first = await ann.sign_up()
    second = await ann.sign_in()
    assert isinstance(second, SignedIn)
    assert first.session.id != second.session.id
    assert UUID(bytes=first.secret) != UUID(bytes=second.secret)
