"""The tasks beside the requests: mail, sweeping, watching for changed keys, letting new keys sign."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

from vestibule.assembly.start import Preparation, StartRefused
from vestibule.core.facade import Core
from vestibule.core.reaper import MOST_AT_ONCE
from vestibule.delivery.worker import OutboxWorker
from vestibule.kernel.errors import StorageUnavailable

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.background")

WATCH_EVERY: Final = timedelta(seconds=5)
SWEEP_EVERY: Final = timedelta(minutes=5)
COMPARE_CLOCKS_EVERY: Final = timedelta(minutes=1)
MAX_SKEW: Final = timedelta(seconds=2)
_RETRY_EVERY: Final = timedelta(seconds=1)
_BREATH: Final = timedelta(seconds=1)  # between sweeps while there is more to remove


async def clock_skew(core: Core) -> timedelta:
    """Return how far the database's clock is ahead of ours; nothing on SQLite. Raises: StorageUnavailable.

    One clock decides on expiry, the application's. One that differs from its neighbours' ends sessions early.
    """
    asked_at = core.clock.now()
    theirs = await core.db.ping()
    answered_at = core.clock.now()
    if theirs is None:
        return timedelta()
    # It was read at some moment between the two: an answer that took long is no clock that is wrong.
    return theirs - max(asked_at, min(theirs, answered_at))


@dataclass(slots=True)
class Background:
    """Runs until stopped. A database that is away stops none of it: the tasks try again."""

    core: Core
    prepare: Preparation
    mail: OutboxWorker | None
    mail_leaves: bool = True
    is_prepared: bool = False
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self) -> None:
        """Prepare the database if it is there, then start the tasks. Raises: StartRefused."""
        try:
            await self.prepare()
            self.is_prepared = True
        except StorageUnavailable:
            _log.warning("database.away", retry_seconds=_RETRY_EVERY.total_seconds())
            self._tasks.append(asyncio.create_task(self._prepare_later()))
        if not self.mail_leaves:
            _log.warning("mail.waits", reason="no mail server is configured")
        self._tasks += [
            asyncio.create_task(self._every(WATCH_EVERY, self._watch)),
            asyncio.create_task(self._every(SWEEP_EVERY, self._sweep)),
            asyncio.create_task(self._every(COMPARE_CLOCKS_EVERY, self._compare_clocks)),
        ]
        if self.mail is not None:
            self._tasks.append(asyncio.create_task(self._deliver(self.mail)))

    async def stop(self) -> None:
        """Let running work end, then end the tasks."""
        self._stop.set()
        _, late = await asyncio.wait(self._tasks, timeout=12) if self._tasks else (set(), set())
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _prepare_later(self) -> None:
        told = ""
        while not self.is_prepared and not await self._stopped_within(_RETRY_EVERY):
            try:
                await self.prepare()
                self.is_prepared = True
                _log.info("database.back")
            except StorageUnavailable:
                continue
            except StartRefused as refusal:  # too late to end the start: 503 until it fits, and the log says why
                if str(refusal) != told:
                    told = str(refusal)
                    _log.error("start.refused", reason=told)

    async def _watch(self) -> None:
        if await self.core.catalog.refresh():
            _log.info("catalog.changed")

    async def _sweep(self) -> None:
        await self.core.key_rotation.promote_due()
        is_more = True
        while is_more:  # a flood writes faster than one sweep in five minutes removes
            removed = await self.core.reaper.sweep()
            if any(removed.values()):
                _log.info("reaper.swept", **removed)
            is_more = max(removed.values()) >= MOST_AT_ONCE and not await self._stopped_within(_BREATH)

    async def _compare_clocks(self) -> None:
        skew = await clock_skew(self.core)
        if abs(skew) > MAX_SKEW:
            _log.error("clock.skewed", seconds=round(skew.total_seconds(), 1))

    async def _deliver(self, mail: OutboxWorker) -> None:
        while not self._stop.is_set():
            try:
                await mail.run(self._stop)
            except Exception:  # noqa: BLE001 - whatever it is, mail goes on
                # A bug in delivery must not end delivery: it is reported, and the loop begins anew.
                _log.exception("delivery.restarted")
                await self._stopped_within(_RETRY_EVERY)

    async def _every(self, pause: timedelta, work: Callable[[], Awaitable[None]]) -> None:
        while not await self._stopped_within(pause):
            try:
                await work()
            except StorageUnavailable:
                _log.warning("background.postponed", work=work.__name__)
            except Exception:  # noqa: BLE001 - a worker that stops watching goes on with keys that were revoked
                _log.exception("background.failed", work=work.__name__)

    async def _stopped_within(self, pause: timedelta) -> bool:
        try:
            async with asyncio.timeout(pause.total_seconds()):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True
