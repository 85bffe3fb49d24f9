"""Asking for another mail that proves an address."""

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import nhost, visit_of
from vestibule.dialects.nhost.limits import VERIFICATION_MAIL
from vestibule.dialects.nhost.links import wanted_letter
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
    form = wanted_letter(settings, project, "verifyEmail", body.options, body.code_challenge)
    await core.request_verification(visit_of(call, project), body.email, form)
    return "OK"
