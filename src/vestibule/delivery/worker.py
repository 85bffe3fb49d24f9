"""The loop that empties the outbox: claim, render, send, record. Any number of processes may run it at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from vestibule.core.outbox import Channel, Claimed, Outbox
from vestibule.delivery.mail import MailDelayed, MailRefused, Transport
from vestibule.delivery.render import Renderer, TemplateMissing
from vestibule.delivery.settings import WorkerSettings
from vestibule.delivery.sms import TextDelayed, TextRefused, TextTransport
from vestibule.delivery.undelivered import Undelivered
from vestibule.delivery.values import shown_values
from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.errors import StorageUnavailable
from vestibule.kernel.keyring import UnknownRootKey
from vestibule.storage import Database

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.delivery")

_IDLE_GROWTH: Final = 1.25
_RECORD_PAUSE_SECONDS: Final = 1.0
_TEXT_LIFE: Final = timedelta(minutes=5)  # the code in a text is good for no longer, and each text costs money


class OutboxWorker:
    """Sends what is due, a few messages at a time, until told to stop.

    Mails go by `transport`, texts by `texts`; what has no transport is not touched and waits.
    `name` shows in the outbox who is at work; it need not be unique.
    """

    def __init__(
        self,
        db: Database,
        outbox: Outbox,
        transport: Transport | None,
        renderer: Renderer,
        *,
        name: str,
        settings: WorkerSettings,
        texts: TextTransport | None = None,
    ) -> None:
        self._db = db
        self._outbox = outbox
        self._transport = transport
        self._texts = texts
        self._channels: list[Channel] = []
        if transport is not None:
            self._channels.append("email")
        if texts is not None:
            self._channels.append("sms")
        self._renderer = renderer
        self._name = name
        self._settings = settings
        self._woken = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look at once: something was committed to the outbox in this process."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then give the letters under way a moment to be finished."""
        stopping = asyncio.create_task(stop.wait())
        pause = self._settings.idle
        try:
            while not stop.is_set():
                self._woken.clear()
                started = await self._start_some()
                pause = self._settings.idle if started else min(pause * _IDLE_GROWTH, self._settings.longest_idle)
                if not self._sending:
                    await self._rest()
                await self._pause(stopping, pause.total_seconds())
            if self._sending:
                await asyncio.wait(self._sending, timeout=self._settings.farewell.total_seconds())
        finally:
            await self._abandon({stopping, *self._sending})
            await self._rest()

    async def drain(self) -> None:
        """Send all that is due now, then return; what must wait for a later attempt stays."""
        while await self._start_some() or self._sending:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        await self._rest()

    async def _rest(self) -> None:
        if self._transport is not None:
            await self._transport.rest()

    async def _start_some(self) -> int:
        free = self._settings.concurrency - len(self._sending)
        if not free:
            return 0
        try:
            claimed = await self._outbox.claim(
                self._db, self._name, limit=free, lease=self._settings.lease, channels=self._channels
            )
        except StorageUnavailable:
            return 0  # the log of the storage tells; the outbox is still there when the database is back
        for message in claimed:
            task = asyncio.create_task(self._deliver(message))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return len(claimed)

    async def _pause(self, stopping: "asyncio.Task[bool]", seconds: float) -> None:
        full = len(self._sending) >= self._settings.concurrency
        waking = asyncio.create_task(self._woken.wait())
        try:
            await asyncio.wait(
                {stopping, *self._sending} if full else {stopping, waking, *self._sending},
                timeout=None if full else seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            await self._abandon({waking})

    async def _deliver(self, message: Claimed) -> None:
        lease_ends_at_seconds = monotonic_seconds() + self._settings.lease.total_seconds()
        record = await self._send(message)
        while True:
            try:
                await record()
            except StorageUnavailable:
                # The letter has left: unrecorded, it would leave again. Worth waiting for as long as it is ours.
                if monotonic_seconds() + _RECORD_PAUSE_SECONDS >= lease_ends_at_seconds:
                    _log.warning("mail.unrecorded", message_id=str(message.id))
                    return
                await asyncio.sleep(_RECORD_PAUSE_SECONDS)
            else:
                return

    async def _send(self, message: Claimed) -> Callable[[], Awaitable[object]]:
        """Try once and return what to write into the outbox about it."""
        if hopeless := self._hopeless(message):
            return lambda: self._bury(message, hopeless, logged=hopeless)
        try:
            async with asyncio.timeout(self._settings.deadline.total_seconds()):
                await self._hand_over(message)
        except (MailRefused, TextRefused) as error:
            reason, logged = str(error), error.logged
            return lambda: self._bury(message, reason, logged=logged)
        except (MailDelayed, TextDelayed, UnknownRootKey, TemplateMissing) as error:
            reason = str(error)
            logged = error.logged if isinstance(error, Undelivered) else reason
            return lambda: self._retry(message, reason, logged=logged)
        except TimeoutError:
            reason = "not done within the deadline"
            return lambda: self._retry(message, reason, logged=reason)
        except Exception as error:  # noqa: BLE001 (a bug or a broken template in one message must not stop the others)
            reason = type(error).__name__
            _log.exception("mail.failed", message_id=str(message.id), template=message.template)
            return lambda: self._retry(message, reason, logged=reason)
        return lambda: self._mark_sent(message)

    def _hopeless(self, message: Claimed) -> str:
        """Return why the message must not even be tried; empty when it may be."""
        if self._outbox.is_spent(message):
            return "no attempt came to an end"
        if message.channel == "sms" and self._outbox.clock.now() - message.created_at > _TEXT_LIFE:
            return "too late: what it says is no longer good"
        return ""

    async def _hand_over(self, message: Claimed) -> None:
        variables = self._outbox.variables(message)
        if message.channel == "sms" and self._texts is not None:
            await self._texts.send(self._renderer.render_text(message, variables))
        elif self._transport is not None:
            mail = self._renderer.render(message, variables)
            values = shown_values(message, variables)
            await self._transport.send(replace(mail, locale=message.locale, values=values))

    async def _mark_sent(self, message: Claimed) -> None:
        if await self._outbox.mark_sent(self._db, message):
            _log.info("mail.sent", **_fields(message))
        else:
            _log.warning("mail.sent_after_lease", **_fields(message))

    async def _bury(self, message: Claimed, reason: str, *, logged: str) -> None:
        await self._outbox.bury(self._db, message, reason)
        _log.warning("mail.dead", reason=logged, **_fields(message))

    async def _retry(self, message: Claimed, reason: str, *, logged: str) -> None:
        moment = await self._outbox.retry(self._db, message, reason)
        if moment is None:
            _log.warning("mail.dead", reason=logged, **_fields(message))
        else:
            _log.warning("mail.delayed", reason=logged, next_attempt_at=moment.isoformat(), **_fields(message))

    @staticmethod
    async def _abandon(tasks: "set[asyncio.Task[None] | asyncio.Task[bool]]") -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fields(message: Claimed) -> dict[str, str | int]:
    # Neither the address nor the server's words, which may repeat it: those are in the delivery log.
    return {
        "message_id": str(message.id),
        "channel": message.channel,
        "template": message.template,
        "attempt": message.attempts,
    }
