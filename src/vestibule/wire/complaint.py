"""Translates msgspec's messages into MalformedRequest: where, dotted path, a short problem code, words for people."""

from typing import Final

import msgspec

from vestibule.kernel.errors import MalformedRequest

_MISSING: Final = "Object missing required field `"
_UNKNOWN: Final = "Object contains unknown field `"
_AT: Final = " - at `"

_PROBLEMS: Final = (  # first match wins
    ("Invalid enum value", "enum"),
    ("Invalid UUID", "uuid"),
    ("Invalid RFC3339 encoded", "date-time"),
    ("Number out of range", "range"),
    ("Integer value out of range", "range"),
    (" matching regex ", "pattern"),
    (" of length >= ", "min_length"),
    (" of length <= ", "max_length"),
    ("` >= ", "minimum"),
    ("` > ", "minimum"),
    ("` <= ", "maximum"),
    ("` < ", "maximum"),
    ("that's a multiple of", "multiple"),
    (", got `", "type"),
)


def complain(error: msgspec.ValidationError, *, where: str) -> MalformedRequest:
    """Return the refusal for a value that does not have its declared shape."""
    text, _, at = str(error).partition(_AT)
    path = _dotted(at)
    for start, problem in ((_MISSING, "required"), (_UNKNOWN, "unknown")):
        if text.startswith(start):
            member = text[len(start) :].rstrip("`")
            path = f"{path}.{member}" if path else member
            return MalformedRequest(text, where=where, path=path, problem=problem)
    problem = next((problem for sign, problem in _PROBLEMS if sign in text), "invalid")
    return MalformedRequest(text, where=where, path=path, problem=problem)


def _dotted(at: str) -> str:
    """Return `$.options.list[1].name` as `options.list.1.name`; what msgspec does not name is left out."""
    at = at.rstrip("`").removeprefix("key` in `").removeprefix("$")
    return at.replace("[...]", "").replace("[", ".").replace("]", "").strip(".")
