"""Ours and the limit in turn, A B B A: what slows this machine down for a while then slows both."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import msgspec

from bench.operations import Operation
from bench.people import People
from bench.processes import PYTHON, ROOT, BenchError
from bench.servers import WORKERS, Served
from bench.wrk import Load, Wrk


class Figures(msgspec.Struct, frozen=True):
    """The medians over the rounds. `ratio` is the median of each round's own ratio; None without a limit."""

    name: str
    floor: float
    rate: float
    p50_ms: float
    p99_ms: float
    failures: int
    limit: float | None
    ratio: float | None

    @property
    def holds(self) -> bool:
        """Whether every answer was right and the floor is reached."""
        return self.failures == 0 and (self.ratio is None or self.ratio >= self.floor)


@dataclass(frozen=True, slots=True)
class Bench:
    """How long and how often to load."""

    wrk: Wrk
    seconds: float
    rounds: int

    def compare(
        self, operation: Operation, served: Served, bare: Served, people: People
    ) -> tuple[list[Load], list[float]]:
        """Return what ours did and what the limit was in each round; who begins changes from round to round."""
        loads: list[Load] = []
        limits: list[float] = []
        for number in range(self.rounds):
            if number % 2:
                limits.append(self.limit(operation, bare, people, WORKERS))
            loads.append(self.ours(operation, served, people))
            if not number % 2:
                limits.append(self.limit(operation, bare, people, WORKERS))
        return loads, limits

    def ours(self, operation: Operation, served: Served, people: People) -> Load:
        """Load the server once."""
        arguments = operation.feed(people, self.wrk.connections)
        return self.wrk.load(served.url(operation.path), operation.script, *arguments, seconds=self.seconds)

    def limit(self, operation: Operation, bare: Served, people: People, threads: int) -> float:
        """Return how many per second there can be at most."""
        if operation.hashes:
            return hashing_limit(threads, self.seconds)
        load = self.ours(operation, bare, people)
        if load.failures:
            raise BenchError(f"the bare handler fails at {operation.name}:\n{bare.program.last_words()}")
        return load.rate


def hashing_limit(threads: int, seconds: float) -> float:
    """Return the hashes per second of so many threads in a process of their own."""
    command = [str(PYTHON), "-m", "bench.hashing", str(threads), str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def figures(operation: Operation, loads: Sequence[Load], limits: Sequence[float] = ()) -> Figures:
    """Return what the rounds of one operation say together."""
    return Figures(
        name=operation.name,
        floor=operation.floor,
        rate=median(load.rate for load in loads),
        p50_ms=median(load.p50_micros for load in loads) / 1000,
        p99_ms=median(load.p99_micros for load in loads) / 1000,
        failures=sum(load.failures for load in loads),
        limit=median(limits) if limits else None,
        ratio=median(load.rate / limit for load, limit in zip(loads, limits, strict=True)) if limits else None,
    )
