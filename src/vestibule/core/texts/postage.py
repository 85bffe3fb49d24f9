"""How many texts leave, and where to: each costs money, and some networks pay for traffic (security 95).

The attack: a stranger asks for codes to thousands of numbers that belong to a friend of theirs, who shares what the
texts cost. Nobody ever types such a code in, which is how it is noticed.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.core.attempts import AttemptBudget, Budget, Tally
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.texts.phone import PhoneNumber
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import CannotSendText, TooManyAttempts
from vestibule.storage import Database

_HOUR: Final = timedelta(hours=1)
NUMBER_BUDGET: Final = Budget(tries=5, window=_HOUR)
NETWORK_BUDGET: Final = Budget(tries=30, window=_HOUR)
BLOCK_BUDGET: Final = Budget(tries=20, window=_HOUR)
_TOLD_BUDGET: Final = Budget(tries=1, window=_HOUR)

# Of the codes that are old enough to have been typed in, at least these must be there before the share is judged.
JUDGED_FROM: Final = 50
LEAST_CONFIRMED_PERCENT: Final = 10
_STILL_TYPING: Final = 2  # buckets of five minutes: a code is good for five, so these say nothing yet


@dataclass(frozen=True, slots=True)
class TextPostage:
    """Counts in the database, so that every process and every door sees it; call it outside transactions."""

    db: Database
    attempts: AttemptBudget
    tally: Tally
    audit: AuditLog

    @property
    def clock(self) -> Clock:
        """What the waits of whoever asks for one are measured by."""
        return self.attempts.clock

    async def count_request(self, visit: Visit, phone: PhoneNumber) -> None:
        """Count somebody's wish for a text, and say no when there were too many or the country gets none.

        To be called for every number, before it is looked up: nothing here depends on whether anybody has it.

        Raises: CannotSendText, TooManyAttempts.
        """
        project = visit.project
        countries = project.policy.text_countries
        if countries and phone.country not in countries:
            raise CannotSendText
        await self._require_confirmations(visit, phone.country)
        for subject, budget in (
            (f"text to:{phone.e164}", NUMBER_BUDGET),
            (f"text from:{visit.network}", NETWORK_BUDGET),
            (f"text block:{phone.block}", BLOCK_BUDGET),
        ):
            await self.attempts.charge(self.db, project.id, subject, budget)
        total = Budget(project.policy.texts_per_hour, _HOUR)
        try:
            await self.attempts.charge(self.db, project.id, "text", total)
        except TooManyAttempts:
            await self._tell(visit, "text.budget_spent", "text told", {"texts_per_hour": total.tries})
            raise

    async def record_sent(self, visit: Visit, phone: PhoneNumber) -> None:
        """Note that a code goes out to this number."""
        await self.tally.add(self.db, visit.project.id, f"text sent:{phone.country}")

    async def record_confirmed(self, visit: Visit, phone: PhoneNumber) -> None:
        """Note that somebody typed in the code that went to this number, and give that number its budget back."""
        project_id = visit.project.id
        await self.tally.add(self.db, project_id, f"text confirmed:{phone.country}")
        await self.attempts.clear(self.db, project_id, f"text to:{phone.e164}")

    async def _require_confirmations(self, visit: Visit, country: str) -> None:
        # While a country waits nothing is sent, so its numbers fade and it gets another try within the hour.
        project_id = visit.project.id
        sent = await self.tally.lately(self.db, project_id, f"text sent:{country}", skip=_STILL_TYPING)
        if sent < JUDGED_FROM:
            return
        confirmed = await self.tally.lately(self.db, project_id, f"text confirmed:{country}")
        if confirmed * 100 >= sent * LEAST_CONFIRMED_PERCENT:
            return
        detail = {"country": country, "sent": sent, "confirmed": confirmed}
        await self._tell(visit, "text.country_paused", f"text paused:{country}", detail)
        raise CannotSendText

    async def _tell(self, visit: Visit, event: str, subject: str, detail: Mapping[str, object]) -> None:
        with suppress(TooManyAttempts):  # told once
            await self.attempts.charge(self.db, visit.project.id, subject, _TOLD_BUDGET)
            await self.audit.record(self.db, AuditEntry(visit.project.id, event, detail=detail))
