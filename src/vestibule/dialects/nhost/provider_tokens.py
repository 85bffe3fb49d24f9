"""What an application may call a provider with: taking it after the callback, renewing it later."""

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import bearer, nhost, visit_of
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.provider_names import provider_name
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import Caller
from vestibule.kernel.errors import EndpointDisabled, IdentityNotFound, ProviderRefused, ProviderUnavailable
from vestibule.kernel.secret import Secret
from vestibule.wire import Call


@nhost.get(
    "/signin/provider/{provider}/callback/tokens",
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=STANDING,
    tags=("authentication",),
    operation="getProviderTokens",
)
async def get_provider_tokens(
    provider: str, call: Call, caller: Caller, project: Project, core: Core
) -> shapes.ProviderSession:
    """Hand out, once, what the caller's last journey to the provider has brought; empty where there is nothing."""
    name = provider_name(provider)
    session = await core.take_provider_session(visit_of(call, project), caller.user_id, name)
    return shapes.provider_session(session, core.clock.now())


@nhost.post(
    "/token/provider/{provider}",
    auth=bearer,
    raises=(*STANDING, EndpointDisabled, IdentityNotFound, ProviderRefused, ProviderUnavailable),
    tags=("authentication",),
    operation="refreshProviderToken",
)
async def refresh_provider_token(
    provider: str,
    body: shapes.RefreshProviderTokenRequest,
    call: Call,
    caller: Caller,
    project: Project,
    core: Core,
) -> shapes.ProviderSession:
    """Renew it at the provider, for callers who are linked with it; nothing is kept here."""
    name = provider_name(provider)
    token = Secret(body.refresh_token)
    session = await core.refresh_provider_session(visit_of(call, project), caller.user_id, name, token)
    return shapes.provider_session(session, core.clock.now())
