"""The limit of sign-in and sign-up: Argon2id alone, as many threads as the server hashes with, no server around.

Run as a program of its own, so that nothing else of the bench shares its interpreter.
"""

import sys
import threading
import time

from argon2 import PasswordHasher
from argon2.low_level import Type

from vestibule.core.passwords import Argon2Profile


def hashes_per_second(threads: int, seconds: float) -> float:
    """Hash in `threads` threads for about `seconds`; the last hash of each is counted with the time it took."""
    profile = Argon2Profile()
    hasher = PasswordHasher(
        time_cost=profile.iterations, memory_cost=profile.memory_kib, parallelism=profile.lanes, type=Type.ID
    )
    rates: list[float] = []
    barrier = threading.Barrier(threads)

    def work() -> None:
        barrier.wait()
        started = time.perf_counter()
        hashes = 0
        while (taken := time.perf_counter() - started) < seconds or not hashes:
            hasher.hash(b"correct horse battery staple")
            hashes += 1
        rates.append(hashes / taken)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(rates)


if __name__ == "__main__":
    print(hashes_per_second(int(sys.argv[1]), float(sys.argv[2])))
