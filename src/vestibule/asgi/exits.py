"""How a process of ours ends: a number for scripts, a line for people. Light to import."""

import sys
from enum import IntEnum

from vestibule.kernel.printable import printable


class ExitCode(IntEnum):
    """The exit status of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFIGURATION = 4
    DATABASE_UNAVAILABLE = 5


class Ending(Exception):
    """Ends the process with `code`; each of `lines` is one complaint with its mend."""

    def __init__(self, code: ExitCode, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.code = code
        self.lines = lines


def complain(lines: tuple[str, ...] | list[str], kind: str = "error") -> None:
    """Write each complaint as one line on standard error."""
    for line in lines:
        sys.stderr.write(f"{kind}: {printable(' '.join(line.split()))}\n")
    sys.stderr.flush()
