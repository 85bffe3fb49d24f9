"""`make bench-enumeration`: whether strangers can tell known addresses from unknown ones, by answer or by time.

A benchmark and no test: what else the machine does can look like a difference. Run it where nothing else runs.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
from rich.console import Console

from bench.processes import BenchError
from bench.report import new_table
from bench.servers import postgres_database, postgresql, sqlite_database, vestibule
from bench.strangers import QUESTIONS, Question, Stranger, told

CALLS: Final = 200
MOST_PERCENT: Final = 5.0
_WARM_UP: Final = 4
_SETTINGS: Final = {
    "VESTIBULE_TRUSTED_PROXIES": "127.0.0.1",
    "VESTIBULE_DIALECTS": "nhost,sublay,accountmaker",
    "VESTIBULE_MAIL_PER_HOUR": "1000000",
    "VESTIBULE_SMS_PER_HOUR": "1000000",
    "AUTH_EMAIL_PASSWORDLESS_ENABLED": "true",
    "AUTH_OTP_EMAIL_ENABLED": "true",
    "AUTH_SMS_PASSWORDLESS_ENABLED": "true",
    "AUTH_SMS_PROVIDER": "generic",
    "AUTH_SMS_GENERIC_URL": "https://sms.invalid/",  # nobody gets a text: they wait
    "AUTH_SMS_GENERIC_BODY_TEMPLATE": '{"to": "${to}", "text": "${body}"}',
    "AUTH_WEBAUTHN_ENABLED": "true",
}


class Compared(msgspec.Struct, frozen=True):
    """The medians of one question, in milliseconds; `differing` are answers that only one side got."""

    engine: str
    name: str
    known_ms: float
    unknown_ms: float
    differing: list[str]

    @property
    def percent(self) -> float:
        """How much longer the slower side takes."""
        return abs(self.known_ms - self.unknown_ms) / min(self.known_ms, self.unknown_ms) * 100

    @property
    def holds(self) -> bool:
        """Whether nobody learns anything."""
        return not self.differing and self.percent < MOST_PERCENT


@dataclass(frozen=True, slots=True)
class Enumeration:
    """Asks every question that is chosen, on both engines."""

    folder: Path
    questions: Sequence[Question]
    calls: int = CALLS

    def __call__(self, tell: Callable[[str], None]) -> list[Compared]:
        """Measure; `tell` is told what is asked now. Raises: BenchError."""
        with postgresql() as server, postgres_database(server) as url:
            found = self._on("postgresql", url, tell)
        return found + self._on("sqlite", sqlite_database(self.folder), tell)

    @property
    def steps(self) -> int:
        """How often `tell` is called."""
        return 2 * len(self.questions)

    def _on(self, engine: str, database_url: str, tell: Callable[[str], None]) -> list[Compared]:
        found = []
        for needs, questions in self._by_needs():
            with vestibule(database_url, self.folder, workers=1, settings=_SETTINGS | dict(needs)) as served:
                stranger = Stranger(served.url())
                for question in questions:
                    tell(f"{engine}: {question.name}")
                    found.append(self._compare(engine, question, stranger))
        return found

    def _by_needs(self) -> list[tuple[tuple[tuple[str, str], ...], list[Question]]]:
        groups: dict[tuple[tuple[str, str], ...], list[Question]] = {}
        for question in self.questions:
            groups.setdefault(tuple(sorted(question.needs.items())), []).append(question)
        return list(groups.items())

    def _compare(self, engine: str, question: Question, stranger: Stranger) -> Compared:
        half = self.calls // 2 + _WARM_UP
        names = {"known": question.known(stranger, half), "unknown": [question.unknown() for _ in range(half)]}
        seconds: dict[str, list[float]] = {"known": [], "unknown": []}
        answers: dict[str, set[tuple[int, str, tuple[str, ...]]]] = {"known": set(), "unknown": set()}
        for number in range(half):
            # Now one first, now the other: what comes second may find warmer caches.
            for side in ("known", "unknown") if number % 2 else ("unknown", "known"):
                body = question.body(names[side][number])
                started = time.perf_counter()
                answer = stranger.post(question.path, body)
                took = time.perf_counter() - started
                if answer.is_server_error:
                    raise BenchError(f"{question.name}: {answer.status_code} {answer.text}")
                if number >= _WARM_UP:
                    seconds[side].append(took)
                answers[side].add(told(answer, names[side][number]))
        known_ms, unknown_ms = (median(seconds[side]) * 1000 for side in ("known", "unknown"))
        differing = [
            f"{side}: {one}" for side, other in _SIDES for one in answers[side] - answers[other] if not question.is_told
        ]
        return Compared(engine, question.name, known_ms, unknown_ms, differing)


_SIDES: Final = (("known", "unknown"), ("unknown", "known"))


def choose(only: Sequence[str]) -> list[Question]:
    """Return the questions that `--only` names, or all. Raises: BenchError."""
    chosen = [question for question in QUESTIONS if question.name in only]
    if any(only) and not chosen:
        raise BenchError(f"--only takes, of enumeration: {', '.join(question.name for question in QUESTIONS)}")
    return chosen or list(QUESTIONS)


def show(screen: Console, found: Sequence[Compared]) -> None:
    """Print the table."""
    table = new_table("Known and unknown addresses", "question", "engine", "known ms", "unknown ms", "differ by", "")
    for one in found:
        verdict = "pass" if one.holds else "FAIL"
        table.add_row(
            one.name,
            one.engine,
            f"{one.known_ms:.2f}",
            f"{one.unknown_ms:.2f}",
            f"{one.percent:.1f} %",
            verdict,
            style=None if one.holds else "red",
        )
    screen.print(table)
    for one in found:
        for answer in one.differing:
            screen.print(f"[red]{one.name} on {one.engine}, only for {answer}[/red]")


def save(found: Sequence[Compared], path: Path) -> None:
    """Write the figures as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
