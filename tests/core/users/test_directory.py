"""Finding users, and what an operator may do to them."""

from uuid import UUID

import msgspec
import pytest

from tests.support.cores import LETTER, CoreUnderTest
from vestibule.core.users import Profile, UserOptions
from vestibule.kernel.errors import InvalidRefreshToken, UserNotActive, UserNotFound
from vestibule.storage import Statement

ANN = "ann@example.com"
STATUS = Statement(str, "SELECT status FROM vestibule_users WHERE id = :user_id")


async def test_a_deleted_user_takes_everything_along(under_test: CoreUnderTest) -> None:
    """Sessions, tickets, addresses, memberships: whatever could sign in as them, and nobody else's (security 17)."""
    ann = await under_test.sign_up(ANN, account_name="Co", letter=LETTER, always_send=True)
    bob = await under_test.sign_up("bob@example.com", account_name="Co", letter=LETTER, always_send=True)

    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")

    for table in ("users", "credentials", "sessions", "tickets", "memberships"):
        assert await under_test.count(table) == 1
    assert await under_test.refresh(bob.secret)
    assert "user.deleted" in await under_test.events()


async def test_a_deleted_address_is_free_again(under_test: CoreUnderTest) -> None:
    """Whoever comes next is somebody else."""
    ann = await under_test.sign_up(ANN)
    await under_test.core.users.delete(under_test.project.id, ann.subject.id, actor="test")

    assert (await under_test.sign_up(ANN)).subject.id != ann.subject.id


async def test_a_user_is_deleted_in_their_project_only(under_test: CoreUnderTest) -> None:
    """An id alone is not enough (security 122)."""
    ann = await under_test.sign_up(ANN)
    other = await under_test.other_project()

    with pytest.raises(UserNotFound):
        await under_test.core.users.delete(other.id, ann.subject.id, actor="test")
    assert await under_test.refresh(ann.secret)


@pytest.mark.parametrize("standing", ["suspended", "disabled"])
async def test_shutting_somebody_out_ends_their_sessions(under_test: CoreUnderTest, standing: str) -> None:
    """For good: being let in again revives none of them (security 18, 25)."""
    ann = await under_test.sign_up(ANN)
    change, project = under_test.core.change_standing, under_test.project.id

    await change(project, ann.subject.id, "suspended" if standing == "suspended" else "disabled", actor="test")
    with pytest.raises(UserNotActive):
        await under_test.sign_in(ANN)
    await change(project, ann.subject.id, "active", actor="test")

    with pytest.raises(InvalidRefreshToken):
        await under_test.refresh(ann.secret)
    await under_test.sign_in(ANN)


async def test_who_is_deleted_in_name_stays_so(under_test: CoreUnderTest) -> None:
    """An erased user is not brought back by a change of status."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, status="deleted")

    with pytest.raises(UserNotFound):
        await under_test.core.change_standing(under_test.project.id, ann.subject.id, "active", actor="test")
    assert await under_test.db.one(STATUS, user_id=ann.subject.id) == "deleted"


async def test_nobody_is_found_in_another_project(under_test: CoreUnderTest) -> None:
    """Neither by id nor by address (security 122)."""
    ann = await under_test.sign_up(ANN)
    other, users, db = await under_test.other_project(), under_test.core.users, under_test.db

    for lookup in (users.subject, users.held):
        with pytest.raises(UserNotFound):
            await lookup(db, other.id, ann.subject.id)
    assert await users.subject_by_email(db, other.id, ANN) is None
    assert await users.credentials(db, other.id, ann.subject.id) == []
    assert await users.page(other.id) == []


async def test_users_are_listed_page_by_page(under_test: CoreUnderTest) -> None:
    """Each once, in the order of their ids (security 133)."""
    made = {(await under_test.sign_up()).subject.id for _ in range(5)}
    seen: list[UUID] = []
    while page := await under_test.core.users.page(under_test.project.id, after=seen[-1] if seen else None, limit=2):
        assert len(page) <= 2
        seen += [row.id for row in page]

    assert seen == sorted(made)


async def test_a_subject_carries_no_secret(under_test: CoreUnderTest) -> None:
    """Neither a hash nor what only the operator's server may see (security 117)."""
    signed_in = await under_test.sign_up(ANN, profile=Profile(secure_metadata={"salary": "canary"}))

    assert signed_in.subject.has_password
    assert "argon2" not in repr(signed_in.subject)
    assert "canary" not in repr(signed_in.subject)


async def test_nobody_writes_to_a_deleted_user(under_test: CoreUnderTest) -> None:
    """Their messages go with them, recipient included, whether sent or waiting (security 17)."""
    signed_in = await under_test.sign_up(letter=LETTER, always_send=True)
    assert await under_test.count("outbox") == 1

    await under_test.core.users.delete(under_test.project.id, signed_in.subject.id, actor="test")

    assert await under_test.count("outbox") == 0


async def test_metadata_is_kept_as_it_was_given(under_test: CoreUnderTest) -> None:
    """In its order, and no larger than the limit let it in, on both engines (security 112)."""
    given = {"zebra": 1, "ant": [1e308, 5e-324, -0.0, 2**70], "a": {"b": None, "aa": "\u2028"}}
    ann = await under_test.sign_up(ANN, options=UserOptions(metadata=given))

    found = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
    assert msgspec.json.encode(found.metadata) == msgspec.json.encode(given)
