"""Providers of somebody who is signed in: linking one safely, listing what is linked, unlinking it.

Nhost Auth has neither a list nor a way to unlink, so those two are under the server's own paths, in this dialect's
manners.
"""

from collections.abc import Container
from dataclasses import dataclass

from msgspec import UNSET

from vestibule.core.facade import Core
from vestibule.core.projects import Policy, Project
from vestibule.core.redirects import allow_list_of, allowed_target
from vestibule.core.social import Departing
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import OURS, bearer, elevated, nhost, visit_of
from vestibule.dialects.nhost.id_tokens import TAKES_TOKEN, presented
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.provider_cookies import browser_cookie, browser_secret
from vestibule.dialects.nhost.provider_names import provider_name
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import Caller
from vestibule.kernel.errors import (
    EndpointDisabled,
    IdentityNotFound,
    IdentityTaken,
    LastWayIn,
    ProviderUnavailable,
    RedirectNotAllowed,
)
from vestibule.wire import Answer, Call, ListedOrigins


@dataclass(frozen=True, slots=True)
class ApplicationOrigins(Container[str]):
    """The origins of a project's pages: those that it lists, and those that its redirect targets are at."""

    policy: Policy

    def __contains__(self, origin: object) -> bool:
        """Tell whether one of the project's pages could be there."""
        if not isinstance(origin, str):
            return False
        return origin in self.policy.allowed_origins or allow_list_of(self.policy).covers_origin(origin)


def application_origins(project: Project | None) -> Container[str]:
    """Return whose scripts may have their browser keep our cookie."""
    return () if project is None else ApplicationOrigins(project.policy)


@nhost.post(
    "/link/provider/{provider}",
    auth=elevated,
    cors=ListedOrigins(application_origins, credentials=True, methods=("POST",), headers=None),
    raises=(RedirectNotAllowed, *STANDING, EndpointDisabled, ProviderUnavailable),
    tags=("security",),
    operation="linkProvider",
)
async def link_provider(
    provider: str,
    body: shapes.LinkProviderRequest | None,
    call: Call,
    caller: Caller,
    project: Project,
    core: Core,
    settings: NhostSettings,
) -> Answer[shapes.LinkProviderResponse]:
    """Begin to link a provider to the caller: answers where to send the browser, and gives it a cookie to bring back.

    Scripts send it with credentials, from an origin that the project's redirect targets are at. No access token ever
    stands in a URL, and nobody can begin it for somebody else (security 43).
    """
    name = provider_name(provider)
    asked = body or shapes.LinkProviderRequest()
    target = allowed_target(project.policy, None if asked.redirect_to is UNSET else asked.redirect_to)
    if not target:
        raise RedirectNotAllowed
    specific = {
        "organization": asked.provider_specific_params.organization,
        "connection": asked.provider_specific_params.connection,
    }
    browser = browser_secret(call, core, settings, name)
    departing = Departing(
        provider=name,
        flow="connect",
        browser=browser,
        redirect_to=target,
        passed_on=None if asked.state is UNSET else asked.state,
        parameters={member: value for member, value in specific.items() if value is not UNSET},
        user_id=caller.user_id,
        session_id=caller.session_id,
    )
    departed = await core.depart_to_provider(visit_of(call, project), departing)
    cookie = browser_cookie(settings, name, browser, answers_by_form=departed.answers_by_form)
    return Answer(shapes.LinkProviderResponse(departed.url), cookies=[cookie])


@nhost.post(
    "/link/idtoken",
    auth=elevated,
    limit=BRUTE_FORCE,
    raises=(*TAKES_TOKEN, *STANDING, IdentityTaken),
    tags=("security",),
    operation="linkIdToken",
)
async def link_id_token(
    body: shapes.LinkIdTokenRequest, call: Call, caller: Caller, project: Project, core: Core
) -> str:
    """Link whoever the token speaks of to the caller, who is told by mail; the token's address does not matter."""
    await core.link_with_id_token(visit_of(call, project), caller.user_id, presented(body))
    return "OK"


@nhost.get(
    "/user/providers",
    bases=OURS,
    auth=bearer,
    raises=STANDING,
    tags=("linked providers",),
    operation="getLinkedProviders",
)
async def get_linked_providers(call: Call, caller: Caller, project: Project, core: Core) -> shapes.LinkedProviders:
    """Answer which accounts at providers the caller can come in by."""
    linked = await core.linked_identities(visit_of(call, project), caller.user_id)
    return shapes.LinkedProviders([shapes.linked_provider(row) for row in linked])


@nhost.post(
    "/user/providers/unlink",
    bases=OURS,
    auth=elevated,
    raises=(*STANDING, IdentityNotFound, LastWayIn),
    tags=("linked providers",),
    operation="unlinkProvider",
)
async def unlink_provider(
    body: shapes.UnlinkProviderRequest, call: Call, caller: Caller, project: Project, core: Core
) -> str:
    """Take one of them away, unless the caller could not come in any more; the other sessions end."""
    await core.unlink_identity(visit_of(call, project), caller.user_id, body.id, kept_session=caller.session_id)
    return "OK"
