"""How many letters leave: what somebody else can trigger is bounded, per address and per project (security 96)."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.core.attempts import AttemptBudget, Budget
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import TooManyAttempts
from vestibule.storage import Database

_HOUR: Final = timedelta(hours=1)
MAIL_BUDGET: Final = Budget(tries=6, window=_HOUR)
_TOLD_BUDGET: Final = Budget(tries=1, window=_HOUR)


@dataclass(frozen=True, slots=True)
class Postage:
    """Counts in the database, so that every process and every door sees it; call it before the transaction.

    Requests are counted for every address, whether or not anybody has it; letters only when one is about to leave,
    so that made-up addresses use nothing up.
    """

    db: Database
    attempts: AttemptBudget
    audit: AuditLog

    @property
    def clock(self) -> Clock:
        """What the waits of whoever asks for one are measured by."""
        return self.attempts.clock

    async def count_request(self, visit: Visit, email_key: str) -> None:
        """Count somebody's wish for a letter to this address. Raises: TooManyAttempts."""
        await self.attempts.charge(self.db, visit.project.id, f"mail:{email_key}", MAIL_BUDGET)

    async def count_letter(self, visit: Visit) -> None:
        """Count a letter against the project's amount; the audit trail tells when that is spent.

        Raises: TooManyAttempts.
        """
        project = visit.project
        budget = Budget(project.policy.mail_per_hour, _HOUR)
        try:
            await self.attempts.charge(self.db, project.id, "mail", budget)
        except TooManyAttempts:
            with suppress(TooManyAttempts):  # told once
                await self.attempts.charge(self.db, project.id, "mail told", _TOLD_BUDGET)
                entry = AuditEntry(project.id, "mail.budget_spent", detail={"mail_per_hour": budget.tries})
                await self.audit.record(self.db, entry)
            raise
