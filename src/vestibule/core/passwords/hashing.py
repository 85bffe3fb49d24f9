"""Argon2id on a bounded pool (RFC 9106): as many threads as cores, a short queue, a deadline.

The GIL is released while hashing. When more is asked than the cores can do, the answer is `Overloaded` at once,
not a queue that grows until memory ends (security 85).
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from vestibule.core.passwords.rules import MAX_BYTES, normalised
from vestibule.kernel.errors import Overloaded
from vestibule.kernel.secret import Secret

T = TypeVar("T")

# Ceilings for hashes that came from elsewhere: above them a single sign-in could exhaust the machine (security 86).
_MAX_MEMORY_KIB: Final = 256 * 1024
_MAX_ITERATIONS: Final = 16
_MAX_LANES: Final = 8
MAX_BCRYPT_COST: Final = 14
_BCRYPT_PREFIXES: Final = ("$2a$", "$2b$", "$2y$")
_BCRYPT_DECOY: Final = "eJzrGU7YDGMUyDoFMdiQ3u7Eqfk7ujd.i8tK0g1OCe9JHvQ.YDLoq"  # salt and key, good at any cost
_MAX_PBKDF2_ROUNDS: Final = 2_000_000
_PBKDF2_KEY_BYTES: Final = range(16, 65)  # its work grows with the length too


@dataclass(frozen=True, slots=True)
class Argon2Profile:
    """Parameters of Argon2id; the default is OWASP's m=19456 KiB, t=2, p=1."""

    memory_kib: int = 19_456
    iterations: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class HashingLoad:
    """How much hashing one process takes on: `threads` at once, `waiting` in line, each at most `deadline_seconds`."""

    threads: int = 1
    waiting: int = 256
    deadline_seconds: float = 5.0


class Hashing:
    """Hashes and compares passwords off the event loop."""

    def __init__(self, profile: Argon2Profile, load: HashingLoad) -> None:
        self._hasher = PasswordHasher(
            time_cost=profile.iterations, memory_cost=profile.memory_kib, parallelism=profile.lanes, type=Type.ID
        )
        self._load = load
        self._pool = ThreadPoolExecutor(load.threads, thread_name_prefix="hashing")
        self._slots = asyncio.Semaphore(load.threads)
        self._in_line = 0
        # Compared with when there is no user: an unknown address costs what a wrong password costs (security 82).
        self._decoy = self._hasher.hash(b"a password that nobody has")

    async def hash(self, password: Secret) -> str:
        """Return the hash to store. Raises: Overloaded."""
        return await self._run(lambda: self._hasher.hash(normalised(password)))

    async def matches(self, stored: str | None, password: Secret, *, dearest_bcrypt: int | None = None) -> bool:
        """Compare with a stored hash, or with a decoy when there is none (then always False).

        A refusal costs one Argon2 and, where others could have a bcrypt hash, one bcrypt of the dearest cost among
        those, whatever is stored. Raises: Overloaded.
        """
        return await self._run(lambda: self._compare(stored, password, dearest_bcrypt))

    def is_outdated(self, stored: str) -> bool:
        """Tell whether `stored` should be replaced after a successful comparison."""
        return not stored.startswith("$argon2id$") or self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let running comparisons end, start no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._slots.locked() and self._in_line >= self._load.waiting:
            raise Overloaded
        self._in_line += 1
        try:
            async with asyncio.timeout(self._load.deadline_seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            raise Overloaded from error
        finally:
            self._in_line -= 1
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._pool, work)
        # The slot is free when the thread is, not when an impatient caller has gone.
        future.add_done_callback(lambda _: self._slots.release())
        return await asyncio.shield(future)

    def _compare(self, stored: str | None, password: Secret, dearest_bcrypt: int | None) -> bool:
        composed = normalised(password)
        # Other servers may have hashed what was typed, without composing it.
        typed = password.reveal().encode("utf-8", "surrogatepass")
        forms = tuple(dict.fromkeys((composed, typed)))
        comparable = stored if stored is not None and len(composed) <= MAX_BYTES else ""
        is_argon2 = comparable.startswith("$argon2") and _within_ceilings(comparable)
        if is_argon2:
            if any(self._argon2_matches(comparable, form) for form in forms):
                return True
        elif any(_imported_matches(comparable, form) for form in reversed(forms)):
            return True
        # Neither a missing user nor one of another make may show by the time: what was not computed is, for each form.
        for _ in forms:
            if not is_argon2:
                self._argon2_matches(self._decoy, b"never right")
            if dearest_bcrypt is not None:
                _spend_bcrypt(_bcrypt_cost(comparable), dearest_bcrypt)
        return False

    def _argon2_matches(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _within_ceilings(stored: str) -> bool:
    try:
        costs = dict(part.split("=") for part in stored.split("$")[3].split(","))
        return (
            int(costs["m"]) <= _MAX_MEMORY_KIB and int(costs["t"]) <= _MAX_ITERATIONS and int(costs["p"]) <= _MAX_LANES
        )
    except (IndexError, KeyError, ValueError):
        return False


def _imported_matches(stored: str, password: bytes) -> bool:
    if stored.startswith(_BCRYPT_PREFIXES):
        return _bcrypt_matches(stored, password)
    if stored.startswith("pbkdf2_sha256$"):
        return _pbkdf2_matches(stored, password)
    return False


def _bcrypt_matches(stored: str, password: bytes) -> bool:
    import bcrypt  # noqa: PLC0415 - only servers with imported users load it

    if _bcrypt_cost(stored) is None:
        return False
    try:
        # bcrypt reads 72 bytes; its old implementations cut silently, so an imported hash needs the same cut.
        return bcrypt.checkpw(password[:72], stored.encode())
    except ValueError:
        return False


def _bcrypt_cost(stored: str) -> int | None:
    """Return what comparing with the hash costs; None when that is no bcrypt, or one too costly to be compared with."""
    if not stored.startswith(_BCRYPT_PREFIXES) or not stored[4:6].isdecimal():
        return None
    return cost if (cost := int(stored[4:6])) <= MAX_BCRYPT_COST else None


def _spend_bcrypt(done: int | None, dearest: int) -> None:
    # Each cost is twice the one below: a comparison at `done`, and then one at each cost from there to below the
    # dearest, are together as much as one at the dearest.
    for cost in range(done, dearest) if done is not None else (dearest,):
        _bcrypt_matches(f"$2b${cost:02}${_BCRYPT_DECOY}", b"never right")


def _pbkdf2_matches(stored: str, password: bytes) -> bool:
    try:
        _, rounds, salt, key = stored.split("$")
        expected = base64.b64decode(key, validate=True)
        if not 0 < int(rounds) <= _MAX_PBKDF2_ROUNDS or len(expected) not in _PBKDF2_KEY_BYTES:
            return False
        actual = hashlib.pbkdf2_hmac(
            "sha256", password, base64.b64decode(salt, validate=True), int(rounds), len(expected)
        )
    except ValueError:
        return False
    return hmac.compare_digest(actual, expected)
