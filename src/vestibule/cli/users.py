"""`vestibule user`: the users of a project."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from vestibule.cli.desk import at_desk
from vestibule.cli.options import ConfigFile, Dev, Json, ProjectName, flags_of
from vestibule.cli.output import print_json, print_table, say
from vestibule.cli.questions import agree, typed_password

if TYPE_CHECKING:
    from vestibule.core.facade import Core
    from vestibule.core.projects import Project
    from vestibule.core.sessions.standing import Standing
    from vestibule.core.users import Subject, UserChanged, UserRow

_user = typer.Typer(help="The users of a project.", no_args_is_help=True)
_ACTOR = "operator"

Who = Annotated[str, typer.Argument(metavar="USER", help="Email address or id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_user, name="user")


@_user.command("create")
def create(
    email: Annotated[str, typer.Argument(help="Their email address.")],
    *,
    project: ProjectName = "default",
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password, or read it from standard input.")
    ] = False,
    verified: Annotated[bool, typer.Option("--verified", help="Take the address as proven.")] = False,
    name: Annotated[str | None, typer.Option(help="Display name.", show_default="the address")] = None,
    locale: Annotated[str | None, typer.Option(help="Locale.", show_default="the project's")] = None,
    role: Annotated[list[str] | None, typer.Option(help="An allowed role; may be repeated.")] = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Create a user. Without a password they come in by resetting it."""
    typed = typed_password() if password else None

    async def provision(core: "Core") -> "Subject":
        from vestibule.core.passwords import NewPassword, ProvisionedUser  # noqa: PLC0415
        from vestibule.core.users import UserOptions  # noqa: PLC0415
        from vestibule.kernel.secret import Secret  # noqa: PLC0415

        new = ProvisionedUser(
            email=email,
            password=NewPassword(Secret(typed)) if typed is not None else None,
            options=UserOptions(display_name=name, locale=locale, roles=tuple(role) if role else None),
            verified_at=core.clock.now() if verified else None,
        )
        return await core.provision_user(await core.catalog.project(project), new, actor=_ACTOR)

    user = at_desk(flags_of(config, dev=dev), provision)
    if as_json:
        print_json(_described(user))
    else:
        say(f"Created user {user.id}.")


