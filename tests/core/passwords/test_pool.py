"""What the pool takes on: who waits in line, how long, and what a caller who gives up leaves behind."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest
from argon2 import PasswordHasher

from tests.core.passwords.pools import hashing
from vestibule.kernel.errors import Overloaded
from vestibule.kernel.secret import Secret

WORD = "correct horse battery staple"


@pytest.fixture
async def gate() -> AsyncIterator[threading.Event]:
    """Work on the pool waits for this gate; it opens at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def waiting_at(gate: threading.Event) -> Callable[[], bool]:
    return lambda: gate.wait(60)


async def test_more_than_the_queue_is_refused_at_once(gate: threading.Event) -> None:
    """The answer under a storm is `Overloaded`, not a queue that grows (security 85)."""
    with hashing(threads=1, waiting=2, deadline_seconds=30) as pool:
        taken = [asyncio.create_task(pool._run(waiting_at(gate))) for _ in range(3)]
        await asyncio.sleep(0)

        for _ in range(100):
            with pytest.raises(Overloaded):
                pool.hash(Secret(WORD)).send(None)  # within one turn of the loop

        gate.set()
        assert await asyncio.gather(*taken) == [True, True, True]


async def test_a_pool_without_a_queue_still_works() -> None:
    """`waiting=0` means that nobody waits, not that nobody comes in."""
    with hashing(waiting=0) as pool:
        assert await pool.matches(await pool.hash(Secret(WORD)), Secret(WORD))


async def test_nobody_waits_longer_than_the_deadline(gate: threading.Event) -> None:
    """Whoever waited in vain is told so, and their place is free again (security 85)."""
    with hashing(threads=1, waiting=1, deadline_seconds=0.05) as pool:
        busy = asyncio.create_task(pool._run(waiting_at(gate)))
        await asyncio.sleep(0.01)
        for _ in range(3):
            with pytest.raises(Overloaded):
                await pool.hash(Secret(WORD))
        gate.set()
        assert await busy
        assert await pool.hash(Secret(WORD))


async def test_a_caller_who_gives_up_in_line_frees_the_place(gate: threading.Event) -> None:
    """A closed connection waits for nothing (security 85)."""
    with hashing(threads=1, waiting=1) as pool:
        busy = asyncio.create_task(pool._run(waiting_at(gate)))
        for _ in range(5):
            impatient = asyncio.create_task(pool.hash(Secret(WORD)))
            await asyncio.sleep(0.005)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
        gate.set()
        assert await busy
        assert await pool.hash(Secret(WORD))


async def test_a_caller_who_gives_up_while_hashing_keeps_the_thread_busy(gate: threading.Event) -> None:
    """A thread cannot be stopped: its place is free when it is, or there would be more work than cores (85)."""
    with hashing(threads=1, waiting=1, deadline_seconds=0.05) as pool:
        impatient = asyncio.create_task(pool._run(waiting_at(gate)))
        await asyncio.sleep(0.01)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        with pytest.raises(Overloaded):
            await pool.hash(Secret(WORD))

        gate.set()
        async with asyncio.timeout(60):
            await pool._slots.acquire()


async def test_never_more_at_once_than_threads() -> None:
    """As many as cores, whatever is asked (security 85)."""
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with lock:
            running -= 1

    with hashing(threads=2, waiting=100) as pool:
        await asyncio.gather(*(pool._run(work) for _ in range(30)))
    assert most <= 2


async def test_the_loop_goes_on_while_passwords_are_hashed(gate: threading.Event) -> None:
    """Hashing happens beside it, not in it."""

    class Held(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            assert gate.wait(20)
            return super().hash(password, salt=salt)

    with hashing() as pool:
        pool._hasher = Held(time_cost=1, memory_cost=8, parallelism=1)
        hashed = asyncio.create_task(pool.hash(Secret(WORD)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not hashed.done()
        gate.set()
        assert await hashed
