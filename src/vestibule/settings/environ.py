"""Variables, declared and typed: what a name means, how its text is read, where its value came from.

Nothing here imports more than the standard library, so that the supervisor stays small.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

_TRUE: Final = frozenset({"true", "1", "t"})
_FALSE: Final = frozenset({"false", "0", "f"})
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_COUNTRY: Final = re.compile("[A-Z]{2}")
_UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with one variable: `wrong` says what, `mend` what to set instead."""

    variable: str
    wrong: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.variable} {self.wrong}" + (f"; {self.mend}" if self.mend else "")


class SettingsError(Exception):
    """The configuration cannot be used; `problems` lists everything that is wrong with it at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)  # no slots: typing marks an instance of Variable[...] with an attribute of its own
class Variable(Generic[T]):
    """A variable that we read. `parse` raises ValueError with a sentence that follows the variable's name.

    `shown` stands for the default in the documentation, where `str(default)` would not do. A `used` of False is a
    name of Nhost Auth that means nothing here yet.
    """

    name: str
    parse: Callable[[str], T]
    default: T
    about: str
    shown: str | None = None
    secret: bool = False
    used: bool = True

    @property
    def shown_default(self) -> str:
        """The default as people would write it; empty for none."""
        if self.shown is not None:
            return self.shown
        if isinstance(self.default, bool):
            return str(self.default).lower()
        if isinstance(self.default, tuple):
            return ",".join(self.default)
        return "" if self.default is None else str(self.default)


def text(written: str) -> str:
    """Return the text without blanks around it."""
    return written.strip()


def url(written: str) -> str:
    """Return the text of a URL, which must be one that can be taken apart; whether it will do is judged elsewhere."""
    try:
        urlsplit(written.strip())
    except ValueError as error:
        raise ValueError("is no URL that can be read") from error
    return written.strip()


def flag(written: str) -> bool:
    """Read true, false, 1 or 0."""
    lowered = written.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError(f"is true or false, not {written!r}")


def switch(name: str, about: str, *, default: bool = False) -> Variable[bool]:
    """Return a variable that is true or false."""
    return Variable(name, flag, default, about)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return the reader of a whole number within bounds."""

    def parse(written: str) -> int:
        try:
            number = int(written)
        except ValueError:
            number = None
        if number is None or not least <= number <= most:
            raise ValueError(f"is a whole number from {least} to {most}, not {written!r}")
        return number

    return parse


def seconds(least: int, most: int) -> Callable[[str], timedelta]:
    """Return the reader of a whole number of seconds."""
    parse = whole(least, most)
    return lambda written: timedelta(seconds=parse(written))


def milliseconds(least: int, most: int) -> Callable[[str], timedelta]:
    """Return the reader of a whole number of milliseconds."""
    parse = whole(least, most)
    return lambda written: timedelta(milliseconds=parse(written))


def days(least: int, most: int) -> Callable[[str], timedelta]:
    """Return the reader of a whole number of days."""
    parse = whole(least, most)
    return lambda written: timedelta(days=parse(written))


def duration(written: str) -> timedelta:
    """Read `90s`, `5m`, `1h30m`."""
    parts = _DURATION.findall(written.strip())
    if not parts or "".join(number + unit for number, unit in parts) != written.strip():
        raise ValueError(f"is a duration like 90s, 5m or 1h30m, not {written!r}")
    return timedelta(seconds=sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts))


def names(written: str) -> tuple[str, ...]:
    """Read a comma-separated list; empty items are dropped."""
    return tuple(item for item in (part.strip() for part in written.split(",")) if item)


def countries(written: str) -> tuple[str, ...]:
    """Read a comma-separated list of countries by their two letters (ISO 3166-1)."""
    found = tuple(item.upper() for item in names(written))
    if wrong := [item for item in found if not _COUNTRY.fullmatch(item)]:
        raise ValueError(f"lists countries by their two letters, like DE,AT,CH, not {wrong[0]!r}")
    return found


def one_of(*choices: str) -> Callable[[str], str]:
    """Return the reader of one word out of a few."""

    def parse(written: str) -> str:
        if written.strip() not in choices:
            raise ValueError(f"is one of {', '.join(choices)}, not {written!r}")
        return written.strip()

    return parse


@dataclass(frozen=True, slots=True)
class Layer:
    """One place where values come from; of several layers the first that has a value wins."""

    origin: str
    values: Mapping[str, str]


@dataclass(slots=True)
class Reader:
    """Reads declared variables from layers and gathers what is wrong, so that all of it is told at once.

    `strict` makes a problem of what else is a warning: a value that is not taken as it was written.
    """

    layers: Sequence[Layer]
    strict: bool = False
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    _complained: set[str] = field(default_factory=set)

    def get(self, variable: Variable[T]) -> T:
        """Return the value; the default when it is unset, empty or wrong (then a problem is noted)."""
        written = self.written(variable.name)
        if written is None:
            return variable.default
        try:
            return variable.parse(written)
        except ValueError as error:
            if variable.name not in self._complained:
                self._complained.add(variable.name)
                self.problems.append(Problem(variable.name, str(error)))
            return variable.default

    def first(self, *variables: Variable[T]) -> Variable[T]:
        """Return which of several names for one thing applies: the layer decides, then their order."""
        for layer in self.layers:
            for variable in variables:
                if layer.values.get(variable.name, "").strip():
                    return variable
        return variables[0]

    def is_set(self, variable: Variable[T]) -> bool:
        """Tell whether the variable has a value that is not empty."""
        return self.written(variable.name) is not None

    def written(self, name: str) -> str | None:
        """Return the text of a variable as it was written; None when it is unset or empty."""
        return next((layer.values[name] for layer in self.layers if layer.values.get(name, "").strip()), None)

    def origin(self, name: str) -> str:
        """Return the layer that a variable's value comes from."""
        return next((layer.origin for layer in self.layers if layer.values.get(name, "").strip()), "default")

    def named_in(self, name: str) -> str:
        """Return the layer that sets a variable, if only to nothing; as `origin` where one gives it a value."""
        named = next((layer.origin for layer in self.layers if name in layer.values), "default")
        return named if self.written(name) is None else self.origin(name)

    def refuse(self, variable: str, wrong: str, mend: str = "") -> None:
        """Note a problem that stops the start, once: several may ask about one variable."""
        problem = Problem(variable, wrong, mend)
        if problem not in self.problems:
            self.problems.append(problem)

    def warn(self, variable: str, wrong: str, mend: str = "") -> None:
        """Note something that the operator should look at."""
        self.warnings.append(Problem(variable, wrong, mend))

    def adjust(self, variable: str, wrong: str, mend: str = "") -> None:
        """Note something that is not taken as it was written; it stops the start where that is `strict`."""
        note = self.refuse if self.strict else self.warn
        note(variable, wrong, mend)


def nearest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Return a question after the known name that `name` may have meant; empty when none is (`likeness`: 0 to 1)."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=likeness)
    return f"did you mean {found[0]}?" if found else ""
