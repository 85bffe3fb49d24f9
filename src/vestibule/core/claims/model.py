"""Custom claims: what an access token says beyond who and until when, and who knows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from vestibule.core.claims.paths import Path
from vestibule.core.projects import Project
from vestibule.core.sessions import Session
from vestibule.core.users import Subject


@dataclass(frozen=True, slots=True)
class Claimant:
    """For whom and for which session a token is about to be made; `elevated` if they have just proven themselves."""

    project: Project
    subject: Subject
    session: Session
    elevated: bool = False


@dataclass(frozen=True, slots=True)
class ClaimPath:
    """One configured claim: its name, where its value is, and what stands in for a value that is missing or null."""

    name: str
    path: Path
    default: object = None


class SourceFailed(Exception):
    """A source does not say. The message is for the log: it names the source and holds nothing of a user."""


class ClaimsSource(Protocol):
    """Knows claims. Always asked outside transactions; an answer or a failure comes within the source's deadline."""

    async def values(self, claimant: Claimant) -> Mapping[str, object]:
        """Return JSON values by the names that the source gives them. Raises: SourceFailed."""
        ...
