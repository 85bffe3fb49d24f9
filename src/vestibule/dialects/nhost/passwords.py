"""Changing and resetting passwords."""

from msgspec import UNSET

from vestibule.core.facade import Core
from vestibule.core.passwords import NewPassword, PasswordChange
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.captcha import CAPTCHA_IN_NEWEST
from vestibule.dialects.nhost.dialect import elevated, nhost, visit_of
from vestibule.dialects.nhost.limits import MAIL
from vestibule.dialects.nhost.links import ticket_secret, wanted_letter
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import NEW_PASSWORD
from vestibule.dialects.nhost.tokens import Caller
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    InvalidCredentials,
    InvalidEmail,
    InvalidTicket,
    NothingAsked,
    RedirectNotAllowed,
    UserNotActive,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Call


@nhost.post(
    "/user/password",
    auth=elevated.optional,
    raises=(
        NothingAsked,
        InvalidTicket,
        InvalidCredentials,
        UserNotActive,
        EmailNotVerified,
        AnonymousNotAllowed,
        *NEW_PASSWORD,
    ),
    tags=("user",),
    operation="changeUserPassword",
)
async def change_user_password(
    body: shapes.UserPasswordRequest, call: Call, caller: Caller | None, project: Project, core: Core
) -> str:
    """Set a new password, as the signed-in user or with the ticket of a reset mail.

    The user's other sessions end; a ticket is spent only once the password is set. Where sensitive changes need an
    elevated session, any other counts as none.
    """
    visit = visit_of(call, project)
    new = NewPassword(Secret(body.new_password))
    if caller is not None:
        change = PasswordChange(user_id=caller.user_id, new=new, kept_session=caller.session_id)
        await core.change_password(visit, change)
        return "OK"
    if body.ticket is UNSET:
        raise NothingAsked("there is neither an access token nor a ticket", path="ticket")
    _, secret = ticket_secret(body.ticket)
    await core.reset_password(visit, secret, new)
    return "OK"


@nhost.post(
    "/user/password/reset",
    limit=MAIL,
    raises=(InvalidEmail, RedirectNotAllowed, NothingAsked),
    marks=(CAPTCHA_IN_NEWEST,),
    tags=("user",),
    operation="sendPasswordResetEmail",
)
async def send_password_reset_email(
    body: shapes.MailLinkRequest, call: Call, project: Project, core: Core, settings: NhostSettings
) -> str:
    """Mail a link that lets its reader set a new password; the answer never tells whether there is such a user."""
    parse_email(body.email)
    form = wanted_letter(settings, project, "passwordReset", body.options, body.code_challenge)
    await core.request_password_reset(visit_of(call, project), body.email, form)
    return "OK"
