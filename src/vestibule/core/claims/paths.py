"""Paths into a user: the part of Kubernetes' JSONPath that names fields, elements, every element and filtered ones.

    metadata.plan.tier    profile.tags[0]    teams[].team.id    roles[?(@.active==true)].role    metadata['with.dot']

A path is read once, at the start, and walked for each token. Reading goes from left to right and never back, so no
path costs more than its length (security 113); nothing in one is ever run (security 118).
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

LONGEST: Final = 256
_MOST_STEPS: Final = 16
_MOST_DIGITS: Final = 4
_DEEPEST: Final = 32  # lists within lists, where the legacy walk goes through all of them
_ENDS_NAME: Final = frozenset(".[](){}'\"@$?*,:=!<>\\ \t\r\n")

# Longest first, so that <= is not read as <.
_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_WORDS: Final[dict[str, bool]] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Field:
    """A member by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a list; negative numbers count from its end."""

    index: int


@dataclass(frozen=True, slots=True)
class Every:
    """All elements of a list: `[*]`, or `[]`."""


@dataclass(frozen=True, slots=True)
class Where:
    """The elements whose member at `names` compares with `value`, or is there if `comparison` is empty."""

    names: tuple[str, ...]
    comparison: str = ""
    value: str | float | bool | None = None


Step: TypeAlias = Field | Element | Every | Where


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was read. A list path yields all that it finds, any other the first; `text` is how it was written."""

    text: str
    steps: tuple[Step, ...]

    @property
    def field(self) -> str:
        """The member of the user that it begins with."""
        return self.steps[0].name if isinstance(self.steps[0], Field) else ""

    @property
    def is_list(self) -> bool:
        """Whether it yields a list."""
        return any(isinstance(step, Every | Where) for step in self.steps)

    def find(self, user: object) -> object:
        """Return what is there; None when nothing is, or null."""
        if self.text.endswith("[]") and all(isinstance(step, Field | Every) for step in self.steps):
            return _walk(user, [step.name for step in self.steps if isinstance(step, Field)], 0)
        found = _found(self.steps, user)
        if found is None or self.is_list:
            return found
        return found[0] if found else None


def parse_path(text: str) -> Path:
    """Return the path. Raises: ValueError with a sentence about what cannot be read."""
    if len(text) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    reader = _Reader(text)
    steps: list[Step] = [Field(reader.name())]
    while not reader.is_done:
        if len(steps) == _MOST_STEPS:
            raise ValueError(f"has more than {_MOST_STEPS} steps")
        if reader.takes("."):
            steps.append(Field(reader.name()))
        else:
            reader.expect("[")
            steps.append(_bracket(reader))
    return Path(text, tuple(steps))


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0

    @property
    def is_done(self) -> bool:
        return self.at == len(self.text)

    def takes(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.takes(token):
            found = repr(self.text[self.at : self.at + 1]) if not self.is_done else "its end"
            raise ValueError(f"has {found} where {token!r} is expected, after {self.text[: self.at]!r}")

    def while_in(self, is_wanted: Callable[[str], bool]) -> str:
        start = self.at
        while not self.is_done and is_wanted(self.text[self.at]):
            self.at += 1
        return self.text[start : self.at]

    def name(self) -> str:
        found = self.while_in(lambda sign: sign not in _ENDS_NAME)
        if not found:
            raise ValueError(f"names nothing after {self.text[: self.at]!r}")
        return found

    def blanks(self) -> None:
        self.while_in(lambda sign: sign == " ")

    def quoted(self) -> str | None:
        quote = next((sign for sign in "'\"" if self.takes(sign)), None)
        if quote is None:
            return None
        found = self.while_in(lambda sign: sign not in {quote, "\\"})
        self.expect(quote)
        return found


def _bracket(reader: _Reader) -> Step:
    if reader.takes("]") or reader.takes("*]"):
        return Every()
    step = _filter(reader) if reader.takes("?(") else _child(reader)
    reader.expect("]")
    return step


def _child(reader: _Reader) -> Field | Element:
    name = reader.quoted()
    return Element(_index(reader)) if name is None else Field(name)


def _index(reader: _Reader) -> int:
    sign = -1 if reader.takes("-") else 1
    digits = reader.while_in(lambda sign: sign in "0123456789")
    if not 0 < len(digits) <= _MOST_DIGITS:
        raise ValueError(f"has no usable number after {reader.text[: reader.at]!r}")
    return sign * int(digits)


def _filter(reader: _Reader) -> Where:
    reader.blanks()
    reader.expect("@")
    names: list[str] = []
    while reader.takes("."):
        names.append(reader.name())
    reader.blanks()
    comparison = next((token for token in _OPERATORS if reader.takes(token)), "")
    if not comparison:
        reader.expect(")")
        return Where(tuple(names))
    reader.blanks()
    value = _literal(reader)
    reader.blanks()
    reader.expect(")")
    return Where(tuple(names), comparison, value)


def _literal(reader: _Reader) -> str | float | bool:
    text = reader.quoted()
    if text is not None:
        return text
    word = reader.while_in(lambda sign: sign.isascii() and (sign.isalnum() or sign in "+-."))
    if word in _WORDS:
        return _WORDS[word]
    try:
        return float(word)
    except ValueError:
        raise ValueError(f"compares with {word!r}: write a 'text', a number, true or false") from None


def _found(steps: tuple[Step, ...], user: object) -> list[object] | None:
    """Return everything that the steps lead to; None when they lead nowhere."""
    values: list[object] | None = [user]
    for step in steps:
        if values is None:
            return None
        match step:
            case Field(name):
                values = _members(values, name)
            case _:
                values = _elements(values, step)
    return values


def _members(values: list[object], name: str) -> list[object] | None:
    found = [value[name] for value in values if isinstance(value, dict) and name in value]
    return found if found or not values else None  # of an empty list there are no members, and none is missing


def _elements(values: list[object], step: Element | Every | Where) -> list[object] | None:
    found: list[object] = []
    for value in values:
        if isinstance(value, list):
            found += _chosen(value, step)
        elif value is not None:
            return None
    return None if isinstance(step, Element) and not found else found


def _chosen(items: list[object], step: Element | Every | Where) -> list[object]:
    match step:
        case Element(index):
            return items[index : index + 1 or None]
        case Every():
            return items
        case Where():
            return [item for item in items if _is_meant(step, item)]


def _is_meant(step: Where, item: object) -> bool:
    found = _found(tuple(Field(name) for name in step.names), item)
    if not found:
        return False
    if not step.comparison:
        return True
    here, there = found[0], step.value
    if type(here) is not type(there) and not (_is_number(here) and _is_number(there)):
        return step.comparison == "!="
    return _OPERATORS[step.comparison](here, there)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _walk(value: object, names: list[str], depth: int) -> object:
    # A path that ends in [] is older than JSONPath at Nhost: it goes through every list on its way, keeps lists within
    # lists, and has null where an element lacks the member.
    if not names:
        return value
    if isinstance(value, list):
        return [_walk(item, names, depth + 1) for item in value] if depth < _DEEPEST else None
    return _walk(value.get(names[0]), names[1:], depth) if isinstance(value, dict) else None
