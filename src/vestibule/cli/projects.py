"""`vestibule project`, `service-key` and `client`: who may call."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from vestibule.cli.desk import at_desk
from vestibule.cli.options import ConfigFile, Dev, Json, ProjectName, flags_of
from vestibule.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from vestibule.core.facade import Core
    from vestibule.core.projects import Client, IssuedServiceKey, Project

_project = typer.Typer(help="User namespaces, each with its own users, keys and rules.", no_args_is_help=True)
_service_key = typer.Typer(help="Keys with which your own servers speak for a project.", no_args_is_help=True)
_client = typer.Typer(help="Applications that call on behalf of users.", no_args_is_help=True)
_DIALECTS = ("nhost", "sublay", "accountmaker")

Setting: TypeAlias = Annotated[
    list[str] | None, typer.Option("--set", help="A rule, as name=value with value in JSON; may be repeated.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_project, name="project")
    app.add_typer(_service_key, name="service-key")
    app.add_typer(_client, name="client")


@_project.command("create")
def create_project(
    name: Annotated[str, typer.Argument(help="A name for people.")],
    *,
    public_id: Annotated[str | None, typer.Option("--id", help="Its id in URLs.", show_default="a UUID")] = None,
    dialect: Annotated[list[str], typer.Option(help="What it speaks; may be repeated.")] = list(_DIALECTS),  # noqa: B006 - typer copies it
    host: Annotated[
        list[str] | None, typer.Option(help="A host name that means this project; may be repeated.")
    ] = None,
    setting: Setting = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Create a project with a signing key of its own."""
    unknown = sorted(set(dialect) - set(_DIALECTS))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is not one of {', '.join(_DIALECTS)}", param_hint="--dialect")
    settings = _settings(setting)

    async def create(core: "Core") -> "Project":
        from vestibule.core.projects import NewProject  # noqa: PLC0415

        new = NewProject(name, frozenset(dialect), public_id=public_id, settings=settings, hosts=tuple(host or ()))
        return await core.registry.create_project(new)

    project = at_desk(flags_of(config, dev=dev), create)
    if as_json:
        print_json({"id": project.public_id, "name": project.name, "dialects": sorted(project.dialects)})
    else:
        say(f"Created project {project.public_id}.")


def _settings(written: list[str] | None) -> dict[str, Any]:  # Any: JSON
    return dict(_setting(text) for text in written or [])


def _setting(text: str) -> tuple[str, Any]:  # Any: JSON
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not name=value", param_hint="--set")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@_project.command("list")
def list_projects(*, as_json: Json = False, dev: Dev = False, config: ConfigFile = None) -> None:
    """Show all projects."""

    async def every(core: "Core") -> list[dict[str, object]]:
        from vestibule.kernel.ids import ProjectId  # noqa: PLC0415

        found: list[dict[str, object]] = []
        after: ProjectId | None = None
        while page := await core.registry.projects(after=after):
            after = ProjectId(page[-1].id)
            found += [
                {"id": row.public_id, "name": row.name, "dialects": row.dialects, "created_at": row.created_at}
                for row in page
            ]
        return found

    projects = at_desk(flags_of(config, dev=dev), every)
    if as_json:
        print_json(projects)
    else:
        print_table(("id", "name", "dialects", "created_at"), (row.values() for row in projects), empty="No projects.")


@_service_key.command("create")
def create_service_key(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    *,
    project: ProjectName = "default",
    days: Annotated[int | None, typer.Option(min=1, help="How long it lives.", show_default="until revoked")] = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Create a key and show it, this once."""

    async def issue(core: "Core") -> "IssuedServiceKey":
        found = await core.catalog.project(project)
        expires_at = core.clock.now() + timedelta(days=days) if days else None
        return await core.service_keys.issue(found, name, expires_at=expires_at)

    key = at_desk(flags_of(config, dev=dev), issue)
    if as_json:
        print_json({"id": key.public_id, "name": name, "secret": key.secret.reveal()})
    else:
        say(f"Created {key.public_id}. Its secret is shown only now:\n{key.secret.reveal()}")


@_service_key.command("list")
def list_service_keys(
    *, project: ProjectName = "default", as_json: Json = False, dev: Dev = False, config: ConfigFile = None
) -> None:
    """Show the keys of a project, without their secrets."""

    async def keys(core: "Core") -> list[dict[str, object]]:
        return [
            {
                "id": row.public_id,
                "name": row.name,
                "scopes": row.scopes,
                "created_at": row.created_at,
                "expires_at": row.expires_at,
                "revoked_at": row.revoked_at,
                "last_used_at": row.last_used_at,
            }
            for row in await core.service_keys.list(await core.catalog.project(project))
        ]

    rows = at_desk(flags_of(config, dev=dev), keys)
    if as_json:
        print_json(rows)
    else:
        columns = ("id", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
        print_table(columns, (row.values() for row in rows), empty="No service keys.")


@_service_key.command("revoke")
def revoke_service_key(
    key: Annotated[str, typer.Argument(help="Its id, as `service-key list` shows it.")],
    *,
    project: ProjectName = "default",
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """End a key at once."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415

    async def revoke(core: "Core") -> bool:
        return await core.service_keys.revoke(await core.catalog.project(project), key)

    if not at_desk(flags_of(config, dev=dev), revoke):
        raise Ending(ExitCode.NOT_FOUND, f"no live key {key} in project {project}; see: vestibule service-key list")
    if as_json:
        print_json({"id": key, "revoked": True})
    else:
        say(f"Revoked {key}.")


@_client.command("create")
def create_client(
    name: Annotated[str, typer.Argument(help="A name for people.")],
    *,
    public_id: Annotated[
        str | None, typer.Option("--id", help="Its client_id.", show_default="cid_ and 22 symbols")
    ] = None,
    project: ProjectName = "default",
    origin: Annotated[list[str] | None, typer.Option(help="A browser origin it calls from; may be repeated.")] = None,
    redirect_uri: Annotated[list[str] | None, typer.Option(help="Where it may be sent back to.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Issuer of its tokens.", show_default="the public URL")] = None,
    audience: Annotated[str | None, typer.Option(help="Audience of its tokens.")] = None,
    host: Annotated[list[str] | None, typer.Option(help="A host name that means this client; may be repeated.")] = None,
    setting: Setting = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Create a client with a signing key of its own."""
    settings = _client_settings(setting)

    async def create(core: "Core") -> "Client":
        from vestibule.core.projects import NewClient  # noqa: PLC0415

        new = NewClient(
            name,
            public_id=public_id,
            issuer=issuer,
            audience=audience,
            allowed_origins=tuple(origin or ()),
            redirect_uris=tuple(redirect_uri or ()),
            settings=settings,
            hosts=tuple(host or ()),
        )
        return await core.registry.create_client(await core.catalog.project(project), new)

    client = at_desk(flags_of(config, dev=dev), create)
    if as_json:
        print_json({"id": client.public_id, "name": client.name, "project": project})
    else:
        say(f"Created client {client.public_id}.")


def _client_settings(written: list[str] | None) -> dict[str, Any]:  # Any: JSON
    settings = _settings(written)
    if settings:
        from vestibule.dialects.accountmaker import check_client_settings  # noqa: PLC0415 - `--help` needs none of it

        try:
            check_client_settings(settings)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--set") from error
    return settings
