"""Personal access tokens: made by somebody who is signed in, good for signing in, and for nothing else."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.cores import DOOR, CoreUnderTest
from vestibule.core.access_tokens import IssuedAccessToken, NewAccessToken
from vestibule.core.access_tokens.create import MOST_PER_USER
from vestibule.core.signin import SignedIn
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidPersonalAccessToken,
    InvalidRefreshToken,
    MetadataTooLarge,
    TooManyAccessTokens,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Statement

ANN = "ann@example.com"
DAY = timedelta(days=1)
ROWS = Statement(bytes, "SELECT secret_hash FROM vestibule_access_tokens")
USED = Statement(int, "SELECT COUNT(*) FROM vestibule_access_tokens WHERE last_used_at = :at")


async def create(under_test: CoreUnderTest, user_id: UUID, life: timedelta = DAY, **policy: Any) -> IssuedAccessToken:
    new = NewAccessToken(user_id, under_test.clock.now() + life, {"name": "deploy"})
    return await under_test.core.create_access_token(under_test.visit(**policy), new)


async def come_in(under_test: CoreUnderTest, secret: bytes, **policy: Any) -> SignedIn:
    outcome = await under_test.core.sign_in_with_access_token(under_test.visit(**policy), secret, DOOR)
    assert isinstance(outcome, SignedIn)
    return outcome


async def test_a_token_signs_in_as_often_as_one_likes(under_test: CoreUnderTest) -> None:
    """Each time with a session of its own; it stays as good as it was."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    first, second = await come_in(under_test, issued.secret), await come_in(under_test, issued.secret)
    assert first.subject.id == second.subject.id == ann.subject.id
    assert first.session.id != second.session.id
    assert first.session.method == "access-token"
    assert "access_token.created" in await under_test.events()


async def test_another_project_neither_takes_nor_revokes_it(under_test: CoreUnderTest) -> None:
    """Whoever holds it there holds nothing (security 122)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    elsewhere = under_test.visit(project=await under_test.other_project())
    with pytest.raises(InvalidPersonalAccessToken):
        await under_test.core.sign_in_with_access_token(elsewhere, issued.secret, DOOR)
    assert not await under_test.core.revoke_access_token(elsewhere, issued.secret)
    assert (await come_in(under_test, issued.secret)).subject.id == ann.subject.id


async def test_only_a_hash_of_it_is_stored(under_test: CoreUnderTest) -> None:
    """A random UUID on the wire, its SHA-256 in the row (security 39)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    assert UUID(bytes=issued.secret).version == 4
    assert await under_test.db.all(ROWS) == [hashlib.sha256(issued.secret).digest()]


async def test_it_ends_when_it_was_said_to(under_test: CoreUnderTest) -> None:
    """The past is accepted, and is over at once (security 127)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    past = await create(under_test, ann.subject.id, -DAY)
    now = await create(under_test, ann.subject.id, timedelta(0))
    under_test.clock.advance(DAY - timedelta(microseconds=1))
    await come_in(under_test, issued.secret)
    under_test.clock.advance(timedelta(microseconds=1))
    for dead in (issued, past, now):
        with pytest.raises(InvalidPersonalAccessToken):
            await come_in(under_test, dead.secret)


async def test_an_invented_token_is_none(under_test: CoreUnderTest) -> None:
    """Nor is one of another project, or a refresh secret (security 38, 122)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    elsewhere = under_test.visit(project=await under_test.other_project())
    for secret in (bytes(16), ann.secret, issued.secret[:15], hashlib.sha256(issued.secret).digest()):
        with pytest.raises(InvalidPersonalAccessToken):
            await come_in(under_test, secret)
    with pytest.raises(InvalidPersonalAccessToken):
        await under_test.core.sign_in_with_access_token(elsewhere, issued.secret, DOOR)
    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(issued.secret)


async def test_no_second_factor_is_asked_of_a_program(under_test: CoreUnderTest) -> None:
    """Whoever made the token has shown it."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    await under_test.change(ann.subject.id, mfa_type="totp")
    await come_in(under_test, issued.secret)


async def test_who_may_not_come_in_does_not_with_a_token(under_test: CoreUnderTest) -> None:
    """Nor makes one; it is good again once they may (security 18)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    kept_out: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"blocked_emails": (ANN,)}, EmailRefused),
        ({"verified_email_required": True}, EmailNotVerified),
    ]
    for policy, refusal in kept_out:
        with pytest.raises(refusal):
            await come_in(under_test, issued.secret, **policy)
        with pytest.raises(refusal):
            await create(under_test, ann.subject.id, **policy)
    await under_test.core.change_standing(under_test.project.id, ann.subject.id, "disabled", actor="test")
    with pytest.raises(UserNotActive):
        await come_in(under_test, issued.secret)
    with pytest.raises(UserNotActive):
        await create(under_test, ann.subject.id)
    await under_test.core.change_standing(under_test.project.id, ann.subject.id, "active", actor="test")
    await come_in(under_test, issued.secret)


