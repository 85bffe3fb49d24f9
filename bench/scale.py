"""`make bench-scale`: the hot requests at few and at many users; what they cost must not grow with the table.

Two databases in one PostgreSQL, a server on each, loaded in turn.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import httpx2
import msgspec
from rich.console import Console
from rich.progress import Progress

from bench.crowd import Crowd, fill
from bench.people import write_lines
from bench.report import new_table
from bench.rounds import Bench
from bench.servers import WORKERS, Served, default_project, postgres_database, postgresql, vestibule
from bench.wrk import Load
from tests.support.postgres import PostgresServer

MOST_GROWTH: Final = 1.25
COMERS: Final = 2_000  # who come by in one round, spread over all users
HOT: Final = ("user", "refresh")  # named as their scripts are
_AT_ONCE: Final = 8


class Growth(msgspec.Struct, frozen=True):
    """One request at few and at many users: medians over the rounds."""

    name: str
    users: tuple[int, int]
    rates: tuple[float, float]
    p50_ms: tuple[float, float]
    growth: float
    failures: int

    @property
    def holds(self) -> bool:
        """Whether every answer was right and the median latency stayed within the bound."""
        return self.failures == 0 and self.growth <= MOST_GROWTH


@dataclass(frozen=True, slots=True)
class Town:
    """A server, those of its users who come by, and how many of them come in one round."""

    served: Served
    crowd: Crowd
    access_tokens: str
    comers: int

    def load(self, bench: Bench, name: str, folder: Path) -> Load:
        """Load the server for one round; each round refreshes sessions that no other one did."""
        tokens = self.access_tokens if name == "user" else write_lines(folder, self.crowd.refresh_tokens(self.comers))
        return bench.wrk.load(self.served.url(), name, tokens, seconds=bench.seconds)


def measure(bench: Bench, users: Sequence[int], folder: Path, bar: Progress) -> list[Growth]:
    """Return how each hot request grows from `users[0]` to `users[1]`."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgresql())
        towns = [_settle(bench, stack, server, count, folder, bar) for count in users]
        task = bar.add_task("loading", total=len(HOT) * bench.rounds)
        found = []
        for name in HOT:
            rounds = []
            for _ in range(bench.rounds):
                rounds.append([town.load(bench, name, folder) for town in towns])
                bar.advance(task)
            found.append(_growth(name, (users[0], users[1]), rounds))
        return found


def _settle(
    bench: Bench, stack: contextlib.ExitStack, server: PostgresServer, count: int, folder: Path, bar: Progress
) -> Town:
    url = stack.enter_context(postgres_database(server))
    served = stack.enter_context(vestibule(url, folder, workers=WORKERS))
    task = bar.add_task(f"{count:,} users", total=count)
    comers = min(COMERS, count // (bench.rounds + 1))
    asked = comers * (bench.rounds + 1)
    crowd = asyncio.run(fill(url, default_project(url), count, asked, lambda more: bar.advance(task, more)))
    return Town(served, crowd, write_lines(folder, _access_tokens(served, crowd.refresh_tokens(comers))), comers)


def _access_tokens(served: Served, refresh_tokens: Sequence[str]) -> list[str]:
    with httpx2.Client(base_url=served.url(), timeout=30) as client, ThreadPoolExecutor(_AT_ONCE) as threads:

        def refresh(token: str) -> str:
            answer = client.post("/token", json={"refreshToken": token})
            answer.raise_for_status()
            access_token: str = answer.json()["accessToken"]
            return access_token

        return list(threads.map(refresh, refresh_tokens))


def _growth(name: str, users: tuple[int, int], rounds: Sequence[Sequence[Load]]) -> Growth:
    few, many = ([loads[town] for loads in rounds] for town in (0, 1))
    return Growth(
        name=name,
        users=users,
        rates=(median(load.rate for load in few), median(load.rate for load in many)),
        p50_ms=(median(load.p50_micros for load in few) / 1000, median(load.p50_micros for load in many) / 1000),
        growth=median(late.p50_micros / early.p50_micros for early, late in zip(few, many, strict=True)),
        failures=sum(load.failures for load in (*few, *many)),
    )


def show(screen: Console, found: Sequence[Growth]) -> None:
    """Print the table."""
    few, many = found[0].users
    table = new_table(
        "PostgreSQL, two workers",
        *("request", f"p50 ms at {few:,}", f"at {many:,}", "growth", "at most"),
        *(f"per second at {few:,}", f"at {many:,}", "not 2xx"),
    )
    for one in found:
        table.add_row(
            *(one.name, f"{one.p50_ms[0]:.2f}", f"{one.p50_ms[1]:.2f}", f"{one.growth:.2f}", f"{MOST_GROWTH:.2f}"),
            *(f"{one.rates[0]:,.0f}", f"{one.rates[1]:,.0f}", str(one.failures)),
            style=None if one.holds else "red",
        )
    screen.print(table)


def save(found: Sequence[Growth], path: Path) -> None:
    """Write the figures as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
