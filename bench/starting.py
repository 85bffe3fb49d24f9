"""How soon a server answers and how much memory it keeps while nobody asks."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench.processes import BenchError, Memory, free_port, largest_below, running, wait_for_answer
from bench.servers import Served, vestibule

MOST_IDLE_MIB: Final = 120.0
MOST_SERVE_SECONDS: Final = 1.5
MOST_MAKE_SECONDS: Final = 3.0

_SETTLING_SECONDS: Final = 2.0
_STARTS: Final = 3


class Limit(msgspec.Struct, frozen=True):
    """One figure that must stay below a bound."""

    name: str
    value: float
    most: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.value < self.most


@dataclass(frozen=True, slots=True)
class Starting:
    """Starts servers on one migrated database."""

    database_url: str
    folder: Path

    def first_answer(self, workers: int) -> Limit:
        """Return how long `vestibule serve` takes to its first answer."""
        seconds = []
        for _ in range(_STARTS):
            with vestibule(self.database_url, self.folder, workers=workers) as served:
                seconds.append(served.first_answer_seconds)
        return Limit("first answer of vestibule serve", median(seconds), MOST_SERVE_SECONDS, "s")


def idle_memory(served: Served) -> list[Limit]:
    """Return the memory of the largest process of a server that has answered once."""
    time.sleep(_SETTLING_SECONDS)
    memory: Memory = largest_below(served.program.process.pid)
    return [
        Limit("idle worker, its share (PSS)", memory.pss_mib, MOST_IDLE_MIB, "MiB"),
        Limit("idle worker, all it maps (RSS)", memory.rss_mib, MOST_IDLE_MIB, "MiB"),
    ]


def make_serve(folder: Path) -> Limit:
    """Return how long `make serve` takes on a tree where everything is installed. Raises: BenchError."""
    make = shutil.which("make")
    if make is None:
        raise BenchError("make is missing; on Debian: apt-get install make")
    database = {"VESTIBULE_DATABASE_URL": f"sqlite:///{folder / 'make-serve.sqlite'}"}
    seconds = []
    for _ in range(_STARTS):  # the first one migrates the new database, so the median does not
        port = free_port()
        with running([make, "serve", f"ARGS=--port {port}"], folder / "make-serve.log", database) as program:
            seconds.append(wait_for_answer(program, port, "/version"))
    return Limit("first answer of make serve", median(seconds), MOST_MAKE_SECONDS, "s")
