"""Counts of what happened lately: how often, in the last hour and the minutes before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.core.attempts import store
from vestibule.kernel.clock import EPOCH, Clock
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Queries

BUCKET: Final = timedelta(minutes=5)
BUCKETS: Final = store.BUCKETS


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts per subject in the database, in buckets of five minutes that all processes agree on."""

    clock: Clock
    keyring: Keyring

    async def add(self, db: Queries, project_id: ProjectId, subject: str) -> None:
        """Count one more, in one statement; call it outside a transaction, so that nobody waits for the count."""
        now = self.clock.now()
        number = _number(now)
        await db.one(
            store.CHARGE,
            project_id=project_id,
            subject_hash=self._hash(subject, number),
            now=now,
            window_ends_at=EPOCH + (number + BUCKETS) * BUCKET,
        )

    async def lately(self, db: Queries, project_id: ProjectId, subject: str, *, skip: int = 0) -> int:
        """Return how many there were in the last `BUCKETS` buckets, the running one included.

        `skip` leaves out the newest ones: for what can only be judged when some time has passed.
        """
        newest = _number(self.clock.now()) - skip
        oldest = newest - (BUCKETS - skip) + 1
        # The statement has a fixed number of places: what is left out is asked for as the oldest bucket again.
        numbers = [max(newest - place, oldest) for place in range(BUCKETS)]
        hashes = {name: self._hash(subject, number) for name, number in zip(store.BUCKET_NAMES, numbers, strict=True)}
        return await db.one(store.TOTAL, project_id=project_id, **hashes) or 0

    def _hash(self, subject: str, number: int) -> bytes:
        return self.keyring.mac("tallies", f"{subject}@{number}".encode())[:16]


def _number(moment: datetime) -> int:
    return (moment - EPOCH) // BUCKET
