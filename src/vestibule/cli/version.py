"""`vestibule version`."""

import json
import platform
import sys

import typer

from vestibule import __version__
from vestibule.cli.options import Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(version)


def version(*, as_json: Json = False) -> None:
    """Print the version."""
    if as_json:
        sys.stdout.write(json.dumps({"version": __version__, "python": platform.python_version()}) + "\n")
    else:
        sys.stdout.write(f"vestibule {__version__}\n")
