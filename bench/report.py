"""Tables that read well on a terminal and can be pasted into docs/performance.md as they are."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bench.rounds import Figures
from bench.starting import Limit

_WIDTH: Final = 120


class Report(msgspec.Struct):
    """Everything a run found out."""

    machine: str
    at: datetime
    postgresql: list[Figures] = msgspec.field(default_factory=list)
    sqlite: list[Figures] = msgspec.field(default_factory=list)
    starting: list[Limit] = msgspec.field(default_factory=list)

    @property
    def misses(self) -> list[str]:
        """What does not hold. SQLite has no floor, but its answers must be right."""
        gated: list[Figures | Limit] = [*self.postgresql, *self.sqlite, *self.starting]
        return [one.name for one in gated if not one.holds]


def new_report() -> Report:
    """Return an empty report about this machine."""
    cores = len(os.sched_getaffinity(0))
    return Report(f"{platform.machine()}, {cores} cores, Python {platform.python_version()}", datetime.now(UTC))


def console() -> Console:
    """Return the console; where nobody looks it is wide enough for every table."""
    usual = Console()
    return usual if usual.is_terminal else Console(width=_WIDTH)


def progress(screen: Console) -> Progress:
    """Return a progress bar that leaves nothing behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=screen, transient=True)


def show(screen: Console, report: Report) -> None:
    """Print the tables."""
    screen.print(f"\n{report.machine}\n")
    if report.postgresql:
        screen.print(_gated(report.postgresql))
    if report.sqlite:
        screen.print(_reported(report.sqlite))
    if report.starting:
        screen.print(_starting(report.starting))
    for name in report.misses:
        screen.print(f"[red]below its floor, or wrong answers: {name}[/red]")


def save(report: Report, path: Path) -> None:
    """Write the figures as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")


def new_table(title: str, *columns: str) -> Table:
    """Return a table whose first column is text and whose others are figures."""
    table = Table(title=title, title_justify="left", box=box.MARKDOWN)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _gated(found: Sequence[Figures]) -> Table:
    table = new_table(
        "PostgreSQL, two workers", "request", "per second", "p50 ms", "p99 ms", "not 2xx", "limit", "ratio", "floor"
    )
    for one in found:
        limit = "" if one.limit is None else f"{one.limit:,.0f}"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        table.add_row(*_measured(one), limit, ratio, f"{one.floor:.2f}", style=None if one.holds else "red")
    return table


def _reported(found: Sequence[Figures]) -> Table:
    table = new_table("SQLite, one worker", "request", "per second", "p50 ms", "p99 ms", "not 2xx")
    for one in found:
        table.add_row(*_measured(one))
    return table


def _measured(one: Figures) -> tuple[str, ...]:
    return one.name, f"{one.rate:,.0f}", f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}", str(one.failures)


def _starting(found: Sequence[Limit]) -> Table:
    table = new_table("Starting and waiting", "what", "measured", "at most")
    for one in found:
        table.add_row(
            one.name, f"{one.value:.2f} {one.unit}", f"{one.most:g} {one.unit}", style=None if one.holds else "red"
        )
    return table
