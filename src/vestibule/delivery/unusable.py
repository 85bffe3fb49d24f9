"""What is wrong with a template that an operator brings: the file, the line, and what the engine says."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class TemplateUnusable(Exception):
    """A template cannot be read, is none, or fails on the values at hand. The message may quote those.

    `line` is 0 where no line is to blame; `kind` names the failure without quoting anything.
    """

    def __init__(self, file: str, line: int, error: Exception) -> None:
        place = f"{file}, line {line}" if line else file
        self.kind = type(error).__name__
        super().__init__(f"{place}: {self.kind}: {' '.join(str(error).split())}")
        self.file = file
        self.line = line


@contextmanager
def blaming(path: Path, name: str, line: int = 0) -> Iterator[None]:
    """Turn whatever goes wrong with the template at `path` into TemplateUnusable; at `line` if nothing tells better."""
    try:
        yield
    except Exception as error:  # its expressions may raise anything
        raise TemplateUnusable(name, _line(path, error) or line, error) from error


def _line(path: Path, error: Exception) -> int:
    """Return the line that a syntax error names, or the last one in the file that was being filled."""
    named = getattr(error, "lineno", None)
    if isinstance(named, int) and getattr(error, "filename", None) == str(path):
        return named
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == str(path)), 0)
