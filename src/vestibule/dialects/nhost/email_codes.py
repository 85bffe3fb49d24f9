"""Codes by mail: signing in, registering, and proving oneself again."""

from typing import Final

from vestibule.core.email_codes import EmailCodeAttempt, EmailCodeWish
from vestibule.core.facade import Core
from vestibule.core.letters import CodeForm
from vestibule.core.projects import Project
from vestibule.core.users import parse_email
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.captcha import CAPTCHA
from vestibule.dialects.nhost.dialect import bearer, door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, MAIL, SIGN_UPS
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import OPTIONS, STANDING
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailRefused,
    EndpointDisabled,
    InvalidEmail,
    InvalidEmailCode,
    RedirectNotAllowed,
    Refusal,
    SignUpDisabled,
    TooManyAttempts,
    TooManyGuesses,
    UserNotActive,
)
from vestibule.wire import Call

_ASKING: Final[tuple[type[Refusal], ...]] = (
    InvalidEmail,
    EndpointDisabled,
    SignUpDisabled,
    EmailRefused,
    RedirectNotAllowed,
    *OPTIONS,
    TooManyAttempts,
    UserNotActive,
    AnonymousNotAllowed,
)


@nhost.post(
    "/signin/otp/email",
    limit=(MAIL, BRUTE_FORCE),
    raises=_ASKING,
    tags=("authentication",),
    operation="signInOTPEmail",
)
async def sign_in_otp_email(
    body: shapes.EmailCodeRequest, call: Call, project: Project, core: Core, settings: NhostSettings
) -> str:
    """Mail a code to sign in with.

    Who is unknown is registered, unless signing up is a matter of its own here; then nothing is sent, and nobody told.
    """
    await core.request_email_code(visit_of(call, project), _wish(body, project, settings))
    return "OK"


@nhost.post(
    "/signup/otp/email",
    limit=(MAIL, SIGN_UPS),
    raises=_ASKING,
    marks=(CAPTCHA,),
    tags=("authentication",),
    operation="signUpOTPEmail",
)
async def sign_up_otp_email(
    body: shapes.EmailCodeRequest, call: Call, project: Project, core: Core, settings: NhostSettings
) -> str:
    """Register a user and mail a code to sign in with. Who has an account already is sent nothing, and not told."""
    await core.sign_up_with_email_code(visit_of(call, project), _wish(body, project, settings))
    return "OK"


@nhost.post(
    "/signin/otp/email/verify",
    limit=BRUTE_FORCE,
    raises=(
        InvalidEmail,
        TooManyAttempts,
        InvalidEmailCode,
        TooManyGuesses,
        EmailRefused,
        UserNotActive,
        AnonymousNotAllowed,
    ),
    tags=("authentication",),
    operation="verifySignInOTPEmail",
)
async def verify_sign_in_otp_email(
    body: shapes.VerifyEmailCodeRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Sign in with a code that came by mail; answers a session, or a challenge for the second factor."""
    attempt = EmailCodeAttempt(body.email, body.otp)
    outcome = await core.sign_in_with_email_code(visit_of(call, project), attempt, door_terms(project))
    return await session_payload(tokens, project, outcome)


@nhost.post(
    "/elevate/otp/email",
    auth=bearer,
    limit=(MAIL, BRUTE_FORCE),
    raises=(EndpointDisabled, *STANDING, TooManyAttempts),
    tags=("authentication",),
    operation="elevateOTPEmail",
)
async def elevate_otp_email(call: Call, caller: Caller, project: Project, core: Core, settings: NhostSettings) -> str:
    """Mail a code to the caller's own address, to prove themselves again with."""
    form = _form(project, settings, project.policy.client_url)
    await core.request_elevation_email(visit_of(call, project), caller.user_id, form)
    return "OK"


@nhost.post(
    "/elevate/otp/email/verify",
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=(EndpointDisabled, *STANDING, TooManyAttempts, InvalidEmailCode, TooManyGuesses),
    tags=("authentication",),
    operation="verifyElevateOTPEmail",
)
async def verify_elevate_otp_email(
    body: shapes.ElevationCodeRequest,
    call: Call,
    caller: Caller,
    project: Project,
    core: Core,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    """Answer an elevated session for the right code."""
    outcome = await core.elevate_with_email_code(visit_of(call, project), caller.user_id, body.otp, door_terms(project))
    return await session_payload(tokens, project, outcome, elevated=True)


def _wish(body: shapes.EmailCodeRequest, project: Project, settings: NhostSettings) -> EmailCodeWish:
    parse_email(body.email)
    return EmailCodeWish(
        email=body.email,
        form=_form(project, settings, ""),
        redirect_to=shapes.wanted_redirect(body.options),
        options=shapes.user_options(body.options),
    )


def _form(project: Project, settings: NhostSettings, redirect_to: str) -> CodeForm:
    return CodeForm(redirect_to=redirect_to, server_url=settings.server_url, client_url=project.policy.client_url)
