"""Codes by text message: signing in, registering, and proving oneself again."""

from typing import Final

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.text_codes import TextCodeAttempt, TextCodeWish
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.captcha import CAPTCHA, CAPTCHA_IN_NEWEST
from vestibule.dialects.nhost.dialect import bearer, door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, SIGN_UPS, TEXTS
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.shared_refusals import OPTIONS, STANDING, UNWELCOME
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import (
    CannotSendText,
    EndpointDisabled,
    InvalidCredentials,
    InvalidTextCode,
    PhoneTaken,
    RedirectNotAllowed,
    Refusal,
    SignUpDisabled,
    TooManyAttempts,
    TooManyTextGuesses,
    UserNotActive,
    UserNotAnonymous,
)
from vestibule.wire import Call

_ASKING: Final[tuple[type[Refusal], ...]] = (
    EndpointDisabled,
    SignUpDisabled,
    RedirectNotAllowed,
    *OPTIONS,
    CannotSendText,
    TooManyAttempts,
    *UNWELCOME,
)
_GUESSING: Final[tuple[type[Refusal], ...]] = (TooManyAttempts, InvalidTextCode, TooManyTextGuesses, CannotSendText)


@nhost.post(
    "/signin/passwordless/sms",
    limit=(TEXTS, BRUTE_FORCE),
    raises=_ASKING,
    marks=(CAPTCHA_IN_NEWEST,),
    tags=("authentication",),
    operation="signInPasswordlessSms",
)
async def sign_in_passwordless_sms(body: shapes.TextCodeRequest, call: Call, project: Project, core: Core) -> str:
    """Send a code to sign in with by text message.

    Who is unknown is registered, unless signing up is a matter of its own here; then nothing is sent, and nobody told.
    """
    await core.request_text_code(visit_of(call, project), _wish(body))
    return "OK"


@nhost.post(
    "/signup/passwordless/sms",
    limit=(TEXTS, SIGN_UPS),
    raises=_ASKING,
    marks=(CAPTCHA,),
    tags=("authentication",),
    operation="signUpPasswordlessSms",
)
async def sign_up_passwordless_sms(body: shapes.TextCodeRequest, call: Call, project: Project, core: Core) -> str:
    """Register a user and send a code by text message. Who has an account already is sent nothing, and not told."""
    await core.sign_up_with_text_code(visit_of(call, project), _wish(body))
    return "OK"


@nhost.post(
    "/user/deanonymize/sms",
    auth=bearer,
    limit=TEXTS,
    raises=(
        EndpointDisabled,
        InvalidCredentials,
        UserNotAnonymous,
        UserNotActive,
        RedirectNotAllowed,
        *OPTIONS,
        PhoneTaken,
        CannotSendText,
        TooManyAttempts,
    ),
    tags=("authentication",),
    operation="deanonymizeUserSms",
)
async def deanonymize_user_sms(
    body: shapes.TextCodeRequest, call: Call, caller: Caller, project: Project, core: Core
) -> str:
    """Send a code to the number that the anonymous user who calls wants to be known by.

    Signing in with that code gives them the number and the name, and ends their anonymous sessions.
    """
    await core.deanonymize_by_text(visit_of(call, project), caller.user_id, _wish(body))
    return "OK"


@nhost.post(
    "/signin/passwordless/sms/otp",
    limit=BRUTE_FORCE,
    raises=(EndpointDisabled, *_GUESSING, SignUpDisabled, *UNWELCOME),
    marks=(CAPTCHA_IN_NEWEST,),
    tags=("authentication",),
    operation="verifySignInPasswordlessSms",
)
async def verify_sign_in_passwordless_sms(
    body: shapes.VerifyTextCodeRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Sign in with a code that came by text message; answers a session, or a challenge for the second factor."""
    attempt = TextCodeAttempt(body.phone_number, body.otp)
    outcome = await core.sign_in_with_text_code(visit_of(call, project), attempt, door_terms(project))
    return await session_payload(tokens, project, outcome)


@nhost.post(
    "/elevate/otp/sms",
    auth=bearer,
    limit=(TEXTS, BRUTE_FORCE),
    raises=(EndpointDisabled, *STANDING, CannotSendText, TooManyAttempts),
    tags=("authentication",),
    operation="elevateOTPSms",
)
async def elevate_otp_sms(call: Call, caller: Caller, project: Project, core: Core) -> str:
    """Send a code to the caller's own number, to prove themselves again with."""
    await core.request_elevation_text(visit_of(call, project), caller.user_id)
    return "OK"


@nhost.post(
    "/elevate/otp/sms/verify",
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=(EndpointDisabled, *STANDING, *_GUESSING),
    tags=("authentication",),
    operation="verifyElevateOTPSms",
)
async def verify_elevate_otp_sms(
    body: shapes.ElevationCodeRequest,
    call: Call,
    caller: Caller,
    project: Project,
    core: Core,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    """Answer an elevated session for the right code."""
    outcome = await core.elevate_with_text_code(visit_of(call, project), caller.user_id, body.otp, door_terms(project))
    return await session_payload(tokens, project, outcome, elevated=True)


def _wish(body: shapes.TextCodeRequest) -> TextCodeWish:
    return TextCodeWish(
        phone_number=body.phone_number,
        redirect_to=shapes.wanted_redirect(body.options),
        options=shapes.user_options(body.options),
    )
