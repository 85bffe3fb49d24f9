"""Messages to people: rows written in the transaction of what they tell, sent later by a worker, at least once."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal, get_args
from uuid import UUID

import msgspec

from vestibule.core.outbox import store
from vestibule.core.outbox.message import (
    MAX_ERROR_CHARACTERS,
    MAX_LOCALE_CHARACTERS,
    MAX_RECIPIENT_CHARACTERS,
    Channel,
    Claimed,
    MailVariables,
    Message,
    SecurityEvent,
    TemplateName,
    one_line,
)
from vestibule.core.outbox.rules import RetryPolicy
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.ids import MessageId, ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Queries

__all__ = [
    "Channel",
    "Claimed",
    "MailVariables",
    "Message",
    "Outbox",
    "RetryPolicy",
    "SecurityEvent",
    "TemplateName",
    "one_line",
]

_PURPOSE: Final = "outbox"


@dataclass(frozen=True, slots=True)
class Outbox:
    """Keeps messages until they are sent, and afterwards only that they were (no body, no link)."""

    keyring: Keyring
    entropy: Entropy
    clock: Clock
    retries: RetryPolicy = field(default_factory=RetryPolicy)

    async def enqueue(self, tx: Queries, message: Message) -> MessageId:
        """Write `message` in the caller's transaction: it is sent if, and only if, that commits."""
        now = self.clock.now()
        message_id = new_uuid7(self.entropy, to_micros(now))
        plain = msgspec.json.encode(message.variables)
        await tx.run(
            store.INSERT,
            project_id=message.project_id,
            id=message_id,
            user_id=message.user_id,
            channel=message.channel,
            template=message.template,
            locale=one_line(message.locale, MAX_LOCALE_CHARACTERS),
            recipient=one_line(message.recipient, MAX_RECIPIENT_CHARACTERS),
            payload=self.keyring.seal(_PURPOSE, plain, context=message_id.bytes),
            now=now,
        )
        return MessageId(message_id)

    async def claim(
        self,
        db: Queries,
        worker: str,
        *,
        limit: int,
        lease: timedelta,
        channels: Collection[Channel] = get_args(Channel),
    ) -> list[Claimed]:
        """Take at most `limit` due messages of `channels`, the longest due first, in one statement.

        Nobody else gets them before the lease ends; if this worker dies, somebody gets them afterwards.
        """
        now = self.clock.now()
        return await db.all(
            store.CLAIM,
            now=now,
            lease_ends_at=now + lease,
            worker=worker,
            limit=limit,
            email="email" in channels,
            sms="sms" in channels,
        )

    async def has_waiting(self, db: Queries, channel: Channel) -> bool:
        """Tell whether a message of this channel waits to be sent."""
        return await db.one(store.IS_WAITING, channel=channel) is not None

    async def lag(self, db: Queries) -> timedelta:
        """Return how long the message that is due first waits already; nothing when none waits."""
        oldest = await db.one(store.OLDEST)
        return timedelta() if oldest is None else max(self.clock.now() - oldest, timedelta())

    def variables(self, claimed: Claimed) -> MailVariables:
        """Return what the message says.

        Raises: UnknownRootKey when the payload cannot be opened with the root keys at hand.
        """
        plain = self.keyring.open(_PURPOSE, claimed.payload or b"", context=claimed.id.bytes)
        return msgspec.json.decode(plain, type=MailVariables)

    async def mark_sent(self, db: Queries, claimed: Claimed) -> bool:
        """Record the sending and forget the body. False: the lease had ended and somebody else has claimed it."""
        return await self._finish(db, claimed, "sent", None)

    async def bury(self, db: Queries, claimed: Claimed, error: str) -> bool:
        """Give up for good, keeping `error` in the delivery log. False: somebody else has claimed it."""
        return await self._finish(db, claimed, "dead", error)

    async def retry(self, db: Queries, claimed: Claimed, error: str) -> datetime | None:
        """Put it back for later and return when; None when that was the last attempt and it is dead now."""
        wait = self.retries.wait_after(claimed.attempts, self.entropy.bytes(1)[0])
        if wait is None:
            await self.bury(db, claimed, error)
            return None
        moment = self.clock.now() + wait
        await db.run(
            store.RETRY,
            project_id=claimed.project_id,
            id=claimed.id,
            attempts=claimed.attempts,
            next_attempt_at=moment,
            error=one_line(error, MAX_ERROR_CHARACTERS),
        )
        return moment

    def is_spent(self, claimed: Claimed) -> bool:
        """Tell whether every attempt was used up without an ending (workers died over it): bury it unsent."""
        return claimed.attempts > self.retries.attempts

    async def expire(self, db: Queries, *, created_before: datetime, limit: int) -> int:
        """Bury at most `limit` messages that waited since `created_before`; what they link to is long dead."""
        return await db.run(store.EXPIRE, created_before=created_before, now=self.clock.now(), limit=limit)

    async def delete_finished(self, db: Queries, *, finished_before: datetime, limit: int) -> int:
        """Drop at most `limit` sent and as many dead messages from the delivery log."""
        sent = await db.run(store.DELETE_FINISHED, state="sent", finished_before=finished_before, limit=limit)
        dead = await db.run(store.DELETE_FINISHED, state="dead", finished_before=finished_before, limit=limit)
        return sent + dead

    async def forget(self, tx: Queries, project_id: ProjectId, user_id: UUID) -> None:
        """Drop every message of a user who is being deleted: sent, waiting or dead, recipient included."""
        await tx.run(store.DELETE_OF_USER, project_id=project_id, user_id=user_id)

    async def _finish(self, db: Queries, claimed: Claimed, state: Literal["sent", "dead"], error: str | None) -> bool:
        changed = await db.run(
            store.FINISH,
            project_id=claimed.project_id,
            id=claimed.id,
            attempts=claimed.attempts,
            state=state,
            error=None if error is None else one_line(error, MAX_ERROR_CHARACTERS),
            now=self.clock.now(),
        )
        return changed == 1
