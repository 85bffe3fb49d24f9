"""What the provider remembers, in this process only: each thing for a while, and never more than a bound."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy

T = TypeVar("T")

_KEY_BYTES: Final = 24
_MOST: Final = 1000


def unguessable(entropy: Entropy) -> str:
    """Return a text that nobody can guess, safe in a URL."""
    return urlsafe_b64encode(entropy.bytes(_KEY_BYTES)).decode()


class Kept(Generic[T]):
    """Things by unguessable keys; when there are too many, the oldest goes."""

    def __init__(self, clock: Clock, entropy: Entropy, life: timedelta, most: int = _MOST) -> None:
        self._clock = clock
        self._entropy = entropy
        self._life = life
        self._most = most
        self._things: dict[str, tuple[datetime, T]] = {}

    def __len__(self) -> int:
        return len(self._things)

    def put(self, thing: T, key: str | None = None) -> str:
        """Keep `thing`; return its key, a new one without `key`."""
        key = key or unguessable(self._entropy)
        self._things[key] = (self._clock.now() + self._life, thing)
        if len(self._things) > self._most:
            del self._things[next(iter(self._things))]
        return key

    def get(self, key: str | None) -> T | None:
        """Return what is kept under `key`; None when nothing is, or not any more."""
        until, thing = self._things.get(key or "", (None, None))
        return thing if until is not None and self._clock.now() < until else None

    def take(self, key: str | None) -> T | None:
        """Return what is kept under `key` and forget it."""
        thing = self.get(key)
        self._things.pop(key or "", None)
        return thing

    def forget(self, is_meant: Callable[[T], bool]) -> None:
        """Forget everything that is meant."""
        self._things = {key: entry for key, entry in self._things.items() if not is_meant(entry[1])}
