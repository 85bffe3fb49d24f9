"""Asking for another mail that proves an address."""

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import nhost, visit_of
from vestibule.dialects.nhost.limits import VERIFICATION_MAIL
from vestibule.dialects.nhost.links import letter_form
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailAlreadyVerified,
    EmailRefused,
    InvalidCredentials,
    InvalidEmail,
    NothingAsked,
    RedirectNotAllowed,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.wire import Call


@nhost.post(
    "/user/email/send-verification-email",
    limit=VERIFICATION_MAIL,
    raises=(
        InvalidEmail,
        RedirectNotAllowed,
        NothingAsked,
        InvalidCredentials,
        EmailRefused,
        UserNotActive,
        AnonymousNotAllowed,
        EmailAlreadyVerified,
        TooManyAttempts,
    ),
    tags=("user",),
    operation="sendVerificationEmail",
)
async def send_verification_email(
    body: shapes.MailLinkRequest, call: Call, project: Project, core: Core, settings: NhostSettings
) -> str:
    """Mail another link that proves the address."""
    parse_email(body.email)
    redirect_to = allowed_target(project.policy, shapes.wanted_redirect(body.options))
    form = letter_form(settings, project, "verifyEmail", redirect_to, body.code_challenge)
    await core.request_verification(visit_of(call, project), body.email, form)
    return "OK"
