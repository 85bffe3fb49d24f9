"""Coming in by a provider: the way there, and the way back. What goes wrong is told by redirect once it is known where.

From there on the browser is on its way through strangers' pages, so nothing of theirs is repeated unread.
"""

import re
from typing import Final

from msgspec import UNSET

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.redirects import allowed_target, is_url
from vestibule.core.signup import refuse_unless_open
from vestibule.core.social import Arrival, Arrived, Departing, Flow, Linked, Registered
from vestibule.core.social.model import Callback
from vestibule.core.social.words import error_code
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import door_terms, nhost, refuse_unless_signed_in, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE, SIGN_UPS
from vestibule.dialects.nhost.links import letter_form, with_parameters
from vestibule.dialects.nhost.outcomes import brought_by
from vestibule.dialects.nhost.provider_cookies import browser_cookie, browser_secret, browser_secrets
from vestibule.dialects.nhost.provider_names import provider_name
from vestibule.dialects.nhost.redirecting import REDIRECTS, Delivery
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import OPTIONS, STANDING
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import (
    ElevationRequired,
    EmailTaken,
    EndpointDisabled,
    IdentityTaken,
    InvalidAccessToken,
    InvalidAuthorizationCode,
    InvalidProviderState,
    NothingAsked,
    ProviderExchangeFailed,
    ProviderProfileFailed,
    ProviderRefused,
    ProviderUnavailable,
    RedirectNotAllowed,
    SignUpDisabled,
    TooManyAttempts,
    UserExists,
)
from vestibule.wire import Call, Redirect

_LONGEST_STATE: Final = 1024
_LONGEST_WORDS: Final = 256
_LONGEST_URL: Final = 512
_DEPARTS: Final = (
    NothingAsked,
    RedirectNotAllowed,
    InvalidAuthorizationCode,
    EndpointDisabled,
    ProviderUnavailable,
)
_ARRIVES: Final = (
    InvalidProviderState,
    RedirectNotAllowed,
    ProviderRefused,
    EndpointDisabled,
    InvalidAuthorizationCode,
    ProviderExchangeFailed,
    ProviderProfileFailed,
    *STANDING,
    EmailTaken,
    UserExists,
    IdentityTaken,
    SignUpDisabled,
    *OPTIONS,
    TooManyAttempts,
)


@nhost.get(
    "/signin/provider/{provider}",
    limit=BRUTE_FORCE,
    marks=(REDIRECTS,),
    answers={302: None},
    raises=(*_DEPARTS, InvalidAccessToken, ElevationRequired, *STANDING),
    tags=("authentication",),
    operation="signInProvider",
)
async def sign_in_provider(
    provider: str,
    query: shapes.SignInProviderQuery,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    tokens: AccessTokens,
) -> Redirect:
    """Send the browser to a provider to sign in; who is unknown there is registered when they come back.

    With `connect`, the access token of somebody who is signed in, the provider is linked to them instead. A browser
    that comes back must bring the cookie that it is given here.
    """
    if not query.connect:
        return await _depart(provider, query, call, project, core, settings, "sign-in")
    _, target = _begin(provider, query, project)
    call.delivery = Delivery(target, _passed_on(query.state))
    if settings.link_by_post:
        raise EndpointDisabled
    caller = await tokens.caller(project, query.connect)
    await refuse_unless_signed_in(project, core, caller)
    await core.elevation.refuse_unless_elevated(project, caller.user_id, is_elevated=caller.is_elevated)
    return await _depart(provider, query, call, project, core, settings, "connect", caller)


@nhost.get(
    "/signup/provider/{provider}",
    limit=SIGN_UPS,
    marks=(REDIRECTS,),
    answers={302: None},
    raises=(SignUpDisabled, *_DEPARTS),
    tags=("authentication",),
    operation="signUpProvider",
)
async def sign_up_provider(
    provider: str,
    query: shapes.SignUpProviderQuery,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
) -> Redirect:
    """Send the browser to a provider to sign up; who is known already is told so when they come back."""
    provider_name(provider)
    refuse_unless_open(project.policy)
    return await _depart(provider, query, call, project, core, settings, "sign-up")


@nhost.get(
    "/signin/provider/{provider}/callback",
    limit=BRUTE_FORCE,
    marks=(REDIRECTS,),
    answers={302: None},
    raises=_ARRIVES,
    tags=("authentication",),
    operation="signInProviderCallbackGet",
)
async def sign_in_provider_callback_get(
    provider: str, query: shapes.CallbackQuery, call: Call, project: Project, core: Core, settings: NhostSettings
) -> Redirect:
    """Take in whom a provider sends back, and redirect with a refresh token, or with the error.

    A journey that was begun with `codeChallenge` brings a `code` instead; where a second factor is due, `mfaTicket`.
    Who must prove an address first, and who has linked a provider, is sent back with neither.
    """
    callback = Callback(
        code=query.code,
        id_token=query.id_token,
        issuer=query.iss,
        oauth_token=query.oauth_token,
        oauth_verifier=query.oauth_verifier,
    )
    return await _arrive(provider, query, callback, call, project, core, settings)


