"""Globs as redirect allow-lists have them, matched without backtracking: time grows with the text, never explodes.

`*` any run without `.` and `/`; `**` any run; `?` one character but those; `[abc]`, `[a-z]`, `[!x]`; `{a,b}`.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

_SEPARATORS: Final = frozenset("./")
_MAX_ALTERNATIVES: Final = 256


@dataclass(frozen=True, slots=True)
class Step:
    """One place in a pattern: which characters it takes, and whether any number of them."""

    symbols: frozenset[str]
    negated: bool
    repeats: bool = False

    def takes(self, symbol: str) -> bool:
        """Tell whether `symbol` may stand here."""
        return (symbol in self.symbols) != self.negated


@dataclass(frozen=True, slots=True)
class Glob:
    """A compiled pattern without alternatives."""

    steps: tuple[Step, ...]

    def matches(self, text: str) -> bool:
        """Tell whether the pattern takes the whole of `text`."""
        places = self._with_skips({0})
        for symbol in text:
            after: set[int] = set()
            for place in places:
                if place < len(self.steps) and self.steps[place].takes(symbol):
                    after.add(place if self.steps[place].repeats else place + 1)
            if not after:
                return False
            places = self._with_skips(after)
        return len(self.steps) in places

    def _with_skips(self, places: AbstractSet[int]) -> set[int]:
        reached = set(places)
        for place in places:
            following = place
            while following < len(self.steps) and self.steps[following].repeats:
                following += 1
                reached.add(following)
        return reached


def compile_glob(pattern: str) -> Glob:
    """Return the compiled `pattern`; `{a,b}` must have been expanded. Raises: ValueError for an open bracket."""
    return Glob(tuple(_steps(pattern)))


def literal(text: str) -> Glob:
    """Return the pattern that takes `text` and nothing else."""
    return Glob(tuple(Step(frozenset(symbol), negated=False) for symbol in text))


def _steps(pattern: str) -> Iterator[Step]:
    place = 0
    while place < len(pattern):
        symbol = pattern[place]
        place += 1
        if symbol == "*":
            double = pattern[place : place + 1] == "*"
            place += double
            yield Step(frozenset() if double else _SEPARATORS, negated=True, repeats=True)
        elif symbol == "?":
            yield Step(_SEPARATORS, negated=True)
        elif symbol == "[":
            end = _closing(pattern, "]", place)
            yield _class(pattern[place:end])
            place = end + 1
        else:
            yield Step(frozenset(symbol), negated=False)


def _closing(pattern: str, bracket: str, start: int) -> int:
    end = pattern.find(bracket, start)
    if end < 0:
        raise ValueError(f"the redirect URL {pattern!r} lacks a {bracket}")
    return end


def _class(text: str) -> Step:
    negated = text.startswith("!")
    text = text[negated:]
    symbols: set[str] = set()
    place = 0
    while place < len(text):
        if text[place + 1 : place + 2] == "-" and place + 2 < len(text):
            symbols |= {chr(code) for code in range(ord(text[place]), ord(text[place + 2]) + 1)}
            place += 3
        else:
            symbols.add(text[place])
            place += 1
    return Step(frozenset(symbols | _SEPARATORS) if negated else frozenset(symbols), negated=negated)


def expand(pattern: str) -> list[str]:
    """Return the patterns that `{a,b}` stands for. Raises: ValueError for an open brace or too many of them."""
    done: list[str] = []
    waiting = [pattern]
    while waiting:
        if len(waiting) + len(done) > _MAX_ALTERNATIVES:
            raise ValueError(f"the redirect URL {pattern!r} has too many alternatives")
        text = waiting.pop()
        start = text.rfind("{")  # the innermost of the last group
        if start < 0:
            done.append(text)
            continue
        end = _closing(text, "}", start)
        waiting += [text[:start] + choice + text[end + 1 :] for choice in text[start + 1 : end].split(",")]
    return done
