"""Sessions: one row per sign-in on one device, rotated in place, ended by sign-out, theft or expiry."""

from vestibule.core.sessions.imported import ContinueImported
from vestibule.core.sessions.issue import IssueSession, SessionTerms, StartedSession
from vestibule.core.sessions.live import LiveSessions
from vestibule.core.sessions.refresh import Refreshed, RefreshSession, RefreshTerms
from vestibule.core.sessions.revoke import RevokeSessions
from vestibule.core.sessions.secrets import SECRET_BYTES, RefreshSecrets, imported_hash
from vestibule.core.sessions.standing import ChangeStanding
from vestibule.core.sessions.store import FIXED, ROTATING, Session

__all__ = [
    "FIXED",
    "ROTATING",
    "SECRET_BYTES",
    "ChangeStanding",
    "ContinueImported",
    "IssueSession",
    "LiveSessions",
    "RefreshSecrets",
    "RefreshSession",
    "RefreshTerms",
    "Refreshed",
    "RevokeSessions",
    "Session",
    "SessionTerms",
    "StartedSession",
    "imported_hash",
]
