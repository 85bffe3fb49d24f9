"""Coming in by an ID token that the application got from its provider itself: Apple, Google, one of the operator's."""

from typing import Literal, TypeAlias

from msgspec import UNSET

from vestibule.core.facade import Core
from vestibule.core.pkce import AuthorizationCode
from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target
from vestibule.core.signin import Method
from vestibule.core.social import Entered, Entry, PresentedIdToken, Registered
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.captcha import CAPTCHA
from vestibule.dialects.nhost.dialect import door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, SIGN_UPS
from vestibule.dialects.nhost.links import letter_form
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.standing import STANDING
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    EmailRefused,
    EmailTaken,
    EndpointDisabled,
    InvalidIdToken,
    MetadataTooLarge,
    ProviderProfileFailed,
    RedirectNotAllowed,
    RoleNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserExists,
    UserNotActive,
)
from vestibule.kernel.secret import Secret
from vestibule.wire import Call

SignFlow: TypeAlias = Literal["sign-in", "sign-up"]

TAKES_TOKEN = (EndpointDisabled, InvalidIdToken, ProviderProfileFailed)
_OPTIONS = (RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge)


@nhost.post(
    "/signin/idtoken",
    limit=BRUTE_FORCE,
    raises=(RedirectNotAllowed, *TAKES_TOKEN, *STANDING, EmailTaken, SignUpDisabled, *_OPTIONS, TooManyAttempts),
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
    entered = await core.enter_with_id_token(
        visit_of(call, project),
        presented(body),
        _entry(body, project, settings, "sign-in"),
        door_terms(project),
    )
    return await _payload(tokens, project, entered)


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
        *_OPTIONS,
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
    entered = await core.enter_with_id_token(
        visit_of(call, project),
        presented(body),
        _entry(body, project, settings, "sign-up"),
        door_terms(project),
    )
    return await _payload(tokens, project, entered)


def presented(body: shapes.SignInIdTokenRequest | shapes.LinkIdTokenRequest) -> PresentedIdToken:
    """Return a token as the core knows it."""
    return PresentedIdToken(body.provider, Secret(body.id_token), None if body.nonce is UNSET else body.nonce)


def _entry(body: shapes.SignInIdTokenRequest, project: Project, settings: NhostSettings, flow: SignFlow) -> Entry:
    redirect_to = allowed_target(project.policy, shapes.wanted_redirect(body.options))
    return Entry(
        flow=flow,
        method=Method.ID_TOKEN,
        letter=letter_form(settings, project, "verifyEmail", redirect_to, is_sent=False),
        options=shapes.user_options(body.options),
    )


async def _payload(tokens: AccessTokens, project: Project, entered: Entered) -> shapes.SessionPayload:
    if isinstance(entered, Registered | AuthorizationCode):
        return shapes.SessionPayload()
    return await session_payload(tokens, project, entered)
