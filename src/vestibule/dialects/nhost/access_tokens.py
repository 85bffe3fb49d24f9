"""Personal access tokens: programs sign in with them. Signing out with one revokes it.

Nhost Auth leaves seeing them, and ending one without having it, to GraphQL, so these are under the server's own paths.
"""

from uuid import UUID

from msgspec import UNSET

from vestibule.core.access_tokens import NewAccessToken
from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import OURS, bearer, door_terms, elevated, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.shared_refusals import STANDING, UNWELCOME
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import (
    AccessTokenNotFound,
    InvalidPersonalAccessToken,
    MetadataTooLarge,
    TooManyAccessTokens,
    UnusableTime,
)
from vestibule.kernel.ids import parse_uuid
from vestibule.wire import Call, EchoOrigin


@nhost.post(
    "/pat",
    auth=elevated,
    raises=(UnusableTime, MetadataTooLarge, *STANDING, TooManyAccessTokens),
    tags=("security",),
    operation="createPAT",
)
async def create_pat(
    body: shapes.CreatePATRequest, call: Call, caller: Caller, project: Project, core: Core
) -> shapes.CreatePATResponse:
    """Make a personal access token for the user who calls; it is shown in this answer and never again."""
    new = NewAccessToken(
        caller.user_id, shapes.moment(body.expires_at), None if body.metadata is UNSET else body.metadata
    )
    issued = await core.create_access_token(visit_of(call, project), new)
    return shapes.CreatePATResponse(id=issued.id, personal_access_token=UUID(bytes=issued.secret))


@nhost.post(
    "/signin/pat",
    limit=BRUTE_FORCE,
    raises=(InvalidPersonalAccessToken, *UNWELCOME),
    tags=("authentication",),
    operation="signInPAT",
)
async def sign_in_pat(
    body: shapes.SignInPATRequest, call: Call, project: Project, core: Core, tokens: AccessTokens
) -> shapes.SessionPayload:
    """Sign in with a personal access token, which stays valid; no second factor is asked for."""
    secret = parse_uuid(body.personal_access_token)
    if secret is None:
        raise InvalidPersonalAccessToken
    outcome = await core.sign_in_with_access_token(visit_of(call, project), secret.bytes, door_terms(project))
    return await session_payload(tokens, project, outcome)


@nhost.get(
    "/user/access-tokens",
    bases=OURS,
    auth=bearer,
    raises=STANDING,
    tags=("personal access tokens",),
    operation="getAccessTokens",
)
async def get_access_tokens(call: Call, caller: Caller, project: Project, core: Core) -> shapes.ListedPATs:
    """Answer the caller's personal access tokens that are alive, by what helps to tell them apart."""
    listed = await core.list_access_tokens(visit_of(call, project), caller.user_id)
    return shapes.ListedPATs(access_tokens=[shapes.listed_pat(token) for token in listed])


@nhost.delete(
    "/user/access-tokens/{token_id}",
    bases=OURS,
    auth=elevated,
    cors=EchoOrigin(methods=("DELETE",), headers=None),
    raises=(*STANDING, AccessTokenNotFound),
    tags=("personal access tokens",),
    operation="removeAccessToken",
)
async def remove_access_token(token_id: str, call: Call, caller: Caller, project: Project, core: Core) -> str:
    """End one of them; the sessions that it began go on until they are signed out."""
    named = parse_uuid(token_id)
    if named is None:
        raise AccessTokenNotFound
    await core.revoke_own_access_token(visit_of(call, project), caller.user_id, named)
    return "OK"
