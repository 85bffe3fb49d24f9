"""Sources on loopback, and somebody to ask about."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.support.fakes import FakeClock
from tests.support.providers.claims_webhook import ClaimsWebhook
from tests.support.providers.hasura import Hasura
from tests.support.providers.standing_in import serve
from vestibule.core.claims import Claimant
from vestibule.core.projects import Policy, Project
from vestibule.core.sessions import Session
from vestibule.core.users import Subject
from vestibule.kernel.ids import ProjectId
from vestibule.outbound import OutboundClient, OutboundSettings

USER_ID = UUID("0193a1f2-7c4b-7b57-9d7e-6a2b1f0c9e11")
DEADLINE = timedelta(seconds=30)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def claimant() -> Claimant:
    """Ann, who has just signed in with a password."""
    subject = Subject(
        id=USER_ID,
        created_at=AT,
        updated_at=AT,
        status="active",
        display_name="Ann",
        avatar_url="",
        locale="en",
        default_role="user",
        roles=["user", "me"],
        is_anonymous=False,
        phone_number=None,
        phone_verified_at=None,
        username=None,
        foreign_id=None,
        reputation=0,
        profile=None,
        metadata={"org": "acme"},
        public_metadata={},
        preferred_membership_id=None,
        mfa_type=None,
        last_seen_at=None,
        password_changed_at=None,
        email="ann@example.com",
        email_verified_at=AT,
        has_password=True,
    )
    session = Session(
        id=UUID("0193a1f2-7c4b-7b57-9d7e-6a2b1f0c9e12"),
        user_id=USER_ID,
        dialect="nhost",
        client_id=None,
        account_id=None,
        rotation="rotating",
        created_at=AT,
        refreshed_at=AT,
        expires_at=AT,
        scope=None,
        claims=None,
        method="password",
    )
    project = Project(ProjectId(UUID(int=1)), "default", "Default", frozenset({"nhost"}), Policy())
    return Claimant(project, subject, session)


@pytest.fixture
async def outbound() -> AsyncIterator[OutboundClient]:
    """A client that may call loopback."""
    hour = timedelta(hours=1)  # only the deadlines of the sources count
    client = OutboundClient(OutboundSettings(allow=("127.0.0.0/8",), connect=hour, deadline=hour))
    yield client
    await client.close()


@pytest.fixture
async def hasura() -> AsyncIterator[Hasura]:
    """Hasura."""
    async with serve(Hasura()) as server:
        yield server


@pytest.fixture
async def webhook(clock: FakeClock) -> AsyncIterator[ClaimsWebhook]:
    """A webhook."""
    async with serve(ClaimsWebhook(clock=clock)) as server:
        yield server
