"""Refresh tokens of a server that users came from: each begins a session of ours, once.

What is imported is the hash, so only who holds the token can do it. The new session is as if the token had been its
secret all along and was exchanged just now: shown again within the grace it answers the same session, shown later it
is taken for stolen and ends it (security 28).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.sessions import store
from vestibule.core.sessions.issue import IssueSession, SessionTerms, StartedSession
from vestibule.core.sessions.secrets import imported_hash
from vestibule.core.sessions.store import ImportedToken
from vestibule.core.users import Subject, UserDirectory, refuse_unless_active
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import UserNotFound
from vestibule.storage import Database, Queries

_METHOD: Final = "imported"


@dataclass(frozen=True, slots=True)
class ContinuedSession:
    """A session that goes on here."""

    started: StartedSession
    subject: Subject


@dataclass(frozen=True, slots=True)
class ContinueImported:
    """Exchanges an imported refresh token for a session of ours."""

    db: Database
    clock: Clock
    users: UserDirectory
    issue: IssueSession
    audit: AuditLog

    async def __call__(self, visit: Visit, secret: bytes, life: timedelta) -> ContinuedSession | None:
        """Return the session; None when there is no such token, or not any more.

        Raises: UserNotActive, EmailNotVerified; the token is not spent then, as in any refresh.
        """
        project = visit.project
        token = await self.db.one(
            store.IMPORTED, project_id=project.id, token_hash=imported_hash(secret), now=self.clock.now()
        )
        if token is None:
            return None
        with suppress(UserNotFound):  # deleted this moment, and the token with them
            async with self.db.write() as tx:
                subject = await self.users.held(tx, project.id, token.user_id)
                refuse_unless_active(project.policy, subject, anonymous_allowed=True)
                if await tx.one(store.TAKE_IMPORTED, project_id=project.id, id=token.id) is not None:
                    started = await self._start(tx, visit, token, secret, life)
                    await self.users.seen(tx, project.id, subject)
                    return ContinuedSession(started, subject)
        return None

    async def _start(
        self, tx: Queries, visit: Visit, token: ImportedToken, secret: bytes, life: timedelta
    ) -> StartedSession:
        terms = SessionTerms(dialect=visit.dialect, life=life, client_id=visit.client_id)
        started = await self.issue(tx, visit.project.id, token.user_id, _METHOD, terms, follows=secret)
        await self.audit.record(tx, _entry(visit, "session.continued", token, started.session.id))
        return started


async def forget_imported(db: Database, audit: AuditLog, clock: Clock, visit: Visit, secret: bytes) -> bool:
    """End an imported token before it was ever exchanged; False, and no error, when there is none."""
    token = await db.one(store.IMPORTED, project_id=visit.project.id, token_hash=imported_hash(secret), now=clock.now())
    if token is None:
        return False
    async with db.write() as tx:
        ended = await tx.one(store.TAKE_IMPORTED, project_id=visit.project.id, id=token.id)
        if ended is not None:
            await audit.record(tx, _entry(visit, "session.ended", token, None))
    return ended is not None


def _entry(visit: Visit, event: str, token: ImportedToken, session_id: UUID | None) -> AuditEntry:
    return AuditEntry(
        visit.project.id,
        event,
        token.user_id,
        session_id,
        visit.dialect,
        request_id=visit.request_id,
        detail={"imported_token": str(token.id)},
    )
