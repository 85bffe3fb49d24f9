"""What `vestibule user set` is told: the options as the core takes them, and its refusals in words that mend."""

import os
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

import typer

if TYPE_CHECKING:
    from vestibule.asgi.exits import Ending
    from vestibule.core.facade import Core
    from vestibule.core.projects import Project
    from vestibule.core.users import Subject, UserChange
    from vestibule.kernel.errors import Refusal

_LONGEST_NAME: Final = 256
_LONGEST_URL: Final = 2_048
_NOT_JSON: Final = "The body is not valid JSON: "  # how the decoder of requests begins


def metadata_of(text: str) -> dict[str, Any] | None:
    """Return the metadata that stand in an argument. Raises: BadParameter for what is no JSON object."""
    from vestibule.kernel.errors import MalformedRequest  # noqa: PLC0415 - `--help` needs none of these
    from vestibule.wire.decode import json_decoder  # noqa: PLC0415 - `--help` needs none of these

    try:
        decoded = json_decoder(dict[str, Any] | None)(os.fsencode(text))
    except MalformedRequest as error:
        problem = error.message.removeprefix(_NOT_JSON) if text else "this is nothing"
        raise typer.BadParameter(f"a JSON object is needed, or null: {problem}", param_hint="--metadata") from error
    return cast("dict[str, Any] | None", decoded)  # it is what the decoder was made for


def display_name_of(text: str) -> str:
    """Return a name that can be shown in one line. Raises: BadParameter."""
    if len(text) > _LONGEST_NAME or not text.isprintable():
        message = f"at most {_LONGEST_NAME} characters, and none that cannot be seen"
        raise typer.BadParameter(message, param_hint="--display-name")
    return text


def avatar_url_of(text: str) -> str:
    """Return a URL that a page can show, or nothing for no picture. Raises: BadParameter."""
    if text and not _is_picture(text):
        message = f"an http or https URL of at most {_LONGEST_URL} characters is needed, or nothing"
        raise typer.BadParameter(message, param_hint="--avatar-url")
    return text


def _is_picture(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    is_in_one_piece = text.isprintable() and " " not in text and len(text) <= _LONGEST_URL
    return is_in_one_piece and parts.scheme in {"http", "https"} and bool(parts.hostname)


def refuse_contradictions(change: "UserChange") -> None:
    """Refuse what asks for nothing, or for a thing and its opposite. Raises: Ending, BadParameter."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415 - as above
    from vestibule.core.users import UserChange  # noqa: PLC0415 - `--help` needs none of these

    if change == UserChange(may_name_new_roles=change.may_name_new_roles):
        line = "nothing to change: say what is to be different; see: vestibule user set --help"
        raise Ending(ExitCode.USAGE, line)
    if both := sorted({*change.added_roles} & {*change.removed_roles}):
        raise typer.BadParameter(f"{both[0]} is to be added and removed", param_hint="--remove-role")


async def in_words(
    core: "Core", project: "Project", user: "Subject", change: "UserChange", refusal: "Refusal"
) -> "Ending":
    """Return what an operator can do about a refusal of `change_user`."""
    from vestibule.asgi.exits import Ending, ExitCode  # noqa: PLC0415 - as above
    from vestibule.kernel import errors  # noqa: PLC0415 - `--help` needs none of these

    match refusal:
        case errors.UnknownRole():
            known = ", ".join(sorted(await core.change_user.known_roles(project)))
            mend = "; to begin a role: --new-role" if refusal.role in change.added_roles else ""
            line = f"nobody here has the role {refusal.role!r}; known: {known}{mend}"
        case errors.DefaultRoleNotAllowed():
            wanted = user.default_role if change.default_role is None else change.default_role
            line = f"the default role must be one of the user's roles, and {wanted!r} would be none; "
            line += "add it with --add-role, or choose another with --default-role"
        case errors.RoleNotAllowed():
            line = (
                "a new role has 1 to 64 letters, digits, `_`, `-`, `.` or `:`, and begins with none of the last three"
            )
        case errors.LocaleNotAllowed():
            allowed = ", ".join(project.policy.allowed_locales)
            line = f"the locale {change.locale!r} is none of the project's ({allowed}); see AUTH_LOCALE_ALLOWED_LOCALES"
        case errors.MetadataTooLarge():
            line = f"the metadata are over {refusal.limit_bytes} bytes; see VESTIBULE_METADATA_LIMIT_BYTES"
        case errors.AnonymousNotAllowed():
            line = "an anonymous user has the role `anonymous` and no other until they have a name"
        case _:
            raise refusal
    return Ending(ExitCode.FAILED, line)
