"""What a password hash costs, and how many wait for theirs."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, seconds, switch, whole

ARGON2_MEMORY: Final = Variable(
    "VESTIBULE_ARGON2_MEMORY_KIB", whole(8, 4_194_304), 19_456, "Memory of one password hash (Argon2id)."
)
ARGON2_ITERATIONS: Final = Variable("VESTIBULE_ARGON2_ITERATIONS", whole(1, 100), 2, "Passes of one password hash.")
ARGON2_LANES: Final = Variable("VESTIBULE_ARGON2_LANES", whole(1, 16), 1, "Lanes of one password hash.")
ALLOW_WEAK_HASHING: Final = switch(
    "VESTIBULE_ALLOW_WEAK_HASHING", "Accept Argon2 parameters below OWASP's floor; for tests."
)
HASHING_THREADS: Final = Variable[int | None](
    "VESTIBULE_HASHING_THREADS",
    whole(1, 256),
    None,
    "Password hashes computed at once, per worker.",
    shown="cores divided by workers, at least 1",
)
HASHING_WAITING: Final = Variable(
    "VESTIBULE_HASHING_WAITING", whole(0, 100_000), 256, "Password checks that may wait in line, per worker."
)
HASHING_DEADLINE: Final = Variable(
    "VESTIBULE_HASHING_DEADLINE_SECONDS",
    seconds(1, 60),
    timedelta(seconds=5),
    "How long a password check waits in line before the answer is 503.",
    shown="5",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    ARGON2_MEMORY,
    ARGON2_ITERATIONS,
    ARGON2_LANES,
    ALLOW_WEAK_HASHING,
    HASHING_THREADS,
    HASHING_WAITING,
    HASHING_DEADLINE,
)