@_user.command("list")
def list_users(
    *,
    project: ProjectName = "default",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many users.")] = 50,
    after: Annotated[UUID | None, typer.Option(help="Go on after the user with this id.")] = None,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Show users, the oldest first."""

    async def page(core: "Core") -> "list[UserRow]":
        return await core.users.page((await core.catalog.project(project)).id, after=after, limit=limit)

    rows = at_desk(flags_of(config, dev=dev), page)
    if as_json:
        print_json(rows)
        return
    print_table(
        ("id", "email", "verified", "name", "status", "created", "last seen"),
        (
            (
                row.id,
                row.email,
                row.email_verified_at is not None,
                row.display_name,
                row.status,
                row.created_at,
                row.last_seen_at,
            )
            for row in rows
        ),
        empty="No users.",
    )


@_user.command("show")
def show(
    who: Who, *, project: ProjectName = "default", as_json: Json = False, dev: Dev = False, config: ConfigFile = None
) -> None:
    """Show one user."""

    async def find(core: "Core") -> "dict[str, object]":
        found = await core.catalog.project(project)
        user = await _find(core, found, who)
        sessions = await core.live_sessions.of_user(found.id, user.id)
        return {**_described(user), "sessions": len(sessions)}

    described = at_desk(flags_of(config, dev=dev), find)
    if as_json:
        print_json(described)
    else:
        print_table(("field", "value"), described.items(), empty="Nothing is known.")


@_user.command("set")
def change_user(
    who: Who,
    *,
    project: ProjectName = "default",
    display_name: Annotated[str | None, typer.Option(help="What they are called.")] = None,
    avatar_url: Annotated[str | None, typer.Option(help="Their picture; empty for none.")] = None,
    locale: Annotated[str | None, typer.Option(help="One of the project's locales.")] = None,
    metadata: Annotated[str | None, typer.Option(metavar="JSON", help="All metadata, as a JSON object.")] = None,
    default_role: Annotated[str | None, typer.Option(help="The default role, one of their roles.")] = None,
    add_role: Annotated[list[str] | None, typer.Option(help="A role to give; may be repeated.")] = None,
    remove_role: Annotated[list[str] | None, typer.Option(help="A role to take away; may be repeated.")] = None,
    new_role: Annotated[
        bool, typer.Option("--new-role", help="Let --add-role name roles that nobody has yet.")
    ] = False,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Change a user. The next access token tells it."""
    from msgspec import UNSET  # noqa: PLC0415 - `--help` needs none of these

    from vestibule.cli import user_changes  # noqa: PLC0415 - `--help` needs none of these
    from vestibule.core.users import UserChange  # noqa: PLC0415 - `--help` needs none of these

    change = UserChange(
        display_name=None if display_name is None else user_changes.display_name_of(display_name),
        avatar_url=None if avatar_url is None else user_changes.avatar_url_of(avatar_url),
        locale=locale,
        metadata=UNSET if metadata is None else user_changes.metadata_of(metadata),
        default_role=default_role,
        added_roles=tuple(add_role or ()),
        removed_roles=tuple(remove_role or ()),
        may_name_new_roles=new_role,
    )
    user_changes.refuse_contradictions(change)

    async def write(core: "Core") -> "UserChanged":
        from vestibule.kernel.errors import Refusal  # noqa: PLC0415 - `--help` needs none of these

        found = await core.catalog.project(project)
        user = await _find(core, found, who)
        try:
            return await core.change_user(found, user.id, change, actor=_ACTOR)
        except Refusal as refusal:
            raise await user_changes.in_words(core, found, user, change, refusal) from refusal

    outcome = at_desk(flags_of(config, dev=dev), write)
    if as_json:
        print_json({**_described(outcome.subject), "changed": outcome.fields})
    elif outcome.fields:
        say(f"Changed {', '.join(outcome.fields)} of {outcome.subject.id}.")
    else:
        say(f"Nothing is different: {outcome.subject.id} was like that already.")


@_user.command("disable")
def disable(
    who: Who, *, project: ProjectName = "default", as_json: Json = False, dev: Dev = False, config: ConfigFile = None
) -> None:
    """Shut a user out and end their sessions."""
    _change(who, "disabled", project, flags=(config, dev), as_json=as_json)


@_user.command("enable")
def enable(
    who: Who, *, project: ProjectName = "default", as_json: Json = False, dev: Dev = False, config: ConfigFile = None
) -> None:
    """Let a user in again."""
    _change(who, "active", project, flags=(config, dev), as_json=as_json)


@_user.command("reset-mfa")
def reset_mfa(
    who: Who, *, project: ProjectName = "default", as_json: Json = False, dev: Dev = False, config: ConfigFile = None
) -> None:
    """Take the second factor from a user who lost it, and end their sessions."""

    async def reset(core: "Core") -> UUID:
        found = await core.catalog.project(project)
        user = await _find(core, found, who)
        await core.second_factor.remove(found, user.id, actor=_ACTOR)
        return user.id

    user_id = at_desk(flags_of(config, dev=dev), reset)
    if as_json:
        print_json({"id": user_id, "mfa": None})
    else:
        say(f"{user_id} has no second factor now.")


@_user.command("delete")
def delete(
    who: Who,
    *,
    project: ProjectName = "default",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
    dev: Dev = False,
    config: ConfigFile = None,
) -> None:
    """Remove a user and everything that could sign in as them."""
    if not yes:
        agree(f"Delete {who} for good?")

    async def remove(core: "Core") -> UUID:
        found = await core.catalog.project(project)
        user = await _find(core, found, who)
        await core.users.delete(found.id, user.id, actor=_ACTOR)
        return user.id

    user_id = at_desk(flags_of(config, dev=dev), remove)
    if as_json:
        print_json({"id": user_id, "deleted": True})
    else:
        say(f"Deleted {user_id}.")


def _change(who: str, standing: "Standing", project: str, *, flags: "tuple[ConfigFile, bool]", as_json: bool) -> None:
    async def change(core: "Core") -> UUID:
        found = await core.catalog.project(project)
        user = await _find(core, found, who)
        await core.change_standing(found.id, user.id, standing, actor=_ACTOR)
        return user.id

    config, dev = flags
    user_id = at_desk(flags_of(config, dev=dev), change)
    if as_json:
        print_json({"id": user_id, "status": standing})
    else:
        say(f"{user_id} is {standing}.")


async def _find(core: "Core", project: "Project", who: str) -> "Subject":
    from vestibule.core.users import parse_email  # noqa: PLC0415
    from vestibule.kernel.errors import InvalidEmail, UserNotFound  # noqa: PLC0415
    from vestibule.kernel.ids import parse_uuid  # noqa: PLC0415

    user_id = parse_uuid(who.lower())
    if user_id is not None:
        return await core.users.subject(core.db, project.id, user_id)
    try:
        key = parse_email(who).key
    except InvalidEmail:
        raise UserNotFound from None
    found = await core.users.subject_by_email(core.db, project.id, key)
    if found is None:
        raise UserNotFound
    return found


def _described(user: "Subject") -> "dict[str, object]":
    return {
        "id": user.id,
        "email": user.email,
        "email_verified": user.email_is_verified,
        "display_name": user.display_name,
        "avatar_url": user.avatar_url,
        "status": user.status,
        "locale": user.locale,
        "default_role": user.default_role,
        "roles": user.roles,
        "metadata": user.metadata,
        "has_password": user.has_password,
        "mfa": user.mfa_type,
        "created_at": user.created_at,
        "last_seen_at": user.last_seen_at,
    }
