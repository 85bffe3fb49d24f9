"""`vestibule hasura`: our users where Hasura, and foreign keys of applications, expect Nhost's."""

from typing import Annotated

import typer

from vestibule.cli.options import ConfigFile, Json, flags_of
from vestibule.cli.output import print_json, say
from vestibule.settings.process import environment

_hasura = typer.Typer(help="Hasura and the schema auth of Nhost.", no_args_is_help=True)

_Remove = Annotated[bool, typer.Option("--remove", help="Take it away again.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_hasura, name="hasura")


@_hasura.command()
def mirror(*, remove: _Remove = False, as_json: Json = False, config: ConfigFile = None) -> None:
    """Copy users into Nhost's own table auth.users, from now on, and take what Hasura changes there."""
    import asyncio  # noqa: PLC0415 - `--help` needs none of these

    from vestibule.asgi.endings import endings  # noqa: PLC0415
    from vestibule.migrations.hasura import create_mirror, remove_mirror  # noqa: PLC0415

    with endings():
        url = _database(config)
        if remove:
            asyncio.run(remove_mirror(url))
            done = None
        else:
            done = asyncio.run(create_mirror(url))
    if done is None:
        if as_json:
            print_json({"mirrored": False})
        else:
            say("Users are copied no longer, and nothing that is changed there counts; what was copied stays.")
        return
    if as_json:
        print_json({"mirrored": True, "users": done.users, "strangers": done.strangers})
        return
    say(f"Copied {done.users} users into auth.users, and every change from now on; what is changed there counts here.")
    if done.strangers:
        say(f"{done.strangers} rows of auth.users are nobody's here; import them first: vestibule import nhost.")


@_hasura.command()
def views(
    *,
    remove: _Remove = False,
    reader: Annotated[list[str] | None, typer.Option("--grant-to", help="A database role that may read them.")] = None,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Make read-only views in the schema auth, in the shape of Nhost's tables."""
    import asyncio  # noqa: PLC0415 - `--help` needs none of these

    from vestibule.asgi.endings import endings  # noqa: PLC0415
    from vestibule.migrations.hasura import create_views, remove_views  # noqa: PLC0415

    with endings():
        url = _database(config)
        if remove:
            asyncio.run(remove_views(url))
            made: list[str] = []
        else:
            made = asyncio.run(create_views(url, readers=reader or ()))
    if as_json:
        print_json({"views": [f"auth.{name}" for name in made]})
    elif remove:
        say("The views are gone.")
    else:
        say(f"Made {', '.join(f'auth.{name}' for name in made)}.")


@_hasura.command()
def metadata(
    *, source: Annotated[str, typer.Option("--source", help="The database as Hasura calls it.")] = "default"
) -> None:
    """Print, as JSON, the request to Hasura's /v1/metadata that serves the schema auth under Nhost's names."""
    from vestibule.migrations.hasura.metadata import metadata as of_source  # noqa: PLC0415 - as above

    print_json(of_source(source))


def _database(config: ConfigFile) -> str:
    from vestibule.settings import read  # noqa: PLC0415 - as above

    return read(environment(), flags_of(config, dev=False)).settings.migrations_url
