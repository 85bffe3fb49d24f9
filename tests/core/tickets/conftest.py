"""A desk at which one user stands."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.tickets import NewTicket, Purpose, Ticket, TicketDesk
from vestibule.kernel.ids import ProjectId

LIFE = timedelta(minutes=10)


@dataclass
class Counter:
    """A desk at which one user stands."""

    under_test: CoreUnderTest
    desk: TicketDesk
    user: UUID

    @property
    def project(self) -> ProjectId:
        """The project that the tickets are of."""
        return self.under_test.project.id

    async def issue(self, purpose: Purpose = Purpose.PASSWORD_RESET, **more: Any) -> bytes:
        """Hand out a ticket to the user."""
        user_id, code = more.pop("user_id", self.user), more.pop("code", None)
        replace_older = more.pop("replace", True)
        new = NewTicket(
            project_id=more.pop("project_id", self.project),
            purpose=purpose,
            dialect="nhost",
            life=LIFE,
            user_id=user_id,
            **more,
        )
        async with self.under_test.db.write() as tx:
            return await self.desk.issue(tx, new, code=code, replace=replace_older)

    async def examine(
        self, secret: bytes, purpose: Purpose = Purpose.PASSWORD_RESET, *, dialect: str = "nhost"
    ) -> Ticket:
        """Look at a ticket that came back."""
        return await self.desk.examine(self.under_test.db, self.project, purpose, dialect, secret)

    async def spend(self, ticket: Ticket) -> None:
        """Use a ticket up."""
        async with self.under_test.db.write() as tx:
            await self.desk.spend(tx, ticket)

    async def guess(self, code: bytes, *, user: UUID | None = None) -> Ticket:
        """Try a code."""
        return await self.desk.guess(
            self.under_test.db, self.project, Purpose.SECOND_FACTOR, "nhost", user or self.user, code
        )


@pytest.fixture
async def counter(under_test: CoreUnderTest) -> Counter:
    """A desk, and a user who comes to it."""
    signed_in = await under_test.sign_up()
    return Counter(under_test, under_test.core.verify_email.tickets, signed_in.subject.id)
