"""Passkeys of somebody who is signed in: adding one, proving oneself again with one, listing and removing them.

Nhost Auth leaves the last two to GraphQL, so they are under the server's own paths, in this dialect's manners.
"""

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.dialects.nhost import shapes, webauthn
from vestibule.dialects.nhost.dialect import ENROLS, OURS, bearer, door_terms, elevated, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.outcomes import session_payload
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import AccessTokens, Caller
from vestibule.kernel.errors import EndpointDisabled, LastWayIn, NoPasskey, PasskeyNotFound, PasskeyRefused
from vestibule.kernel.ids import parse_uuid
from vestibule.wire import Call, EchoOrigin


@nhost.post(
    "/user/webauthn/add",
    auth=elevated,
    marks=(ENROLS,),
    raises=(EndpointDisabled, *STANDING, PasskeyRefused),
    tags=("security",),
    operation="addSecurityKey",
)
async def add_security_key(
    call: Call, caller: Caller, project: Project, core: Core
) -> webauthn.PublicKeyCredentialCreationOptions:
    """Begin to add a passkey: answers what to hand to `navigator.credentials.create`."""
    return webauthn.creation_options(await core.add_passkey.begin(visit_of(call, project), caller.user_id))


@nhost.post(
    "/user/webauthn/verify",
    auth=elevated,
    limit=BRUTE_FORCE,
    marks=(ENROLS,),
    raises=(EndpointDisabled, *STANDING, PasskeyRefused),
    tags=("security",),
    operation="verifyAddSecurityKey",
)
async def verify_add_security_key(
    body: webauthn.VerifyAddSecurityKeyRequest, call: Call, caller: Caller, project: Project, core: Core
) -> webauthn.VerifyAddSecurityKeyResponse:
    """Add the new passkey; the user is told by mail."""
    new = webauthn.new_passkey(body.credential, body.nickname)
    added = await core.add_passkey.finish(visit_of(call, project), caller.user_id, new)
    return webauthn.VerifyAddSecurityKeyResponse(added, body.nickname)


@nhost.post(
    "/elevate/webauthn",
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=(EndpointDisabled, *STANDING, NoPasskey),
    tags=("security",),
    operation="elevateWebauthn",
)
async def elevate_webauthn(
    call: Call, caller: Caller, project: Project, core: Core
) -> webauthn.PublicKeyCredentialRequestOptions:
    """Begin an elevation with one of the caller's passkeys: answers what to hand to `navigator.credentials.get`."""
    return webauthn.request_options(await core.elevate_with_passkey.begin(visit_of(call, project), caller.user_id))


@nhost.post(
    "/elevate/webauthn/verify",
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=(EndpointDisabled, *STANDING, PasskeyRefused),
    tags=("security",),
    operation="verifyElevateWebauthn",
)
async def verify_elevate_webauthn(
    body: webauthn.SignInWebauthnVerifyRequest,
    call: Call,
    caller: Caller,
    project: Project,
    core: Core,
    tokens: AccessTokens,
) -> shapes.SessionPayload:
    """End an elevation: answers another session, whose access token has the elevated claim."""
    presented = webauthn.presented_assertion(body.credential)
    visit = visit_of(call, project)
    outcome = await core.elevate_with_passkey.finish(visit, caller.user_id, presented, door_terms(project))
    return await session_payload(tokens, project, outcome, elevated=True)


@nhost.get("/user/passkeys", bases=OURS, auth=bearer, raises=STANDING, tags=("passkeys",), operation="getPasskeys")
async def get_passkeys(call: Call, caller: Caller, project: Project, core: Core) -> webauthn.Passkeys:
    """Answer the caller's passkeys, by what helps to tell them apart."""
    listed = await core.list_passkeys(visit_of(call, project), caller.user_id)
    return webauthn.Passkeys([webauthn.listed_passkey(passkey) for passkey in listed])


@nhost.delete(
    "/user/passkeys/{passkey_id}",
    bases=OURS,
    auth=elevated,
    cors=EchoOrigin(methods=("DELETE",), headers=None),
    raises=(*STANDING, PasskeyNotFound, LastWayIn),
    tags=("passkeys",),
    operation="removePasskey",
)
async def remove_passkey(passkey_id: str, call: Call, caller: Caller, project: Project, core: Core) -> str:
    """Take one of them away, unless the caller could not come in any more; the other sessions end."""
    named = parse_uuid(passkey_id)
    if named is None:
        raise PasskeyNotFound
    await core.remove_passkey(visit_of(call, project), caller.user_id, named, kept_session=caller.session_id)
    return "OK"
