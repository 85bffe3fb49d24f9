"""Accounts, and which one a sign-in works in."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.accounts import MembershipRow, chosen_membership
from vestibule.core.users import Subject
from vestibule.kernel.errors import NotAMember
from vestibule.kernel.ids import UserId

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def membership(number: int) -> MembershipRow:
    """A membership whose id is `number`, in an account whose id is ten times that."""
    return MembershipRow(
        UUID(int=number), UUID(int=99), UUID(int=10 * number), "member", NOW, None, "Co", None, "active", None
    )


ONE, TWO, THREE = membership(1), membership(2), membership(3)


@pytest.fixture
async def ann(under_test: CoreUnderTest) -> Subject:
    """Somebody signed up."""
    return (await under_test.sign_up()).subject


@pytest.mark.parametrize(
    ("memberships", "preferred", "requested", "expected"),
    [
        ([], None, None, None),
        ([ONE], None, None, ONE),
        ([ONE, TWO, THREE], None, None, ONE),  # the oldest
        ([ONE, TWO, THREE], TWO, None, TWO),
        ([ONE, TWO], THREE, None, ONE),  # a preference that is gone
        ([ONE, TWO, THREE], TWO, THREE, THREE),  # a request wins
        ([ONE, TWO], None, TWO, TWO),
        ([], THREE, None, None),
    ],
)
def test_the_chosen_membership(
    memberships: list[MembershipRow],
    preferred: MembershipRow | None,
    requested: MembershipRow | None,
    expected: MembershipRow | None,
) -> None:
    """The requested account, else the preferred one, else the oldest."""
    subject = subject_preferring(preferred)

    assert chosen_membership(subject, memberships, requested.account_id if requested else None) is expected


@pytest.mark.parametrize("memberships", [[], [ONE, TWO]])
def test_a_requested_account_of_others_is_refused(memberships: list[MembershipRow]) -> None:
    """Nothing else is chosen instead (security 120)."""
    with pytest.raises(NotAMember):
        chosen_membership(subject_preferring(ONE), memberships, THREE.account_id)


def subject_preferring(preferred: MembershipRow | None) -> Subject:
    return Subject(
        id=UUID(int=99),
        created_at=NOW,
        updated_at=NOW,
        status="active",
        display_name="",
        avatar_url="",
        locale="en",
        default_role="user",
        roles=[],
        is_anonymous=False,
        phone_number=None,
        phone_verified_at=None,
        username=None,
        foreign_id=None,
        reputation=0,
        profile=None,
        metadata=None,
        public_metadata={},
        preferred_membership_id=preferred.id if preferred else None,
        mfa_type=None,
        last_seen_at=None,
        password_changed_at=None,
        email=None,
        email_verified_at=None,
        has_password=False,
    )


async def test_a_new_account_has_an_owner(under_test: CoreUnderTest, ann: Subject) -> None:
    """By a membership like any other."""
    async with under_test.db.write() as tx:
        account_id = await under_test.core.accounts.open_with_owner(tx, under_test.project.id, UserId(ann.id), "Co")

    [row] = await under_test.core.accounts.memberships(under_test.db, under_test.project.id, ann.id)
    assert (row.account_id, row.role, row.account_name, row.account_status) == (account_id, "owner", "Co", "active")


async def test_memberships_come_in_the_order_of_joining(under_test: CoreUnderTest, ann: Subject) -> None:
    """So that the oldest one is the same on every sign-in."""
    opened = []
    for number in range(3):
        async with under_test.db.write() as tx:
            opened.append(
                await under_test.core.accounts.open_with_owner(tx, under_test.project.id, UserId(ann.id), f"{number}")
            )

    rows = await under_test.core.accounts.memberships(under_test.db, under_test.project.id, ann.id)
    assert {row.account_id for row in rows} == set(opened)
    assert rows == sorted(rows, key=lambda row: (row.created_at, row.id))


async def test_memberships_of_another_project_are_not_found(under_test: CoreUnderTest) -> None:
    """Project id is in every WHERE (security 122)."""
    ann = await under_test.sign_up(account_name="Co")
    other = await under_test.other_project()

    assert await under_test.core.accounts.memberships(under_test.db, other.id, ann.subject.id) == []


async def test_a_preferred_membership_is_remembered(under_test: CoreUnderTest, ann: Subject) -> None:
    """For the next sign-in."""
    async with under_test.db.write() as tx:
        await under_test.core.users.prefer_membership(tx, under_test.project.id, ann.id, ONE.id)

    again = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.id)
    assert again == replace(ann, preferred_membership_id=ONE.id)
