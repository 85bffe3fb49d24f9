"""Signing up."""

from vestibule.core.facade import Core
from vestibule.core.passwords import NewPassword, PasswordSignUp
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.captcha import CAPTCHA
from vestibule.dialects.nhost.dialect import door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import SIGN_UPS, VERIFICATION_MAIL
from vestibule.dialects.nhost.links import wanted_letter
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import NEW_PASSWORD, OPTIONS
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.kernel.errors import (
    EmailRefused,
    EmailTaken,
    InvalidEmail,
    NothingAsked,
    RedirectNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Call


@nhost.post(
    "/signup/email-password",
    limit=(VERIFICATION_MAIL, SIGN_UPS),
    raises=(
        InvalidEmail,
        NothingAsked,
        SignUpDisabled,
        EmailRefused,
        *NEW_PASSWORD,
        RedirectNotAllowed,
        *OPTIONS,
        EmailTaken,
        UserNotActive,
        TooManyAttempts,
    ),
    marks=(CAPTCHA,),
    tags=("authentication",),
    operation="signUpEmailPassword",
)
async def sign_up_email_password(
    body: shapes.SignUpEmailPasswordRequest,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    """Sign up with email and password.

    Answers a session, or nothing but a mail where the project wants verified addresses.
    """
    parse_email(body.email)
    sign_up = PasswordSignUp(
        email=body.email,
        password=NewPassword(Secret(body.password)),
        options=shapes.user_options(body.options),
        letter=wanted_letter(
            settings,
            project,
            "verifyEmail",
            body.options,
            body.code_challenge,
            is_sent=project.policy.verified_email_required,
        ),
    )
    outcome = await core.sign_up_with_password(visit_of(call, project), sign_up, door_terms(project))
    started = outcome.signed_in
    if started is None:
        return shapes.SessionPayload()
    return await session_payload(tokens, project, started)
