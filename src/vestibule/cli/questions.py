"""What commands ask a person at a terminal. Whoever declines, or goes away instead of answering, changes nothing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer


def agree(question: str) -> None:
    """Return when the answer is yes. Raises: Ending."""
    with _may_decline(ends_line=False):
        typer.confirm(question, abort=True, err=True)


def typed_password() -> str:
    """Return a password that was typed twice, or else the first line of standard input. Raises: Ending."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    with _may_decline(ends_line=True):
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


@contextmanager
def _may_decline(*, ends_line: bool) -> Iterator[None]:
    """`ends_line` tells that an interrupted question ends its own line."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415 - `--help` needs none of these

    try:
        yield
    except typer.Abort as abort:
        if abort.__context__ is not None and not ends_line:  # Ctrl-C or Ctrl-D: the question still stands there
            sys.stderr.write("\n")
        raise Ending(ExitCode.FAILED, "nothing was changed") from abort
