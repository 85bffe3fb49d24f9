"""Budgets of tries: charged and committed before the comparison, so that no refusal can refund them."""

from dataclasses import dataclass
from datetime import timedelta

from vestibule.core.attempts import store
from vestibule.core.attempts.delay import Aim, DelayedTries, Try
from vestibule.core.attempts.tally import Tally
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import TooManyAttempts
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Queries

__all__ = ["Aim", "AttemptBudget", "Budget", "DelayedTries", "Tally", "Try"]


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `tries` per subject in a `window` that starts with the first try."""

    tries: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class AttemptBudget:
    """Counts tries per subject in the database, so that every process sees them."""

    clock: Clock
    keyring: Keyring

    async def charge(self, db: Queries, project_id: ProjectId, subject: str, budget: Budget) -> None:
        """Count one try in one statement; call it outside a transaction, before comparing anything.

        `subject` says what is guessed at and from where, e.g. `mail:ann@example.com`.

        Raises: TooManyAttempts once the budget of the window is used up.
        """
        now = self.clock.now()
        charged = await db.one(
            store.CHARGE,
            project_id=project_id,
            subject_hash=self._hash(subject),
            now=now,
            window_ends_at=now + budget.window,
        )
        if charged is not None and charged.tries > budget.tries:
            raise TooManyAttempts(charged.window_ends_at - now)

    async def clear(self, tx: Queries, project_id: ProjectId, subject: str) -> None:
        """Forget the tries on `subject` after a success, in the transaction of that success."""
        await tx.run(store.CLEAR, project_id=project_id, subject_hash=self._hash(subject))

    async def refund(self, tx: Queries, project_id: ProjectId, subject: str) -> None:
        """Give one try on `subject` back, in the transaction of the success that used it; the others stay counted."""
        await tx.run(store.REFUND, project_id=project_id, subject_hash=self._hash(subject), now=self.clock.now())

    def _hash(self, subject: str) -> bytes:
        # Keyed, so that the table gives away neither addresses nor who is being guessed at.
        return self.keyring.mac("attempts", subject.encode())[:16]
