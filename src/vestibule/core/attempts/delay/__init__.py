"""Tries at one account from one network: thirty are free, then each waits longer, up to a quarter of an hour.

Nobody is kept out from elsewhere by them. A network from which the account was entered before is known: while the
account is locked, or the project's alarm is on, a right password still opens from there. Nothing else differs, so that
no answer tells whether a network is known, and with it whether there is such an account.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.core.attempts.delay import store
from vestibule.kernel.clock import EPOCH, Clock
from vestibule.kernel.errors import TooManyAttempts
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Queries

FREE: Final = store.FREE
HELD_FREE: Final = store.HELD_FREE
DELAYS: Final = store.DELAYS
ACCOUNT_FAILURES: Final = store.ACCOUNT_FAILURES  # from wherever, in ACCOUNT_WINDOW: then strangers wait for its end

FREE_KEPT: Final = timedelta(minutes=15)  # after the last failure, while tries are free
_WAITING_KEPT: Final = timedelta(days=1)
_KNOWN_KEPT: Final = timedelta(days=30)
_ACCOUNT_WINDOW: Final = timedelta(minutes=15)
_NETWORK_WINDOW: Final = timedelta(minutes=10)
_MINUTE: Final = timedelta(minutes=1)
_SOON: Final = timedelta(seconds=1)
_IPV4_PREFIX: Final = 24


@dataclass(frozen=True, slots=True)
class Aim:
    """Which account is tried, and from where: `network` is that of a visit.

    `is_shared` says that it stands for everybody behind a proxy; no such network is known or refused by an alarm.
    """

    project_id: ProjectId
    account: str
    network: str
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How long nobody may try, and whether a lock or an alarm is why."""

    wait: timedelta
    is_held: bool
    is_alarm: bool


