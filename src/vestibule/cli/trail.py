"""`vestibule audit`: who did what."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from vestibule.cli.desk import at_desk
from vestibule.cli.options import ConfigFile, Dev, Json, ProjectName, flags_of
from vestibule.cli.output import print_json, print_table

if TYPE_CHECKING:
    from vestibule.core.audit import AuditRow
    from vestibule.core.facade import Core

_audit = typer.Typer(help="The audit trail.", no_args_is_help=True)


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        problem = f"{written!r} is no moment; write it like 2026-01-31 or 2026-01-31T12:30:00"
        raise typer.BadParameter(problem) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_audit, name="audit")


@_audit.command("list")
def list_entries(
    *,
    project: ProjectName = "default",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many entries.")] = 50,
    before: Annotated[
        datetime | None,
        typer.Option(
            help="Only entries from before this moment, UTC: 2026-01-31 or 2026-01-31T12:30:00.",
            metavar="MOMENT",
            parser=_moment,
        ),
    ] = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Show the newest entries first."""

    async def entries(core: "Core") -> "list[AuditRow]":
        found = await core.catalog.project(project)
        return await core.audit.latest(core.db, found.id, limit=limit, before=before)

    rows = at_desk(flags_of(config, dev=dev), entries)
    if as_json:
        print_json(rows)
        return
    print_table(
        ("at", "event", "user", "dialect", "actor", "detail"),
        (
            (
                row.at,
                row.event,
                row.user_id,
                row.dialect,
                row.actor,
                ", ".join(f"{k}={v}" for k, v in row.detail.items()),
            )
            for row in rows
        ),
        empty="No entries.",
    )
