"""Changing a password that is known."""

from uuid import UUID

from vestibule.core.facade import Core
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.projects import Project, ServiceKey
from vestibule.dialects.sublay.callers import Caller, visit_of
from vestibule.dialects.sublay.dialect import in_every_generation
from vestibule.dialects.sublay.generations import generation_of
from vestibule.dialects.sublay.shapes import ChangePasswordBody, PasswordAnswer
from vestibule.kernel.errors import (
    EmailNotVerified,
    NoPassword,
    PasswordLeaked,
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnchanged,
    TooManyAttempts,
    UserNotActive,
    UserNotFound,
    WrongPassword,
)
from vestibule.kernel.ids import parse_uuid
from vestibule.kernel.secret import Secret
from vestibule.wire import Call


@in_every_generation(
    "/auth/change-password",
    group="change-password",
    guarded=True,
    raises=(
        UserNotFound,
        UserNotActive,
        EmailNotVerified,
        NoPassword,
        WrongPassword,
        TooManyAttempts,
        PasswordTooShort,
        PasswordLeaked,
        PasswordTooLong,
        PasswordUnchanged,
    ),
)
async def change_password(
    body: ChangePasswordBody, caller: Caller, call: Call, project: Project, core: Core
) -> PasswordAnswer:
    """Change a password, the current one being proven first, by end users and by backends alike.

    Other sessions of the user end; the one that the caller's access token came from is spared.
    """
    user_id, session_id = _whose(caller, body)
    change = PasswordChange(
        user_id=user_id,
        current=Secret(body.password),
        new=NewPassword(Secret(body.new_password)),
        kept_session=session_id,
        must_differ=not generation_of(call).is_legacy,
    )
    await core.change_password(visit_of(call, project), change)
    return PasswordAnswer(message="Password updated successfully.")


def _whose(caller: Caller, body: ChangePasswordBody) -> tuple[UUID, UUID | None]:
    if not isinstance(caller, ServiceKey):
        return caller.user_id, caller.session_id
    user_id = parse_uuid((body.user_id or "").lower())
    if user_id is None:
        raise UserNotFound
    return user_id, None
