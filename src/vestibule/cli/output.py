"""How commands answer: JSON for programs, tables for people."""

import io
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from vestibule.kernel.printable import printable

_UNBOUNDED: Final = 10_000  # columns: in a file or a pipe no cell is wrapped


def print_json(value: object) -> None:
    """Print one JSON document; what is not to be seen is escaped, also the many signs for which JSON asks no escape."""
    import msgspec  # noqa: PLC0415 - a supervisor has no use for it

    lines = msgspec.json.format(_json(value), indent=2).decode().split("\n")
    sys.stdout.write("".join(f"{_escaped(line)}\n" for line in lines))


def _json(value: object) -> bytes:
    import msgspec  # noqa: PLC0415 - as above

    return msgspec.json.encode(value, enc_hook=str)


def print_table(columns: Sequence[str], rows: Iterable[Iterable[object]], *, empty: str) -> None:
    """Print a table, or the sentence `empty` when there are no rows."""
    from rich import box  # noqa: PLC0415 - programs that read JSON do not pay for it
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(_shown(cell))) for cell in row))
    shown = table if table.row_count else empty
    if sys.stdout.isatty():
        Console().print(shown)
        return
    console = Console(width=_UNBOUNDED, file=io.StringIO())
    with console.capture() as captured:
        console.print(shown)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _escaped(line: str) -> str:
    # JSON has signs outside ASCII in texts only, where an escape means the same.
    return line if line.isprintable() else "".join(map(_escape, line))


def _escape(sign: str) -> str:
    return sign if sign.isprintable() else json.dumps(sign)[1:-1]


def _shown(cell: object) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, list | tuple):
        return ", ".join(map(str, cell))
    if isinstance(cell, dict):
        return _json(cell).decode()
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    return str(cell)


def say(sentence: str) -> None:
    """Print one line for people. Users choose some of what is in it, and must not command the terminal."""
    sys.stdout.write(printable(sentence) + "\n")
