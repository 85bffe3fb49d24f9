"""`make bench`: each kind of request against its limit on PostgreSQL, SQLite beside it, then start and memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.operations import OPERATIONS, Operation
from bench.people import People
from bench.processes import BenchError
from bench.report import Report
from bench.rounds import Bench, figures
from bench.servers import WORKERS, bare_handlers, postgres_database, postgresql, sqlite_database, vestibule
from bench.starting import Starting, idle_memory, make_serve

Step = Callable[[str], None]

MEMORY: Final = "memory"
SERVE: Final = "serve"
MAKE: Final = "make serve"
SQLITE: Final = "sqlite"
PARTS: Final = (*(operation.name for operation in OPERATIONS), SQLITE, MEMORY, SERVE, MAKE)
USERS: Final = 64


@dataclass(frozen=True, slots=True)
class Chosen:
    """What `--only` left over."""

    operations: Sequence[Operation]
    parts: frozenset[str]

    @property
    def steps(self) -> int:
        """How many steps of progress there will be."""
        on_sqlite = len(self.operations) if SQLITE in self.parts else 0
        return len(self.operations) + on_sqlite + sum(part in self.parts for part in (MEMORY, SERVE, MAKE))


def choose(only: Sequence[str]) -> Chosen:
    """Return what to measure; everything when nothing is named. Raises: BenchError for unknown names."""
    wanted = [name.strip().replace("-", " ").replace("_", " ") for name in only if name.strip()]
    names = {part.replace("-", " "): part for part in PARTS}
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise BenchError(f"there is no {', '.join(unknown)}; there are {', '.join(PARTS)}")
    parts = frozenset(names[name] for name in wanted) or frozenset(PARTS)
    operations = [operation for operation in OPERATIONS if operation.name in parts]
    return Chosen(operations or OPERATIONS if SQLITE in parts else operations, parts)


def measure(bench: Bench, chosen: Chosen, folder: Path, report: Report, step: Step) -> None:
    """Fill the report part by part, so that what was found survives an interruption."""
    with postgresql() as server, postgres_database(server) as url:
        _on_postgresql(bench, chosen, url, folder, report, step)
        if SERVE in chosen.parts:
            step("vestibule serve")
            report.starting.append(Starting(url, folder).first_answer(WORKERS))
    if SQLITE in chosen.parts:
        _on_sqlite(bench, chosen.operations, folder, report, step)
    if MAKE in chosen.parts:
        step("make serve")
        report.starting.append(make_serve(folder))


def _on_postgresql(bench: Bench, chosen: Chosen, url: str, folder: Path, report: Report, step: Step) -> None:
    gated = [operation for operation in chosen.operations if operation.name in chosen.parts]
    if not gated and MEMORY not in chosen.parts:
        return
    with vestibule(url, folder, workers=WORKERS) as served:
        if MEMORY in chosen.parts:
            step("idle memory")
            report.starting += idle_memory(served)
        if not gated:
            return
        with bare_handlers(url, folder) as bare:
            people = People(served.url(), folder, count=USERS)
            for operation in gated:
                step(operation.name)
                loads, limits = bench.compare(operation, served, bare, people)
                report.postgresql.append(figures(operation, loads, limits))


def _on_sqlite(bench: Bench, operations: Sequence[Operation], folder: Path, report: Report, step: Step) -> None:
    with vestibule(sqlite_database(folder), folder, workers=1) as served:
        people = People(served.url(), folder, count=USERS)
        for operation in operations:
            step(f"{operation.name} on SQLite")
            report.sqlite.append(figures(operation, [bench.ours(operation, served, people)]))
