"""Tries at one account from one network: ten are free, then each waits longer, up to a quarter of an hour.

Nobody is kept out from elsewhere by them. A network from which the account was entered before is known and has
thirty: what strangers do to the account, or bots in that network to others, does not keep its owner out.
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
KNOWN_FREE: Final = store.KNOWN_FREE
DELAYS: Final = store.DELAYS
ACCOUNT_FAILURES: Final = 100  # from wherever, in ACCOUNT_WINDOW: then strangers wait for its end

_STRANGER_KEPT: Final = timedelta(days=1)
_KNOWN_KEPT: Final = timedelta(days=30)
_ACCOUNT_WINDOW: Final = timedelta(minutes=15)
_NETWORK_WINDOW: Final = timedelta(minutes=10)
_MINUTE: Final = timedelta(minutes=1)
_SOON: Final = timedelta(seconds=1)
_IPV4_PREFIX: Final = 24


@dataclass(frozen=True, slots=True)
class Try:
    """A counted try. `is_known` says that its account was entered from its network before.

    `alarm_ends_at` is there while the project's alarm is on; `network_accounts` is at how many accounts the network
    failed lately.
    """

    project_id: ProjectId
    account: str
    network: str
    is_known: bool
    is_first: bool
    network_accounts: int
    alarm_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class DelayedTries:
    """Counts in the database, so that every process sees them. `network` is that of a visit."""

    clock: Clock
    keyring: Keyring

    async def charge(self, db: Queries, project_id: ProjectId, account: str, network: str) -> Try:
        """Count one try in one statement; call it outside a transaction, before comparing anything.

        A try that comes too soon is not counted, so that it pushes nothing away.

        Raises: TooManyAttempts.
        """
        now, network = self.clock.now(), neighbourhood(network)
        pair = self._pair(account, network)
        row = await db.one(
            store.CHARGE,
            project_id=project_id,
            pair_hash=pair,
            account_hash=self._hash("account", account),
            network_hash=self._hash("network", network),
            alarm_hash=self._hash("alarm"),
            now=now,
            stranger_until=now + _STRANGER_KEPT,
            known_until=now + _KNOWN_KEPT,
            **{f"stranger_{step}": now + _STRANGER_KEPT - delay for step, delay in enumerate(DELAYS)},
            **{f"known_{step}": now + _KNOWN_KEPT - delay for step, delay in enumerate(DELAYS)},
        )
        if row is None:
            raise TooManyAttempts(await self._wait(db, project_id, pair, now))
        is_known = row.tries < 0
        if not is_known and row.account_failures >= ACCOUNT_FAILURES and row.account_ends_at is not None:
            raise TooManyAttempts(max(row.account_ends_at - now, _SOON))
        return Try(project_id, account, network, is_known, row.tries == 1, row.network_accounts, row.alarm_ends_at)

    async def failed(self, db: Queries, made: Try) -> float:
        """Note that the try was wrong, in one statement; return the project's failures of the last minute."""
        now = self.clock.now()
        number = (now - EPOCH) // _MINUTE
        minute = self._hash("minute", str(number))
        rows = await db.all(
            store.FAIL,
            project_id=made.project_id,
            account_hash=self._hash("account", made.account),
            network_hash=self._hash("network", made.network),
            minute_hash=minute,
            before_hash=self._hash("minute", str(number - 1)),
            new_accounts=int(made.is_first),
            now=now,
            account_until=now + _ACCOUNT_WINDOW,
            network_until=now + _NETWORK_WINDOW,
            minute_until=EPOCH + (number + 2) * _MINUTE,
        )
        into = (now - EPOCH) % _MINUTE / _MINUTE
        return next((row.tries + row.before * (1 - into) for row in rows if row.subject_hash == minute), 0.0)

    async def succeeded(self, tx: Queries, project_id: ProjectId, account: str, network: str) -> None:
        """Forget what failed at this account from this network and know it, in the transaction of the success.

        What the network did to other accounts stays counted.
        """
        await tx.run(
            store.REMEMBER,
            project_id=project_id,
            pair_hash=self._pair(account, neighbourhood(network)),
            known_until=self.clock.now() + _KNOWN_KEPT,
        )

    async def alarm(self, db: Queries, project_id: ProjectId, hold: timedelta) -> bool:
        """Turn the project's alarm on for `hold`; False when it is on already."""
        now = self.clock.now()
        row = await db.one(
            store.ALARM, project_id=project_id, alarm_hash=self._hash("alarm"), now=now, until=now + hold
        )
        return row is not None

    async def _wait(self, db: Queries, project_id: ProjectId, pair: bytes, now: datetime) -> timedelta:
        row = await db.one(store.WAIT, project_id=project_id, pair_hash=pair)
        if row is None:  # gone this moment
            return _SOON
        is_known = row.tries < 0
        over = row.tries - store.KNOWN - KNOWN_FREE if is_known else row.tries - FREE
        kept = _KNOWN_KEPT if is_known else _STRANGER_KEPT
        delay = DELAYS[min(max(over, 0), len(DELAYS) - 1)]
        return max(row.window_ends_at - kept + delay - now, _SOON)

    def _pair(self, account: str, network: str) -> bytes:
        return self._hash("pair", f"{account}@{network}")

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
