"""The sentences of our letters: `{name}` stands for a value, a part in `[brackets]` goes when a value in it is empty.

So a translator moves and drops parts as the language wants, and nobody reads "your  account".
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

_PART: Final = re.compile(r"\[([^\[\]]*)\]")
_NAME: Final = re.compile(r"\{([a-z_]+)\}")


def as_it_is(words: str) -> str:
    """Return `words`: plain text needs no escaping."""
    return words


def fill(sentence: str, values: Mapping[str, str], escape: Callable[[str], str] = as_it_is) -> str:
    """Return `sentence` with its values; its own words go through `escape`, values come as they are to appear.

    Raises: KeyError for a name that is no value.
    """
    # Split before anything is filled in: brackets and braces in a value mean nothing.
    outside_and_inside = _PART.split(sentence)
    filled = []
    for place, part in enumerate(outside_and_inside):
        is_optional = place % 2 == 1
        if not (is_optional and any(not values[name] for name in names_in(part))):
            filled.append(_filled(part, values, escape))
    return "".join(filled)


def names_in(sentence: str) -> list[str]:
    """Return the names of the values that `sentence` shows."""
    return _NAME.findall(sentence)


def needed_by(sentence: str) -> list[str]:
    """Return the names of the values without which `sentence` has a hole."""
    return names_in(_PART.sub("", sentence))


def _filled(part: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    words_and_names = _NAME.split(part)
    return "".join(values[piece] if place % 2 == 1 else escape(piece) for place, piece in enumerate(words_and_names))
