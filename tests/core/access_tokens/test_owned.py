"""Personal access tokens in their owner's hands: seen, and ended one by one."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.core.access_tokens.test_access_tokens import ANN, DAY, come_in, create
from tests.support.cores import CoreUnderTest
from vestibule.core.access_tokens import ListedAccessToken
from vestibule.kernel.errors import (
    AccessTokenNotFound,
    EmailNotVerified,
    InvalidPersonalAccessToken,
    Refusal,
    UserNotActive,
    UserNotFound,
)


async def ids(under_test: CoreUnderTest, user_id: UUID, **policy: Any) -> list[UUID]:
    return [token.id for token in await under_test.core.list_access_tokens(under_test.visit(**policy), user_id)]


async def test_a_user_sees_what_is_alive_of_theirs(under_test: CoreUnderTest) -> None:
    """What was noted with each and when it was used; nothing that signs in, and nobody else's (security 41)."""
    ann, bob = await under_test.sign_up(ANN), await under_test.sign_up()
    made_at = under_test.clock.now()
    first = await create(under_test, ann.subject.id)
    short = await create(under_test, ann.subject.id, timedelta(minutes=1))
    await create(under_test, bob.subject.id)
    under_test.clock.advance(timedelta(minutes=1))
    used_at = under_test.clock.now()
    await come_in(under_test, first.secret)
    second = await create(under_test, ann.subject.id)

    listed = await under_test.core.list_access_tokens(under_test.visit(), ann.subject.id)

    assert listed == [
        ListedAccessToken(first.id, made_at, made_at + DAY, {"name": "deploy"}, used_at),
        ListedAccessToken(second.id, used_at, used_at + DAY, {"name": "deploy"}, None),
    ]
    assert short.id not in [token.id for token in listed]


async def test_a_token_is_ended_by_its_owner(under_test: CoreUnderTest) -> None:
    """That one; the session that it began goes on, and the trail says which one it was."""
    ann = await under_test.sign_up(ANN)
    lost, kept = await create(under_test, ann.subject.id), await create(under_test, ann.subject.id)
    began = await come_in(under_test, lost.secret)

    await under_test.core.revoke_own_access_token(under_test.visit(), ann.subject.id, lost.id)

    with pytest.raises(InvalidPersonalAccessToken):
        await come_in(under_test, lost.secret)
    await come_in(under_test, kept.secret)
    assert await under_test.refresh(began.secret)
    (entry,) = [
        row
        for row in await under_test.core.audit.latest(under_test.db, under_test.project.id, limit=100)
        if row.event == "access_token.revoked"
    ]
    assert (entry.user_id, entry.detail) == (ann.subject.id, {"access_token": str(lost.id)})


async def test_nobody_ends_what_is_not_theirs(under_test: CoreUnderTest) -> None:
    """Neither somebody else's, nor one that is not there, nor one of another project (security 89, 122)."""
    ann, bob = await under_test.sign_up(ANN), await under_test.sign_up()
    issued = await create(under_test, ann.subject.id)
    for token_id in (issued.id, uuid4()):
        with pytest.raises(AccessTokenNotFound):
            await under_test.core.revoke_own_access_token(under_test.visit(), bob.subject.id, token_id)
    elsewhere = under_test.visit(project=await under_test.other_project())
    with pytest.raises(UserNotFound):
        await under_test.core.revoke_own_access_token(elsewhere, ann.subject.id, issued.id)
    await come_in(under_test, issued.secret)
    assert await ids(under_test, bob.subject.id) == []
    assert "access_token.revoked" not in await under_test.events()


@pytest.mark.parametrize(
    ("status", "policy", "refusal"),
    [("disabled", {}, UserNotActive), ("active", {"verified_email_required": True}, EmailNotVerified)],
)
async def test_who_may_not_come_in_neither_sees_nor_ends_any(
    under_test: CoreUnderTest, status: str, policy: dict[str, Any], refusal: type[Refusal]
) -> None:
    """An access token may be older than the user's state (security 18)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    await under_test.change(ann.subject.id, status=status)
    with pytest.raises(refusal):
        await ids(under_test, ann.subject.id, **policy)
    with pytest.raises(refusal):
        await under_test.core.revoke_own_access_token(under_test.visit(**policy), ann.subject.id, issued.id)
    await under_test.change(ann.subject.id, status="active")
    assert await ids(under_test, ann.subject.id) == [issued.id]


async def test_a_deleted_user_has_none(under_test: CoreUnderTest) -> None:
    """Whatever their session says (security 17)."""
    ann = await under_test.sign_up(ANN)
    issued = await create(under_test, ann.subject.id)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")
    with pytest.raises(UserNotFound):
        await ids(under_test, ann.subject.id)
    with pytest.raises(UserNotFound):
        await under_test.core.revoke_own_access_token(under_test.visit(), ann.subject.id, issued.id)
