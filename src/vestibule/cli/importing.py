"""`vestibule import`: everybody from another server."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vestibule.cli.desk import at_desk_with_settings
from vestibule.cli.options import ConfigFile, Dev, Json, ProjectName, flags_of
from vestibule.cli.output import print_json, print_table, say
from vestibule.settings.process import Flags, environment, reader_of

if TYPE_CHECKING:
    from vestibule.core.facade import Core
    from vestibule.importing import OldKey, OldServer, Skipped, Summary
    from vestibule.settings import Settings

_import = typer.Typer(help="Users from another server.", no_args_is_help=True)
_ACTOR = "operator"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_import, name="import")


@_import.callback()
def about() -> None:
    """Users from another server."""


@_import.command("nhost")
def nhost(
    *,
    source: Annotated[
        str,
        typer.Option("--from", metavar="URL", help="Its database, postgresql://...; - reads it from standard input."),
    ],
    project: ProjectName = "default",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Try everything, write nothing, report the same.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Add a line of JSON to this file for whatever is skipped.")
    ] = None,
    encryption_key: Annotated[
        str | None,
        typer.Option(
            "--encryption-key",
            metavar="HEX",
            help="Its AUTH_ENCRYPTION_KEY, which seals second factors since release 0.43.",
            show_default="AUTH_ENCRYPTION_KEY",
        ),
    ] = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Take over the users of an Nhost Auth server with all they sign in with. May be stopped, and run again."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415 - `--help` needs none of these
    from vestibule.importing import (  # noqa: PLC0415 - `--help` needs none of these
        ImportUsers,
        SourceInterrupted,
        SourceRefused,
        SourceUnavailable,
        Watch,
    )
    from vestibule.providers.issuers import issuers_of  # noqa: PLC0415 - as above

    flags = flags_of(config, dev=dev)
    old_key = _old_key(encryption_key, flags)
    old_server = _old_server(_read_url() if source == "-" else source)

    async def take_over(core: "Core", settings: "Settings") -> "Summary":
        found = await core.catalog.project(project)
        issuers = issuers_of(settings.providers)
        run = ImportUsers(
            old_server, core.db, core.settle_arrivals, core.audit, issuers, old_key=old_key, rehearsal=dry_run
        )
        with _writing(report) as (write, keep), _progress() as progress:
            return await run(found, Watch(write, keep, progress), actor=_ACTOR)

    try:
        summary = at_desk_with_settings(flags, take_over)
    except SourceRefused as error:
        raise Ending(ExitCode.FAILED, str(error)) from error
    except SourceUnavailable as error:
        raise Ending(
            ExitCode.DATABASE_UNAVAILABLE,
            f"the database to import from cannot be reached: {error}; see that its URL, user and password are right",
        ) from error
    except SourceInterrupted as error:
        raise Ending(
            ExitCode.DATABASE_UNAVAILABLE,
            f"the database to import from stopped in the middle: {error}."
            " What was imported stays: run the same command again to go on",
        ) from error
    if as_json:
        print_json({"dry_run": dry_run, **summary.as_dict()})
    else:
        _tell(summary, dry_run=dry_run)


def _read_url() -> str:
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415 - as above

    url = sys.stdin.readline().strip()
    if not url:
        raise Ending(ExitCode.USAGE, "nothing was read from standard input; --from - wants a line with the URL there")
    return url


def _old_server(url: str) -> "OldServer":
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415 - as above
    from vestibule.importing import OldServer, SourceRefused  # noqa: PLC0415

    try:
        return OldServer.at(url)
    except SourceRefused as error:
        raise Ending(ExitCode.USAGE, str(error)) from error


def _old_key(given: str | None, flags: Flags) -> "OldKey | None":
    from vestibule.asgi.endings import endings  # noqa: PLC0415 - as above
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415
    from vestibule.importing import InvalidKey, OldKey  # noqa: PLC0415
    from vestibule.kernel.secret import Secret  # noqa: PLC0415
    from vestibule.settings import nhost  # noqa: PLC0415 - as above

    with endings():
        text = given or reader_of(environment(), flags).get(nhost.tokens.ENCRYPTION_KEY)
    if not text:
        return None
    try:
        return OldKey(Secret(text))
    except InvalidKey as error:
        if given is None:  # as a root key of ours it may be any text
            return None
        raise Ending(ExitCode.USAGE, "an encryption key has 64 hexadecimal digits (or 48, or 32)") from error


@contextmanager
def _writing(path: Path | None) -> "Iterator[tuple[Callable[[Skipped], None], Callable[[], None]]]":
    """Give what writes a line, and what brings all lines to the disk: a power cut leaves no user without theirs."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415 - as above

    if path is None:
        yield lambda _: None, lambda: None
        return
    import msgspec  # noqa: PLC0415

    lines: list[bytes] = []

    def write(skipped: "Skipped") -> None:
        lines.append(msgspec.json.encode(skipped) + b"\n")

    def keep() -> None:
        left = memoryview(b"".join(lines))
        try:
            while left:
                left = left[file.write(left) :]
            if is_on_disk:  # a pipe or a terminal cannot be synchronised
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(error) from error
        lines.clear()

    def cannot_write(error: OSError) -> Ending:
        return Ending(ExitCode.FAILED, f"cannot write {path}: {error.strerror}")

    try:
        file = path.open("ab", buffering=0)
    except OSError as error:
        raise cannot_write(error) from error
    is_on_disk = path.is_file()
    with file:
        yield write, keep


@contextmanager
def _progress() -> "Iterator[Callable[[int, int], None]]":
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn  # noqa: PLC0415

    columns = (*Progress.get_default_columns()[:-1], MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Importing users", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _tell(summary: "Summary", *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    say(
        f"Of {summary.total} users {summary.imported} {would or 'were '}imported, {summary.known} were here already,"
        f" {summary.refused} {would or 'were '}refused."
    )
    brought = [(what, count) for what, count in sorted(summary.brought.items()) if count]
    print_table(("brought along", "count"), brought, empty="They brought nothing along.")
    skipped = [(what, why.replace("-", " "), count) for (what, why), count in sorted(summary.skipped.items())]
    print_table(("skipped", "why", "count"), skipped, empty="Nothing was skipped.")