@nhost.post(
    "/signin/provider/{provider}/callback",
    limit=BRUTE_FORCE,
    marks=(REDIRECTS,),
    answers={302: None},
    unknown_members="ignore",
    raises=_ARRIVES,
    tags=("authentication",),
    operation="signInProviderCallbackPost",
)
async def sign_in_provider_callback_post(
    provider: str, form: shapes.CallbackForm, call: Call, project: Project, core: Core, settings: NhostSettings
) -> Redirect:
    """Do the same for a provider whose page sends a form, as Apple's does."""
    callback = Callback(code=form.code, id_token=form.id_token, user=form.user, issuer=form.iss)
    return await _arrive(provider, form, callback, call, project, core, settings)


def _begin(provider: str, query: shapes.SignUpProviderQuery, project: Project) -> tuple[str, str]:
    """Return the provider's name, and the target that everything is told to from now on."""
    name = provider_name(provider)
    target = allowed_target(project.policy, query.redirect_to)
    if not target:
        raise RedirectNotAllowed
    if query.code_challenge is not None and not re.fullmatch(shapes.CODE_CHALLENGE, query.code_challenge):
        raise InvalidAuthorizationCode
    return name, target


async def _depart(
    provider: str,
    query: shapes.SignUpProviderQuery,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
    flow: Flow,
    caller: Caller | None = None,
) -> Redirect:
    name, target = _begin(provider, query, project)
    if settings.pkce_only and flow != "connect" and query.code_challenge is None:
        raise NothingAsked("redirects carry a code here, which takes a codeChallenge", path="codeChallenge")
    options = shapes.query_options(query)
    call.delivery = Delivery(target, _passed_on(query.state))
    browser = browser_secret(call, core, settings, name)
    specific = {"organization": query.organization, "connection": query.connection}
    departing = Departing(
        provider=name,
        flow=flow,
        browser=browser,
        redirect_to=target,
        passed_on=query.state,
        challenge=None if flow == "connect" else query.code_challenge,
        options=options,
        parameters={member: value for member, value in specific.items() if value is not None},
        user_id=None if caller is None else caller.user_id,
        session_id=None if caller is None else caller.session_id,
    )
    departed = await core.depart_to_provider(visit_of(call, project), departing)
    cookie = browser_cookie(settings, name, browser, answers_by_form=departed.answers_by_form)
    return Redirect(departed.url, cookies=[cookie])


async def _arrive(
    provider: str,
    came: shapes.CallbackQuery | shapes.CallbackForm,
    callback: Callback,
    call: Call,
    project: Project,
    core: Core,
    settings: NhostSettings,
) -> Redirect:
    name, visit, client_url = provider_name(provider), visit_of(call, project), project.policy.client_url
    call.delivery = Delivery(client_url, {"provider_state": came.state[:_LONGEST_STATE]})
    arrival = Arrival(provider=name, state=came.state, browsers=browser_secrets(call, settings, name))
    journey = await core.arrive_from_provider.end(visit, arrival)
    passed_on = _passed_on(journey.passed_on)
    call.delivery = Delivery(client_url, passed_on)
    target = allowed_target(project.policy, journey.redirect_to)
    if came.error:
        raise _refused(came)
    call.delivery = Delivery(target, passed_on)
    if settings.pkce_only and journey.flow != "connect" and journey.challenge is None:
        raise InvalidAuthorizationCode  # begun before the operator wanted it so
    letter = letter_form(settings, project, "verifyEmail", target, journey.challenge or UNSET, is_sent=False)
    arrived = await core.arrive_from_provider(visit, journey, callback, letter, door_terms(project))
    return Redirect(with_parameters(target, **passed_on, **_brought(arrived)))


def _brought(arrived: Arrived) -> dict[str, str]:
    return {} if isinstance(arrived, Registered | Linked) else brought_by(arrived)


def _passed_on(state: str | None) -> dict[str, str]:
    return {} if state is None else {"state": state}


def _refused(came: shapes.CallbackQuery | shapes.CallbackForm) -> ProviderRefused:
    """Return what a provider said, as far as it may be repeated: a code, one line, a web address (security 47)."""
    words, uri = came.error_description or "", came.error_uri or ""
    return ProviderRefused(
        error_code(came.error) or "unknown",
        "".join(symbol for symbol in words if symbol.isprintable())[:_LONGEST_WORDS],
        uri if uri.startswith("https://") and len(uri) <= _LONGEST_URL and is_url(uri) else "",
    )
