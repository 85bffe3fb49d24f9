"""Remembers tokens whose signature was checked, until they expire: a signature is the dearest part of a read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

P = TypeVar("P")

_MOST: Final = 20_000


@dataclass(slots=True)
class VerifiedTokens(Generic[P]):
    """A bounded memory of verified tokens and what their claims mean to one dialect (`P`).

    The key holds the dialect, the project, the key generation and the token itself: a token of another door,
    another project or a withdrawn key is never found here. Everything that may change during a token's life
    (a user's status, say) is still read on each request.
    """

    most: int = _MOST
    _entries: dict[tuple[str, bytes, int, str], tuple[int, P]] = field(default_factory=dict)

    def find(self, key: tuple[str, bytes, int, str], now_seconds: int) -> P | None:
        """Return what was remembered under `key` if the token is still alive."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[0] <= now_seconds:
            del self._entries[key]
            return None
        return entry[1]

    def remember(self, key: tuple[str, bytes, int, str], expires_at_seconds: int, meaning: P) -> P:
        """Keep `meaning` until the token expires; the oldest entries make room."""
        if len(self._entries) >= self.most:
            for oldest in list(self._entries)[: max(self.most // 10, 1)]:
                del self._entries[oldest]
        self._entries[key] = (expires_at_seconds, meaning)
        return meaning

    def checked(self, key: tuple[str, bytes, int, str], now_seconds: int, check: Callable[[], tuple[int, P]]) -> P:
        """Return the remembered meaning, or what `check` finds (expiry in seconds, meaning) and remember it."""
        known = self.find(key, now_seconds)
        if known is not None:
            return known
        expires_at_seconds, meaning = check()
        return self.remember(key, expires_at_seconds, meaning)