async def test_anonymous_users_make_none(under_test: CoreUnderTest) -> None:
    """It would be a second way in for somebody who has one session."""
    visit = under_test.visit(anonymous_users_enabled=True)
    outcome = await under_test.core.sign_in_anonymously(visit, UserOptions(), DOOR)
    with pytest.raises(AnonymousNotAllowed):
        await create(under_test, outcome.subject.id)


async def test_a_deleted_users_tokens_are_gone(under_test: CoreUnderTest) -> None:
    """With the row (security 17)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")
    assert await under_test.db.all(ROWS) == []
    with pytest.raises(InvalidPersonalAccessToken):
        await come_in(under_test, issued.secret)
    with pytest.raises(UserNotFound):
        await create(under_test, ann.subject.id)


async def test_a_user_has_a_hundred_and_no_more(under_test: CoreUnderTest) -> None:
    """Living ones; what has expired or was revoked makes room."""
    ann, bob = await under_test.sign_up(ANN), await under_test.sign_up()
    tokens = [await create(under_test, ann.subject.id, DAY * (number + 1)) for number in range(MOST_PER_USER)]
    with pytest.raises(TooManyAccessTokens):
        await create(under_test, ann.subject.id)
    await create(under_test, bob.subject.id)
    under_test.clock.advance(DAY)
    await create(under_test, ann.subject.id, DAY * 200)
    with pytest.raises(TooManyAccessTokens):
        await create(under_test, ann.subject.id)
    await under_test.core.revoke_access_token(under_test.visit(), tokens[-1].secret)
    await create(under_test, ann.subject.id, DAY * 200)


async def test_metadata_has_its_bounds(under_test: CoreUnderTest) -> None:
    """Those of a user's."""
    ann = await under_test.sign_up(ANN)
    with pytest.raises(MetadataTooLarge):
        await create(under_test, ann.subject.id, metadata_limit_bytes=10)


async def test_its_last_use_is_written_once_a_minute(under_test: CoreUnderTest) -> None:
    """A program that signs in all the time does not write all the time."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    written = under_test.clock.now()
    for seconds, expected in ((0, 1), (59, 1), (1, 0)):
        under_test.clock.advance(timedelta(seconds=seconds))
        await come_in(under_test, issued.secret)
        assert await under_test.db.one(USED, at=written) == expected
    assert await under_test.db.one(USED, at=under_test.clock.now()) == 1


async def test_whoever_holds_a_token_ends_it(under_test: CoreUnderTest) -> None:
    """That one and no other; a second time there is nothing left, and no error."""
    ann = await under_test.sign_up(ANN)
    ended, kept = await create(under_test, ann.subject.id), await create(under_test, ann.subject.id)
    elsewhere = under_test.visit(project=await under_test.other_project())
    assert not await under_test.core.revoke_access_token(elsewhere, ended.secret)
    assert await under_test.core.revoke_access_token(under_test.visit(), ended.secret)
    assert not await under_test.core.revoke_access_token(under_test.visit(), ended.secret)
    with pytest.raises(InvalidPersonalAccessToken):
        await come_in(under_test, ended.secret)
    await come_in(under_test, kept.secret)
    assert (await under_test.events()).count("access_token.revoked") == 1


async def test_signing_out_everywhere_ends_all_sessions_and_tokens_of_one_user(under_test: CoreUnderTest) -> None:
    """Those of every door, and nobody else's."""
    ann = await under_test.sign_up(ANN)
    bob = await under_test.sign_up("bob@example.com")
    there = await under_test.sign_in(ANN, visit=under_test.visit("sublay"))
    tokens = {name: await create(under_test, one.subject.id) for name, one in (("ann", ann), ("bob", bob))}

    await under_test.core.sign_out_everywhere(under_test.visit(), ann.subject.id)

    for secret, visit in ((ann.secret, under_test.visit()), (there.secret, under_test.visit("sublay"))):
        with pytest.raises(InvalidRefreshToken):
            await under_test.refresh(secret, visit)
    with pytest.raises(InvalidPersonalAccessToken):
        await come_in(under_test, tokens["ann"].secret)
    assert await under_test.refresh(bob.secret)
    await come_in(under_test, tokens["bob"].secret)
    assert "session.all_ended" in await under_test.events()


async def test_signing_out_somebody_who_is_gone_is_no_error(under_test: CoreUnderTest) -> None:
    """There is nothing left to end."""
    await under_test.core.sign_out_everywhere(under_test.visit(), UUID(int=1))
