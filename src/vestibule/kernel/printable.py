"""Text that may be shown at a terminal, whoever wrote it."""

from typing import Final

_STAND_IN: Final = "\N{REPLACEMENT CHARACTER}"


def printable(text: str) -> str:
    """Return `text` with a stand-in for each sign that is not to be seen, line breaks too: it could be a command.

    A terminal obeys escape sequences, and signs that turn the direction of writing make text look like other text.
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else _STAND_IN for sign in text)
