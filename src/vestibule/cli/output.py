"""How commands answer: JSON for programs, tables for people."""

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

_UNBOUNDED: Final = 10_000  # columns: in a file or a pipe no cell is wrapped


def print_json(value: object) -> None:
    """Print one JSON document."""
    import msgspec  # noqa: PLC0415 - a supervisor has no use for it

    sys.stdout.write(msgspec.json.format(_json(value), indent=2).decode() + "\n")


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
        table.add_row(*(Text(_shown(cell)) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else _UNBOUNDED)
    console.print(table if table.row_count else empty)


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
    """Print one line for people."""
    sys.stdout.write(sentence + "\n")
