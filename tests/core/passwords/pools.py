"""Pools that hash at the least cost."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.cores import CHEAPEST
from vestibule.core.passwords import Argon2Profile, Hashing, HashingLoad


@contextmanager
def hashing(profile: Argon2Profile = CHEAPEST, **load: float) -> Iterator[Hashing]:
    """Give a pool, and its threads back."""
    pool = Hashing(profile, HashingLoad(**load))  # type: ignore[arg-type]  # whole numbers where they belong
    try:
        yield pool
    finally:
        pool.close()
