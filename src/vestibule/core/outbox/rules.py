"""When a message is tried again. Pure: the moment and the roll are passed in."""

from dataclasses import dataclass
from datetime import timedelta

_ROLLS = 256


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits grow by `factor` from `first_wait`, each 20 % up or down; ten attempts span about a day.

    The jitter keeps messages that failed together from coming back together.
    """

    attempts: int = 10
    first_wait: timedelta = timedelta(seconds=5)
    factor: float = 3.2
    jitter: float = 0.2

    def wait_after(self, attempt: int, roll: int) -> timedelta | None:
        """Return how long to wait after failed attempt number `attempt` (from 1); None when that was the last.

        `roll` is one random byte.
        """
        if attempt >= self.attempts:
            return None
        spread = 1 + self.jitter * (2 * roll / (_ROLLS - 1) - 1)
        return self.first_wait * self.factor ** (attempt - 1) * spread
