"""`vestibule migrate` and `vestibule db`: the database as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from vestibule.cli.options import ConfigFile, Dev, Json, flags_of
from vestibule.cli.output import print_json, say
from vestibule.settings.process import environment

_db = typer.Typer(help="The database as a whole.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(migrate)
    app.add_typer(_db, name="db")


def migrate(*, as_json: Json = False, dev: Dev = False, config: ConfigFile = None) -> None:
    """Bring the database to this version's schema; waits some seconds for a database that is starting."""
    import asyncio  # noqa: PLC0415 - `--help` needs none of these

    from vestibule.asgi.endings import endings  # noqa: PLC0415
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415
    from vestibule.asgi.schema import bring_up_to_date  # noqa: PLC0415
    from vestibule.migrations import head  # noqa: PLC0415
    from vestibule.settings import read  # noqa: PLC0415

    with endings():
        settings = read(environment(), flags_of(config, dev=dev)).settings
        before, after = asyncio.run(bring_up_to_date(settings))
    if after is not None and after > head:
        raise Ending(
            ExitCode.CONFIGURATION, f"the schema is at {after}, newer than this version ({head}): upgrade vestibule"
        )
    if as_json:
        print_json({"before": before, "after": after})
    elif before == after:
        say(f"The schema is up to date ({after}).")
    else:
        say(f"The schema went from {before or 'nothing'} to {after}.")


@_db.command()
def backup(
    path: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    *,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Copy a SQLite database, consistently, while servers go on. PostgreSQL has pg_dump."""
    from vestibule.asgi.endings import endings  # noqa: PLC0415 - `--help` needs none of these
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415
    from vestibule.settings import read  # noqa: PLC0415
    from vestibule.storage.urls import sqlite_location  # noqa: PLC0415

    with endings():
        url = read(environment(), flags_of(config, dev=dev)).settings.database_url
    if not url.startswith("sqlite:"):
        raise Ending(ExitCode.USAGE, "this database is PostgreSQL: back it up with pg_dump")
    source = sqlite_location(url).path
    if not source.exists():
        raise Ending(ExitCode.NOT_FOUND, f"there is no database at {source}; run: vestibule migrate")
    try:
        _copy(url, path)
    except FileExistsError:
        raise Ending(ExitCode.FAILED, f"{path} exists; name a new file") from None
    except OSError as error:
        raise Ending(ExitCode.FAILED, f"cannot write {path}: {error.strerror}") from error
    size = path.stat().st_size
    if as_json:
        print_json({"path": str(path), "bytes": size})
    else:
        say(f"Wrote {path} ({size} bytes). The root keys are not in it; keep a copy of those elsewhere.")


def _copy(url: str, path: Path) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    from vestibule.storage import backup_sqlite  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Copying pages", total=None)
        backup_sqlite(url, path, lambda done, total: progress.update(task, completed=done, total=total))
