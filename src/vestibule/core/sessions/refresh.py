"""The refresh: current secrets rotate in one statement; everything else is judged with the row at hand.

Order of judgement: unknown -> perhaps a token of the server that users came from, else refused; foreign or expired ->
refused; rotated within the grace -> the current secret, nothing advances; any other secret for a known handle ->
somebody holds a stolen one, the session ends (RFC 6819 section 5.2.2.3, RFC 9700 section 4.14.2).
"""

import asyncio
import hmac
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.projects import Visit
from vestibule.core.sessions import store
from vestibule.core.sessions.imported import ContinueImported
from vestibule.core.sessions.secrets import Presented, RefreshSecrets
from vestibule.core.sessions.store import FIXED, TAPE_DIGITS, Session, SessionState
from vestibule.core.users import Subject, UserDirectory, refuse_unless_active
from vestibule.kernel.clock import Clock, from_micros, to_micros
from vestibule.kernel.errors import InvalidRefreshToken, RefreshTokenReused, StorageUnavailable
from vestibule.storage import Database

_VISIT_PATIENCE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The session lives on; `secret` is its current refresh secret, new or not."""

    session: Session
    subject: Subject
    secret: bytes


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whose session a secret would refresh, as of `asked_at`; that of an imported token is yet to begin."""

    session: Session
    subject: Subject
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshTerms:
    """What a door accepts: sessions of one rotation, and of one client; None takes any.

    With `imported_life` it takes refresh tokens of the server that users came from as well, and their sessions live
    so long.
    """

    rotation: str | None = None
    client_id: UUID | None = None
    imported_life: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Exchanges a refresh secret. `grace` is how long a rotated secret still answers the current one."""

    db: Database
    clock: Clock
    secrets: RefreshSecrets
    users: UserDirectory
    audit: AuditLog
    notice: SendNotice
    imported: ContinueImported
    grace: timedelta

    async def __call__(
        self, visit: Visit, secret: bytes, terms: RefreshTerms, *, asked_at: datetime | None = None
    ) -> Refreshed:
        """Refresh. The grace is judged as of `asked_at`, when an outlook was asked first, else as of now.

        Raises: InvalidRefreshToken, RefreshTokenReused, UserNotActive, EmailNotVerified.
        """
        if terms.rotation != FIXED:
            for presented in self.secrets.under_every_key(secret):
                refreshed = await self._rotate(visit, presented, terms)
                if refreshed is not None:
                    await self._note_visit(visit, refreshed.subject)
                    return refreshed
        return await self._judge(visit, secret, terms, asked_at or self.clock.now())

    async def outlook(self, visit: Visit, secret: bytes, terms: RefreshTerms) -> Outlook | None:
        """Return whose session the secret would refresh, and change nothing; None where it would refresh none.

        For what has to be known before: a secret that was rotated and then not handed out would be lost to its owner.
        """
        asked_at = self.clock.now()
        for presented in self.secrets.under_every_key(secret):
            state = await self.db.one(store.STATE, project_id=visit.project.id, handle_hash=presented.handle_hash)
            if state is None:
                continue
            if self._is_foreign(visit, state.session, terms):
                return None
            is_current = hmac.compare_digest(state.step_hash, presented.step_hash)
            is_good = is_current or self._current_after(state, presented, asked_at) is not None
            return Outlook(state.session, state.subject, asked_at) if is_good else None
        if terms.imported_life is None:
            return None
        ahead = await self.imported.ahead(visit, secret, terms.imported_life)
        if ahead is None:  # perhaps another request has just exchanged it
            return await self.outlook(visit, secret, replace(terms, imported_life=None))
        return Outlook(ahead.session, ahead.subject, asked_at)

    async def _note_visit(self, visit: Visit, subject: Subject) -> None:
        # The secret has rotated: a user's row that somebody holds, or a database that just went away, must not keep the
        # new one from whoever asked. They would come with the old one after the grace, and be taken for a thief.
        with suppress(TimeoutError, StorageUnavailable):
            async with asyncio.timeout(_VISIT_PATIENCE_SECONDS):
                await self.users.seen(self.db, visit.project.id, subject)

    async def _rotate(self, visit: Visit, presented: Presented, terms: RefreshTerms) -> Refreshed | None:
        now = self.clock.now()
        follower = self.secrets.hashed(
            self.secrets.successor(presented.secret, presented.root_key_id), self.secrets.keyring.current_id
        )
        live = await self.db.one(
            store.ROTATE,
            project_id=visit.project.id,
            handle_hash=presented.handle_hash,
            step_hash=presented.step_hash,
            next_handle_hash=follower.handle_hash,
            next_step_hash=follower.step_hash,
            root_key_id=follower.root_key_id,
            rotated=str(to_micros(now)).zfill(TAPE_DIGITS),
            now=now,
            dialect=visit.dialect,
            any_client=terms.client_id is None,
            client_id=terms.client_id,
            verified_required=visit.project.policy.verified_email_required,
        )
        return None if live is None else Refreshed(live.session, live.subject, follower.secret)

    async def _judge(self, visit: Visit, secret: bytes, terms: RefreshTerms, asked_at: datetime) -> Refreshed:
        for presented in self.secrets.under_every_key(secret):
            state = await self.db.one(store.STATE, project_id=visit.project.id, handle_hash=presented.handle_hash)
            if state is None:
                continue
            if self._is_foreign(visit, state.session, terms):
                raise InvalidRefreshToken
            is_current = hmac.compare_digest(state.step_hash, presented.step_hash)
            current = secret if is_current else self._current_after(state, presented, asked_at)
            if current is None:
                await self._end_stolen(visit, state)
                raise RefreshTokenReused
            refuse_unless_active(visit.project.policy, state.subject, anonymous_allowed=True)
            if not state.keeps_account or (is_current and state.session.rotation != FIXED):
                # The account behind it is gone, perhaps only just: current and welcome, and yet it did not rotate.
                raise InvalidRefreshToken
            return Refreshed(state.session, state.subject, current)
        if terms.imported_life is None:
            raise InvalidRefreshToken
        continued = await self.imported(visit, secret, terms.imported_life)
        if continued is None:  # perhaps another request has just exchanged it: then there is a session by now
            return await self._judge(visit, secret, replace(terms, imported_life=None), asked_at)
        return Refreshed(continued.started.session, continued.subject, continued.started.secret)

    def _is_foreign(self, visit: Visit, session: Session, terms: RefreshTerms) -> bool:
        return (
            session.dialect != visit.dialect
            or session.expires_at <= self.clock.now()
            or (terms.rotation is not None and session.rotation != terms.rotation)
            or (terms.client_id is not None and session.client_id != terms.client_id)
        )

    def _current_after(self, state: SessionState, presented: Presented, asked_at: datetime) -> bytes | None:
        if state.session.rotation == FIXED:
            return None
        found = self.secrets.steps_to(presented, state.step_hash)
        if found is None:
            return None
        steps, current = found
        start = (steps - 1) * TAPE_DIGITS
        rotated_at = from_micros(int(state.rotations[start : start + TAPE_DIGITS]))
        return current if asked_at - rotated_at < self.grace else None

    async def _end_stolen(self, visit: Visit, state: SessionState) -> None:
        session = state.session
        async with self.db.write() as tx:
            ended = await tx.one(store.DELETE, project_id=visit.project.id, session_id=session.id)
            if ended is not None:
                entry = AuditEntry(
                    visit.project.id,
                    "session.reuse_detected",
                    session.user_id,
                    session.id,
                    visit.dialect,
                    request_id=visit.request_id,
                )
                await self.audit.record(tx, entry)
                await self.notice(tx, visit, state.subject, "security-changed", event="session-stolen")
