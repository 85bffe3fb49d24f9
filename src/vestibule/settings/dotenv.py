"""Environment files as Docker Compose reads them: `NAME=value`, quotes, comments, `export`. Nothing is expanded."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vestibule.settings.environ import Problem, SettingsError

_SKIPPED: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_NAME: Final = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(=[ \t]*|(?=\r?\n|$))")
_QUOTED: Final = {"'": re.compile(r"'([^']*)'"), '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)}
_BARE: Final = re.compile(r"[^\r\n]*")
_COMMENT: Final = re.compile(r"(?:^|[ \t])#.*")
_REST: Final = re.compile(r"[ \t]*(?:[ \t]#[^\n]*)?\r?(?:\n|$)")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "$": "$"}


def values_in(path: Path) -> dict[str, str]:
    """Return what the file sets; of a name that stands there twice the last one. Raises: SettingsError."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([Problem(str(path), f"cannot be read: {error}")]) from error
    return dict(_assignments(text, str(path)))


def _assignments(text: str, file: str) -> Iterator[tuple[str, str]]:
    """Yield names and values. A complaint tells the line and never quotes it: it may hold a secret."""
    at = _end(_SKIPPED.match(text))
    while at < len(text):
        where = f"{file}, line {text.count(chr(10), 0, at) + 1},"
        named = _NAME.match(text, at)
        if named is None:
            raise SettingsError([Problem(where, "is no NAME=value")])
        at = named.end()
        if named[2]:  # a name alone would be taken from the environment, which is asked anyway
            value, at = _value(text, at, where)
            yield named[1], value
        at = _end(_SKIPPED.match(text, at))


def _value(text: str, at: int, where: str) -> tuple[str, int]:
    quote = text[at : at + 1]
    if quote not in _QUOTED or not quote:
        bare = _BARE.match(text, at)
        return _COMMENT.sub("", bare[0]).strip() if bare else "", _end(bare)
    quoted = _QUOTED[quote].match(text, at)
    if quoted is None:
        raise SettingsError([Problem(where, f"opens a {quote} that is never closed")])
    rest = _REST.match(text, quoted.end())
    if rest is None:
        raise SettingsError([Problem(where, f"goes on after the closing {quote}")])
    if quote == "'":
        return quoted[1], rest.end()
    return _ESCAPED.sub(lambda escape: _ESCAPES.get(escape[1], escape[0]), quoted[1]), rest.end()


def _end(match: re.Match[str] | None) -> int:
    return match.end() if match else 0
