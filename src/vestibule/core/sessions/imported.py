"""Refresh tokens of a server that users came from: each begins a session of ours, once.

What is imported is the hash, so only who holds the token can do it. The new session is as if the token had been its
secret all along and was exchanged just now: shown again within the grace it answers the same session, shown later it
is taken for stolen and ends it (security 28). Its id is the token's, so that it can be told before it begins.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.sessions import store
from vestibule.core.sessions.issue import Exchanged, IssueSession, SessionTerms, StartedSession
from vestibule.core.sessions.secrets import imported_hash
from vestibule.core.sessions.store import ImportedToken, LiveSession
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
        token = await _token(self.db, self.clock, visit, secret)
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

    async def ahead(self, visit: Visit, secret: bytes, life: timedelta) -> LiveSession | None:
        """Return the session that the token would begin, with its user, and begin none; None when there is no token."""
        token = await _token(self.db, self.clock, visit, secret)
        if token is None:
            return None
        with suppress(UserNotFound):
            subject = await self.users.subject(self.db, visit.project.id, token.user_id)
            planned = self.issue.planned(token.user_id, _METHOD, _terms(visit, life), session_id=token.id)
            return LiveSession(planned, subject)
        return None

    async def _start(
        self, tx: Queries, visit: Visit, token: ImportedToken, secret: bytes, life: timedelta
    ) -> StartedSession:
        follows = Exchanged(secret, token.id)
        started = await self.issue(tx, visit.project.id, token.user_id, _METHOD, _terms(visit, life), follows=follows)
        await self.audit.record(tx, _entry(visit, "session.continued", token, started.session.id))
        return started


async def forget_imported(db: Database, audit: AuditLog, clock: Clock, visit: Visit, secret: bytes) -> bool:
    """End an imported token before it was ever exchanged; False, and no error, when there is none."""
    token = await _token(db, clock, visit, secret)
    if token is None:
        return False
    async with db.write() as tx:
        ended = await tx.one(store.TAKE_IMPORTED, project_id=visit.project.id, id=token.id)
        if ended is not None:
            await audit.record(tx, _entry(visit, "session.ended", token, None))
    return ended is not None


async def _token(db: Database, clock: Clock, visit: Visit, secret: bytes) -> ImportedToken | None:
    return await db.one(store.IMPORTED, project_id=visit.project.id, token_hash=imported_hash(secret), now=clock.now())


def _terms(visit: Visit, life: timedelta) -> SessionTerms:
    return SessionTerms(dialect=visit.dialect, life=life, client_id=visit.client_id)


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
