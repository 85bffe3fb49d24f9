"""The generations of the API that are served side by side, and what differs between them.

v5 and v6 (Replyke) keep one refresh token per session, in a cookie as well; v7 (Sublay) changes it at each use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vestibule.core.sessions import FIXED, ROTATING, Session
from vestibule.wire import Call

SUBLAY: Final = "sublay.io"
REPLYKE: Final = "replyke.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One generation. `tries` is how often each limited endpoint may be called in five minutes."""

    name: str
    bases: tuple[str, ...]
    tries: Mapping[str, int]
    is_legacy: bool = False

    @property
    def rotation(self) -> str:
        """How the sessions that start here treat their refresh token."""
        return FIXED if self.is_legacy else ROTATING


_FEW: Final = {"sign-up": 5, "sign-in": 5, "change-password": 5}

V5: Final = Generation(
    name="v5",
    bases=("/api/v5/{project}",),
    tries={**_FEW, "sign-out": 5, "request-new-access-token": 25},
    is_legacy=True,
)
V6: Final = Generation(
    name="v6",
    bases=("/api/v6/{project}",),
    tries={**_FEW, "sign-out": 5, "request-new-access-token": 50},
    is_legacy=True,
)
# The newest browser client calls /v8 and expects what /v7 answers.
V7: Final = Generation(
    name="v7",
    bases=("/v7/{project}", "/v8/{project}", "/api/v7/{project}"),
    tries={**_FEW, "sign-out": 50, "request-new-access-token": 50},
)
GENERATIONS: Final = (V5, V6, V7)
INTERNAL: Final = "/internal"

_BY_BASE: Final = {base: generation for generation in GENERATIONS for base in generation.bases}


def generation_of(call: Call) -> Generation:
    """Return the generation that was called; paths outside a project follow the newest."""
    return _BY_BASE.get(call.base, V7)


def audience_of(session: Session) -> str:
    """Return who made the session's tokens, as their `aud` and `iss` name it.

    It follows the session, not the path: a token that is made again must come out the same.
    """
    return REPLYKE if session.rotation == FIXED else SUBLAY