@dataclass(frozen=True, slots=True)
class Try:
    """A try at an account. With `is_held` a lock or an alarm is on, and whatever is wrong is answered alike.

    With a `refusal` nothing was counted and nothing may open; a decoy is compared, which takes as long.
    """

    aim: Aim
    is_held: bool = False
    refusal: Standing | None = None

    @property
    def may_enter(self) -> bool:
        """Whether the right password opens."""
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class DelayedTries:
    """Counts in the database, so that every process sees them.

    `accounts` is at how many accounts a network must have failed lately for the project's alarm to refuse it.
    """

    clock: Clock
    keyring: Keyring

    async def charge(self, db: Queries, aim: Aim, *, accounts: int) -> Try:
        """Count one try in one statement; call it outside a transaction, before comparing anything.

        A try that is refused, now or by its `may_enter`, is not counted, so that it pushes nothing away.

        Raises: TooManyAttempts when it comes too soon after others.
        """
        now = self.clock.now()
        known = self._known(aim)
        charged = await db.one(
            store.CHARGE,
            **self._watched(aim, now, accounts),
            known_hash=known,
            free_until=now + FREE_KEPT,
            waiting_until=now + _WAITING_KEPT,
            **{f"last_{step}": now + _WAITING_KEPT - delay for step, delay in enumerate(DELAYS)},
        )
        if charged is not None:
            return Try(aim, is_held=charged == known)
        standing = await self.standing(db, aim, accounts=accounts)
        if not standing.is_held:
            raise TooManyAttempts(standing.wait)
        return Try(aim, is_held=True, refusal=standing)

    async def standing(self, db: Queries, aim: Aim, *, accounts: int) -> Standing:
        """Return what a network that is not known is told; a known one is told the same."""
        now = self.clock.now()
        row = await db.one(store.STANDING, **self._watched(aim, now, accounts))
        if row is None:  # it has no FROM
            return Standing(_SOON, is_held=False, is_alarm=False)
        wait = _SOON
        if row.window_ends_at is not None and row.tries >= FREE:
            delay = DELAYS[min(row.tries - FREE, len(DELAYS) - 1)]
            wait = max(wait, row.window_ends_at - _WAITING_KEPT + delay - now)
        held = [moment for moment in (row.lock_ends_at, row.alarm_ends_at) if moment is not None]
        return Standing(
            max([wait, *(moment - now for moment in held)]),
            is_held=bool(held),
            is_alarm=row.alarm_ends_at is not None,
        )

    async def failed(self, db: Queries, aim: Aim) -> float:
        """Note that a counted try was wrong, in one statement; return the project's failures of the last minute."""
        now = self.clock.now()
        number = (now - EPOCH) // _MINUTE
        minute = self._hash("minute", str(number))
        rows = await db.all(
            store.FAIL,
            project_id=aim.project_id,
            account_hash=self._hash("account", aim.account),
            network_hash=self._hash("network", neighbourhood(aim.network)),
            seen_hash=self._of_both("seen", aim),
            minute_hash=minute,
            before_hash=self._hash("minute", str(number - 1)),
            now=now,
            account_until=now + _ACCOUNT_WINDOW,
            network_until=now + _NETWORK_WINDOW,
            minute_until=EPOCH + (number + 2) * _MINUTE,
        )
        into = (now - EPOCH) % _MINUTE / _MINUTE
        return next((row.tries + row.before * (1 - into) for row in rows if row.subject_hash == minute), 0.0)

    async def succeeded(self, tx: Queries, aim: Aim) -> None:
        """Forget what failed at this account from this network and know it, in the transaction of the success.

        What the network did to other accounts stays counted.
        """
        now = self.clock.now()
        pair, free_until = self._of_both("pair", aim), now + FREE_KEPT
        if aim.is_shared:
            await tx.run(store.FORGET, project_id=aim.project_id, pair_hash=pair, free_until=free_until)
            return
        await tx.run(
            store.REMEMBER,
            project_id=aim.project_id,
            pair_hash=pair,
            free_until=free_until,
            known_hash=self._of_both("known", aim),
            known_until=now + _KNOWN_KEPT,
        )

    async def alarm(self, db: Queries, project_id: ProjectId, hold: timedelta) -> bool:
        """Turn the project's alarm on for `hold`; False when it is on already."""
        now = self.clock.now()
        row = await db.one(
            store.ALARM, project_id=project_id, alarm_hash=self._hash("alarm"), now=now, until=now + hold
        )
        return row is not None

    def _watched(self, aim: Aim, now: datetime, accounts: int) -> dict[str, ProjectId | bytes | datetime | int]:
        return {
            "project_id": aim.project_id,
            "pair_hash": self._of_both("pair", aim),
            "account_hash": self._hash("account", aim.account),
            "network_hash": self._failing(aim),
            "alarm_hash": self._hash("alarm"),
            "accounts": accounts,
            "now": now,
        }

    def _known(self, aim: Aim) -> bytes:
        # Of a shared network no row says that it is known; nor does one that was written before a proxy stood there.
        return self._of_both("never known" if aim.is_shared else "known", aim)

    def _failing(self, aim: Aim) -> bytes:
        # One person behind an unlisted proxy must not shut out all the others: no row says so of a shared network.
        return self._hash("never refused" if aim.is_shared else "network", neighbourhood(aim.network))

    def _of_both(self, kind: str, aim: Aim) -> bytes:
        return self._hash(kind, f"{aim.account}@{neighbourhood(aim.network)}")

    def _hash(self, kind: str, subject: str = "") -> bytes:
        # Keyed, so that the table gives away neither addresses nor who is being guessed at.
        return self.keyring.mac("delayed tries", f"{kind}:{subject}".encode("utf-8", "surrogatepass"))[:16]


def neighbourhood(network: str) -> str:
    """Return what counts as one network here: of an IPv4 address the /24, of IPv6 the /64 that it is already."""
    try:
        address = ipaddress.IPv4Address(network)
    except ValueError:
        return network
    return str(ipaddress.ip_network((address, _IPV4_PREFIX), strict=False))
