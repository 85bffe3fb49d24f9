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


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_audit, name="audit")


@_audit.command("list")
def list_entries(
    *,
    project: ProjectName = "default",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many entries.")] = 50,
    before: Annotated[
        datetime | None, typer.Option(help="Only entries from before this moment, UTC.", formats=["%Y-%m-%dT%H:%M:%S"])
    ] = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Show the newest entries first."""
    moment = before.replace(tzinfo=UTC) if before else None

    async def entries(core: "Core") -> "list[AuditRow]":
        found = await core.catalog.project(project)
        return await core.audit.latest(core.db, found.id, limit=limit, before=moment)

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
