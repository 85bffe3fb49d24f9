"""Changing the email address."""

from vestibule.core.emails import EmailChange
from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import elevated, nhost, visit_of
from vestibule.dialects.nhost.limits import MAIL
from vestibule.dialects.nhost.links import wanted_letter
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import Caller
from vestibule.kernel.errors import EmailTaken, InvalidEmail, NothingAsked, RedirectNotAllowed, TooManyAttempts
from vestibule.wire import Call


@nhost.post(
    "/user/email/change",
    auth=elevated,
    limit=MAIL,
    raises=(InvalidEmail, RedirectNotAllowed, NothingAsked, *STANDING, EmailTaken, TooManyAttempts),
    tags=("user",),
    operation="changeUserEmail",
)
async def change_user_email(
    body: shapes.UserEmailChangeRequest,
    call: Call,
    caller: Caller,
    project: Project,
    core: Core,
    settings: NhostSettings,
) -> str:
    """Mail a link to the new address; once it is followed, that address is the user's."""
    parse_email(body.new_email)
    change = EmailChange(
        user_id=caller.user_id,
        new_email=body.new_email,
        letter=wanted_letter(settings, project, "emailConfirmChange", body.options, body.code_challenge),
        session_id=caller.session_id,
    )
    await core.request_email_change(visit_of(call, project), change)
    return "OK"
