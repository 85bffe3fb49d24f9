"""`vestibule keys`: the keys that sign access tokens."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from vestibule.cli.desk import at_desk
from vestibule.cli.options import ConfigFile, Dev, Json, ProjectName, flags_of
from vestibule.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from vestibule.core.facade import Core
    from vestibule.core.signing import KeyOwner

_keys = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)

ClientName = Annotated[str | None, typer.Option("--client", help="Those of this client, by its client_id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_keys, name="keys")


@_keys.command("list")
def list_keys(
    *,
    project: ProjectName = "default",
    client: ClientName = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Show the keys that verify now: pending ones, the one that signs, retired ones whose tokens may live."""

    async def live(core: "Core") -> "list[dict[str, object]]":
        owner = await _owner(core, project, client)
        configured = (await core.key_sets.of(owner)).signer if owner in core.key_sets.configured else None
        if configured is not None:
            return [{"kid": configured.kid, "algorithm": configured.algorithm, "state": "configured"}]
        return [
            {
                "kid": row.kid,
                "algorithm": row.algorithm,
                "state": row.state,
                "created_at": row.created_at,
                "activated_at": row.activated_at,
                "expires_at": row.expires_at,
            }
            for row in await core.key_sets.live(owner)
        ]

    rows = at_desk(flags_of(config, dev=dev), live)
    if as_json:
        print_json(rows)
        return
    columns = ("kid", "algorithm", "state", "created_at", "activated_at", "expires_at")
    print_table(columns, ([row.get(column) for column in columns] for row in rows), empty="No keys yet.")


@_keys.command("rotate")
def rotate(
    *,
    project: ProjectName = "default",
    client: ClientName = None,
    now: Annotated[bool, typer.Option("--now", help="Sign with it at once, as after a leak.")] = False,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Publish a new key. It signs an hour later, when every verifier knows it; the old one stays until then."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415

    async def start(core: "Core") -> UUID:
        owner = await _owner(core, project, client)
        if owner in core.key_sets.configured:
            raise Ending(
                ExitCode.CONFIGURATION,
                "this project signs with HASURA_GRAPHQL_JWT_SECRET: change that variable instead",
            )
        return await core.key_rotation.start(owner, at_once=now)

    key_id = at_desk(flags_of(config, dev=dev), start)
    if as_json:
        print_json({"id": key_id, "state": "active" if now else "pending"})
    else:
        say("The new key signs from now on." if now else "The new key is published, and signs in an hour.")


@_keys.command("revoke")
def revoke(
    kid: Annotated[str, typer.Argument(help="Its kid, as `keys list` shows it.")],
    *,
    project: ProjectName = "default",
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Withdraw a key at once: every token it signed dies with it."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415

    async def withdraw(core: "Core") -> bool:
        found = await core.catalog.project(project)
        return await core.key_rotation.revoke(found.id, kid)

    if not at_desk(flags_of(config, dev=dev), withdraw):
        raise Ending(ExitCode.NOT_FOUND, f"no live key {kid} in project {project}; see: vestibule keys list")
    if as_json:
        print_json({"kid": kid, "revoked": True})
    else:
        say(f"Revoked {kid}.")


async def _owner(core: "Core", project: str, client: str | None) -> "KeyOwner":
    from vestibule.core.signing import KeyOwner  # noqa: PLC0415
    from vestibule.kernel.errors import ClientNotFound  # noqa: PLC0415

    found = await core.catalog.project(project)
    if client is None:
        return KeyOwner(found.id)
    known = await core.catalog.client(client)
    if known.project_id != found.id:
        raise ClientNotFound
    return KeyOwner(found.id, known.id)
