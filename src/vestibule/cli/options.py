"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from vestibule.settings.process import Flags

ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--config", help="Read settings from this TOML file.", show_default="vestibule.toml, if present"),
]
Dev: TypeAlias = Annotated[bool, typer.Option("--dev", help="Use the development settings and var/vestibule.db.")]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
ProjectName: TypeAlias = Annotated[str, typer.Option("--project", "-p", help="The project, by its public id.")]


def flags_of(config: Path | None, *, dev: bool) -> Flags:
    """Return the flags of a command that does not serve."""
    return Flags(dev=dev, config_file=str(config) if config else None)
