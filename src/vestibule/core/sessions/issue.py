"""Starts a session, in the transaction of the sign-in that earned it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from vestibule.core.sessions import store
from vestibule.core.sessions.secrets import RefreshSecrets
from vestibule.core.sessions.store import ROTATING, TAPE_DIGITS, Session
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Json, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """What a door wants of a new session. `rotation` is `rotating` or `fixed` (the secret never changes)."""

    dialect: str
    life: timedelta
    rotation: str = ROTATING
    client_id: UUID | None = None
    account_id: UUID | None = None
    scope: str | None = None
    claims: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A token from elsewhere that a session goes on from: its secret, and the id that the session takes over."""

    secret: bytes
    id: UUID


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A new session and its refresh secret (16 bytes), which is nowhere stored."""

    session: Session
    secret: bytes


@dataclass(frozen=True, slots=True)
class IssueSession:
    """Writes the session row."""

    clock: Clock
    entropy: Entropy
    secrets: RefreshSecrets

    async def __call__(
        self,
        tx: Queries,
        project_id: ProjectId,
        user_id: UUID,
        method: str,
        terms: SessionTerms,
        *,
        follows: Exchanged | None = None,
    ) -> StartedSession:
        """Return a session that never existed before: signing in again never reuses one (security 34).

        Its secret is drawn, or the one after `follows`, as if that had been the session's and was exchanged just now.
        """
        drawn = self.secrets.draw() if follows is None else self.secrets.after(follows.secret)
        session = self.planned(user_id, method, terms, session_id=None if follows is None else follows.id)
        now = session.created_at
        await tx.run(
            store.INSERT,
            project_id=project_id,
            id=session.id,
            user_id=user_id,
            dialect=session.dialect,
            client_id=session.client_id,
            account_id=session.account_id,
            rotation=session.rotation,
            root_key_id=drawn.root_key_id,
            handle_hash=drawn.handle_hash,
            step_hash=drawn.step_hash,
            rotations="" if follows is None else str(to_micros(now)).zfill(TAPE_DIGITS),
            now=now,
            expires_at=session.expires_at,
            life_seconds=int(terms.life.total_seconds()),
            scope=session.scope,
            claims=None if session.claims is None else Json(session.claims),
            method=method,
        )
        return StartedSession(session, drawn.secret)

    def planned(self, user_id: UUID, method: str, terms: SessionTerms, *, session_id: UUID | None = None) -> Session:
        """Return the session as it would begin now, with a new id where it has none, and write nothing."""
        now = self.clock.now()
        return Session(
            id=session_id or new_uuid7(self.entropy, to_micros(now)),
            user_id=user_id,
            dialect=terms.dialect,
            client_id=terms.client_id,
            account_id=terms.account_id,
            rotation=terms.rotation,
            created_at=now,
            refreshed_at=now,
            expires_at=now + terms.life,
            scope=terms.scope,
            claims=terms.claims,
            method=method,
        )
