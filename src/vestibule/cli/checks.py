"""`vestibule config check`: what a server would run with."""

from typing import Annotated

import typer

from vestibule.cli.options import ConfigFile, Json
from vestibule.cli.output import print_json, print_table, say
from vestibule.settings.process import Flags, environment

_config = typer.Typer(help="The configuration.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_config, name="config")


@_config.callback()
def about() -> None:
    """The configuration."""


@_config.command()
def check(
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Show every setting, with its meaning.")] = False,
    strict: Annotated[bool | None, typer.Option("--strict", help="Refuse unknown AUTH_* names.")] = None,
    as_json: Json = False,
    dev: Annotated[bool, typer.Option("--dev", help="Check the settings of `serve --dev`.")] = False,
    config: ConfigFile = None,
) -> None:
    """Show the effective configuration with secrets masked, or everything that is wrong with it."""
    from vestibule.asgi.endings import endings  # noqa: PLC0415 - `--help` needs none of these
    from vestibule.asgi.exits import complain  # noqa: PLC0415
    from vestibule.settings import SettingsError, read  # noqa: PLC0415
    from vestibule.settings.explain import explained  # noqa: PLC0415

    flags = Flags(dev=dev, strict=strict, config_file=str(config) if config else None)
    with endings():
        try:
            reading = read(environment(), flags)
        except SettingsError as error:
            if as_json:
                print_json({"ok": False, "problems": [str(problem) for problem in error.problems]})
            raise
    settings, rows = reading.settings, explained(reading.reader, everything=explain)
    warnings = [str(warning) for warning in reading.warnings]
    if as_json:
        print_json(
            {
                "ok": True,
                "settings": rows,
                "root_keys": settings.root_keys_origin,
                "workers": settings.workers,
                "public_url": settings.public_url,
                "nhost_url": settings.nhost.server_url,
                "dialects": sorted(settings.dialects),
                "unused": reading.unused,
                "warnings": warnings,
            }
        )
        return
    if explain:
        print_table(
            ("setting", "value", "from", "meaning"),
            ((row.name, row.value, row.origin, row.about) for row in rows),
            empty="",
        )
    else:
        print_table(
            ("setting", "value", "from"), ((row.name, row.value, row.origin) for row in rows), empty="Nothing is set."
        )
    say(f"Root keys: {settings.root_keys_origin}. Workers: {settings.workers}. Links: {settings.nhost.server_url}.")
    for name in reading.unused:
        say(f"{name} is known and has no effect yet.")
    complain(warnings, "warning")
