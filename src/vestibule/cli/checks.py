"""`vestibule config check`: what a server would run with."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vestibule.cli.options import ConfigFile, Json
from vestibule.cli.output import print_json, print_table, say
from vestibule.settings.process import Flags, environment

if TYPE_CHECKING:
    from vestibule.settings import Reading
    from vestibule.settings.explain import Explained
    from vestibule.settings.verdicts import Verdict

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
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of every name that is set what it does here, or why nothing.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show every setting, also those that are not set.")] = False,
    env_file: Annotated[
        Path | None, typer.Option("--env-file", help="Check this environment file; the environment beats it.")
    ] = None,
    strict: Annotated[bool | None, typer.Option("--strict", help="Refuse unknown AUTH_* names.")] = None,
    as_json: Json = False,
    dev: Annotated[bool, typer.Option("--dev", help="Check the settings of `serve --dev`.")] = False,
    config: ConfigFile = None,
) -> None:
    """Show the effective configuration with secrets masked, or everything that is wrong with it."""
    from vestibule.asgi.endings import endings  # noqa: PLC0415 - `--help` needs none of these
    from vestibule.settings import SettingsError  # noqa: PLC0415
    from vestibule.settings.explain import explained  # noqa: PLC0415
    from vestibule.settings.reading import reading_of, what_can_be_read  # noqa: PLC0415
    from vestibule.settings.verdicts import verdicts  # noqa: PLC0415

    flags = Flags(
        dev=dev,
        strict=strict,
        config_file=str(config) if config else None,
        env_file=str(env_file) if env_file else None,
    )
    with endings():
        reader, settings = what_can_be_read(environment(), flags)
        names = verdicts(reader, is_dev=dev) if explain else None
        try:
            reading = reading_of(reader, settings)
        except SettingsError as error:
            if as_json:
                problems = [str(problem) for problem in error.problems]
                print_json({"ok": False, "problems": problems, **({} if names is None else {"names": names})})
            elif names is not None:
                _print_verdicts(names)
            raise
    _show(reading, explained(reader, everything=everything), names, as_json=as_json)


def _show(reading: "Reading", rows: "Sequence[Explained]", names: "Sequence[Verdict] | None", *, as_json: bool) -> None:
    from vestibule.asgi.exits import complain  # noqa: PLC0415 - as above

    settings = reading.settings
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
                **({} if names is None else {"names": names}),
            }
        )
        return
    if names is None:
        columns = ("setting", "value", "from", "meaning")
        cells = ((row.name, row.value, row.origin, row.about) for row in rows)
        print_table(columns, cells, empty="Nothing is set.")
    else:
        _print_verdicts(names)
    say(f"Root keys: {settings.root_keys_origin}. Workers: {settings.workers}. Links: {settings.nhost.server_url}.")
    if names is None:
        for name in reading.unused:
            say(f"{name} is known and has no effect; --explain tells why.")
    complain(warnings, "warning")


def _print_verdicts(names: "Sequence[Verdict]") -> None:
    print_table(
        ("name", "is", "value", "from", "because"),
        ((verdict.name, verdict.use, verdict.value, verdict.origin, verdict.why) for verdict in names),
        empty="Nothing is set.",
    )
