"""Passwords that thieves have: refused when somebody sets one, only noted when somebody signs in with one.

Whoever knows them is asked over a protocol; the core speaks no HTTP. Not knowing counts as no: a list that is away
keeps nobody from setting a password.
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog

from vestibule.core.attempts import AttemptBudget, Budget
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.passwords.rules import NewPassword, refuse_unfit
from vestibule.core.projects import Policy, Visit
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import PasswordLeaked, StorageUnavailable, TooManyAttempts
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.secret import Secret
from vestibule.storage import Database

_A_DAY: Final = timedelta(days=1)
_ONCE_A_DAY: Final = Budget(tries=1, window=_A_DAY)
_MOST_AT_ONCE: Final = 4
_MOST_REMEMBERED: Final = 10_000

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.passwords")


class LeakedPasswords(Protocol):
    """Somebody who knows which passwords have leaked."""

    async def contains(self, password: Secret) -> bool | None:
        """Tell whether the password is known to have leaked; None when nobody can say. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class VetPassword:
    """Judges a password that somebody wants to set, whichever way; without a list only by its looks."""

    leaks: LeakedPasswords | None = None

    async def __call__(self, policy: Policy, password: NewPassword, *, email: str) -> None:
        """Call it outside a transaction. Raises: PasswordTooLong, PasswordTooShort, PasswordTooWeak, PasswordLeaked."""
        refuse_unfit(policy, password, email=email)
        if self.leaks is not None and await self.leaks.contains(password.secret):
            raise PasswordLeaked


@dataclass(slots=True)
class NoteLeaked:
    """Notes in the audit trail that somebody signs in with a leaked password, at most once per user and day.

    It works beside the answer, a few at a time; what is more is left out, since the same people come again.
    """

    leaks: LeakedPasswords
    db: Database
    attempts: AttemptBudget
    audit: AuditLog
    clock: Clock
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _looked_at: "OrderedDict[tuple[ProjectId, UUID], datetime]" = field(default_factory=OrderedDict)

    def later(self, visit: Visit, user_id: UUID, password: Secret) -> None:
        """Begin to look, and return at once."""
        if len(self._tasks) >= _MOST_AT_ONCE or not self._is_due(visit.project.id, user_id):
            return
        task = asyncio.create_task(self._look(visit, user_id, password))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Return when all that was begun has ended."""
        await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Leave what was begun."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _is_due(self, project_id: ProjectId, user_id: UUID) -> bool:
        now = self.clock.now()
        return now - self._looked_at.get((project_id, user_id), now - _A_DAY) >= _A_DAY

    def _remember(self, project_id: ProjectId, user_id: UUID) -> None:
        key = (project_id, user_id)
        self._looked_at[key] = self.clock.now()
        self._looked_at.move_to_end(key)
        if len(self._looked_at) > _MOST_REMEMBERED:
            self._looked_at.popitem(last=False)

    async def _look(self, visit: Visit, user_id: UUID, password: Secret) -> None:
        project_id = visit.project.id
        found = await self.leaks.contains(password)
        if found is None:
            return  # the next sign-in asks again
        self._remember(project_id, user_id)
        if not found:
            return
        with suppress(TooManyAttempts, StorageUnavailable):  # noted today already, or nobody can write it down
            await self.attempts.charge(self.db, project_id, f"leaked:{user_id}", _ONCE_A_DAY)
            entry = AuditEntry(project_id, "password.found_leaked", user_id, None, visit.dialect)
            await self.audit.record(self.db, entry)
            _log.info("password.found_leaked", dialect=visit.dialect)
