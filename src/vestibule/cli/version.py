"""`vestibule version`."""

import json
import platform
import sys
from typing import Annotated

import typer

from vestibule import __version__
from vestibule.cli.options import Json


def _print_version(asked: bool) -> None:  # noqa: FBT001 - how typer calls it
    if asked:
        version()
        raise typer.Exit


def register(app: typer.Typer) -> None:
    """Add the command, and the option that people try first."""
    app.command()(version)
    app.callback()(with_version)


def with_version(
    *,
    _shown: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """A self-hosted authentication server that speaks the wire APIs your clients already speak."""


def version(*, as_json: Json = False) -> None:
    """Print the version."""
    if as_json:
        sys.stdout.write(json.dumps({"version": __version__, "python": platform.python_version()}) + "\n")
    else:
        sys.stdout.write(f"vestibule {__version__}\n")
