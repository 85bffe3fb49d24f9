"""Coming in by an ID token that the application got from its provider itself: Apple, Google, one of the operator's."""

from typing import Final, Literal

from msgspec import UNSET

from vestibule.core.facade import Core
from vestibule.core.pkce import AuthorizationCode
from vestibule.core.projects import Project
from vestibule.core.signin import Method
from vestibule.core.social import Entry, PresentedIdToken, Registered
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.captcha import CAPTCHA
from vestibule.dialects.nhost.dialect import door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, SIGN_UPS
from vestibule.dialects.nhost.links import wanted_letter
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import OPTIONS, STANDING
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.kernel.errors import (
    EmailRefused,
    EmailTaken,
    EndpointDisabled,
    InvalidIdToken,
    ProviderProfileFailed,
    RedirectNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserExists,
    UserNotActive,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Call

TAKES_TOKEN: Final = (EndpointDisabled, InvalidIdToken, ProviderProfileFailed)


@nhost.post(
    "/signin/idtoken",
    limit=BRUTE_FORCE,
    raises=(RedirectNotAllowed, *TAKES_TOKEN, *STANDING, EmailTaken, SignUpDisabled, *OPTIONS, TooManyAttempts),
    tags=("authentication",),
    operation="signInIdToken",
)
async def sign_in_id_token(
    body: shapes.SignInIdTokenRequest,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    """Sign in as whoever the token speaks of; who is unknown is registered, unless sign-ups are apart."""
    return await _enter("sign-in", body, call, project, core, settings, tokens)


@nhost.post(
    "/signup/idtoken",
    limit=SIGN_UPS,
    raises=(
        RedirectNotAllowed,
        SignUpDisabled,
        *TAKES_TOKEN,
        EmailRefused,
        EmailTaken,
        UserExists,
        *OPTIONS,
        UserNotActive,
        TooManyAttempts,
    ),
    marks=(CAPTCHA,),
    tags=("authentication",),
    operation="signUpIdToken",
)
async def sign_up_id_token(
    body: shapes.SignInIdTokenRequest,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    """Register whoever the token speaks of; who is known already is told so."""
    return await _enter("sign-up", body, call, project, core, settings, tokens)


def presented(body: shapes.SignInIdTokenRequest | shapes.LinkIdTokenRequest) -> PresentedIdToken:
    """Return a token as the core knows it."""
    return PresentedIdToken(body.provider, Secret(body.id_token), None if body.nonce is UNSET else body.nonce)


async def _enter(
    flow: Literal["sign-in", "sign-up"],
    body: shapes.SignInIdTokenRequest,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    entry = Entry(
        flow=flow,
        method=Method.ID_TOKEN,
        letter=wanted_letter(settings, project, "verifyEmail", body.options, is_sent=False),
        options=shapes.user_options(body.options),
    )
    entered = await core.enter_with_id_token(visit_of(call, project), presented(body), entry, door_terms(project))
    if isinstance(entered, Registered | AuthorizationCode):
        return shapes.SessionPayload()
    return await session_payload(tokens, project, entered)
