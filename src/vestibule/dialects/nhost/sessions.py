"""Sessions: refreshing, checking and ending them. `/token` is the hottest path of all: one statement, one signature."""

from vestibule.core.claims import Claimant
from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.sessions import RefreshTerms
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import OUTLASTS_SESSION, bearer, door_terms, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.links import code_bytes
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.shared_refusals import STANDING, UNWELCOME
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import (
    EmailNotVerified,
    InvalidAccessToken,
    InvalidAuthorizationCode,
    InvalidRefreshToken,
    NothingAsked,
    UserNotActive,
)
from vestibule.kernel.ids import parse_uuid
from vestibule.wire import Call


@nhost.post(
    "/token",
    raises=(InvalidRefreshToken, UserNotActive, EmailNotVerified),
    tags=("session",),
    operation="refreshToken",
)
async def refresh_token(
    body: shapes.RefreshTokenRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.Session:
    """Exchange a refresh token for a new session.

    A token that was exchanged a moment ago answers the current one, so that two tabs never sign each other out.
    """
    secret = parse_uuid(body.refresh_token)
    if secret is None:
        raise InvalidRefreshToken
    visit = visit_of(call, project)
    terms = _refresh_terms(project)
    custom = asked_at = None
    if core.custom_claims is not None:
        # Before the token rotates: should they not be had, the one that the client holds stays good.
        outlook = await core.refresh_session.outlook(visit, secret.bytes, terms)
        if outlook is not None:
            asked_at = outlook.asked_at
            custom = await core.custom_claims(Claimant(project, outlook.subject, outlook.session))
    refreshed = await core.refresh_session(visit, secret.bytes, terms, asked_at=asked_at)
    return await tokens.session(project, refreshed.subject, refreshed.session, refreshed.secret, custom=custom)


@nhost.post(
    "/token/verify",
    auth=bearer.optional,
    marks=(OUTLASTS_SESSION,),
    limit=BRUTE_FORCE,
    raises=(NothingAsked, *STANDING),
    tags=("session",),
    operation="verifyToken",
)
async def verify_token(
    body: shapes.VerifyTokenRequest | None, caller: Caller | None, project: Project, core: Core, tokens: AccessTokens
) -> str:
    """Tell whether an access token is good: the one in the body, else the one in the Authorization header."""
    if body is not None and isinstance(body.token, str):
        try:
            await tokens.caller(project, body.token.removeprefix("Bearer "))
        except InvalidAccessToken as error:
            raise NothingAsked("the token is not good", path="token") from error
        return "OK"
    if caller is None:
        raise NothingAsked("there is no token")
    await core.users.welcome(core.db, project.id, project.policy, caller.user_id)
    return "OK"


@nhost.post(
    "/signout",
    auth=bearer.optional,
    unknown_members="ignore",
    raises=(NothingAsked,),
    tags=("session",),
    operation="signOut",
)
async def sign_out(body: shapes.SignOutRequest, call: Call, caller: Caller | None, project: Project, core: Core) -> str:
    """End the session of a refresh token, or revoke a personal access token; with `all` every one of the caller's."""
    visit = visit_of(call, project)
    if body.all:
        if caller is None:
            raise NothingAsked("signing out everywhere needs an access token")
        await core.sign_out_everywhere(visit, caller.user_id)
        return "OK"
    if not body.refresh_token:
        raise NothingAsked("there is no refresh token", path="refreshToken")
    secret = parse_uuid(body.refresh_token)
    if secret is not None and not await core.revoke_sessions.by_secret(visit, secret.bytes):
        await core.revoke_access_token(visit, secret.bytes)
    return "OK"


@nhost.post(
    "/token/exchange",
    raises=(InvalidAuthorizationCode, *UNWELCOME),
    tags=("session",),
    operation="tokenExchange",
)
async def exchange_code(
    body: shapes.TokenExchangeRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Exchange the code that a redirect brought for a session, or for the challenge for a second factor."""
    code = code_bytes(body.code)
    outcome = await core.exchange_code(visit_of(call, project), code, body.code_verifier, door_terms(project))
    return await session_payload(tokens, project, outcome)


def _refresh_terms(project: Project) -> RefreshTerms:
    # Whoever moves here from the server that this door speaks like stays signed in.
    return RefreshTerms(imported_life=door_terms(project).life)
