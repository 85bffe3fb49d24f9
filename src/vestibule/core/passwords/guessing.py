"""Guessing at passwords: who may try now, and what a wave of failures does (security 78 to 81).

Order matters: the try is counted and committed before anything is compared. What a failure adds to the account, the
network and the project is counted after it: those are second lines behind the first.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from vestibule.core.attempts import Aim, DelayedTries, Try
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.signin import Method
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import TooManyAttempts
from vestibule.kernel.meters import Meter, Meters
from vestibule.storage import Database, Queries

_A_MINUTE: Final = timedelta(minutes=1)
_HOLD: Final = timedelta(minutes=5)
_LOOK_EVERY: Final = 5  # failures: successes are counted so seldom
_NEVER: Final = 2**31 - 1
_BY_PASSWORD: Final = (Method.PASSWORD.value, Method.SECOND_FACTOR.value)  # the second factor comes after the first

REFUSED: Final = Meter(
    "vestibule_password_refusals",
    "Passwords that were wrong, or not compared: too soon after others, or in a wave of them",
    "reason",
    ("wrong", "delayed", "alarm"),
)

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.passwords")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuffing:
    """When a project's sign-ins look like stolen passwords being tried by the thousand.

    With `failures` in a minute (0 never), which are `percent` of them and of the people who came in by password,
    networks that failed at `accounts` different accounts in ten minutes are refused for five.
    """

    failures: int = 60
    percent: int = 80
    accounts: int = 10


@dataclass(frozen=True, slots=True)
class GuardGuesses:
    """Stands before every comparison of a password, at whatever door."""

    db: Database
    tries: DelayedTries
    audit: AuditLog
    clock: Clock
    meters: Meters
    stuffing: Stuffing = field(default_factory=Stuffing)

    async def charge(self, visit: Visit, account: str) -> Try:
        """Count a try at `account` before it is made, in one statement; one without `may_enter` compares a decoy.

        Raises: TooManyAttempts.
        """
        try:
            return await self.tries.charge(self.db, _aim(visit, account), accounts=self._accounts)
        except TooManyAttempts:
            self.meters.count(REFUSED, "delayed")
            raise

    async def failed(self, made: Try) -> None:
        """Note that the password was wrong; with many wrong ones of late the project's alarm goes on.

        Raises: TooManyAttempts while a lock or an alarm is on, whether or not anything was compared.
        """
        if made.is_held:
            standing = made.refusal or await self.tries.standing(self.db, made.aim, accounts=self._accounts)
            self.meters.count(REFUSED, "alarm" if standing.is_alarm else "delayed")
            raise TooManyAttempts(standing.wait)
        self.meters.count(REFUSED, "wrong")
        project_id = made.aim.project_id
        failures = await self.tries.failed(self.db, made.aim)
        if not self.stuffing.failures or failures < self.stuffing.failures or int(failures) % _LOOK_EVERY:
            return
        since = self.clock.now() - _A_MINUTE
        successes = await self.audit.people(self.db, project_id, "sign_in.succeeded", since, _BY_PASSWORD)
        if failures * 100 < self.stuffing.percent * (failures + successes):
            return
        if await self.tries.alarm(self.db, project_id, _HOLD):
            _log.warning("sign_in.failures_risen", failures=int(failures), successes=successes)
            detail = {"failures": int(failures), "successes": successes}
            await self.audit.record(self.db, AuditEntry(project_id, "sign_in.failures_risen", detail=detail))

    async def succeeded(self, tx: Queries, visit: Visit, account: str) -> None:
        """Forget what failed at the account from there, in the transaction of the success.

        Setting a new password is one too: whoever forgot theirs, and tried often, does not wait with it.
        """
        await self.tries.succeeded(tx, _aim(visit, account))

    @property
    def _accounts(self) -> int:
        return self.stuffing.accounts if self.stuffing.failures else _NEVER


def _aim(visit: Visit, account: str) -> Aim:
    return Aim(visit.project.id, account, visit.network, visit.network_is_shared)
