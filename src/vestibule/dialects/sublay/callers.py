"""Who is calling: nobody, an end user with an access token, or a backend with a service key."""

from typing import Final

from vestibule.core.facade import Core
from vestibule.core.projects import Project, ServiceKey, Visit
from vestibule.dialects.sublay.tokens import DIALECT, EndUser
from vestibule.kernel.errors import InvalidServiceKey
from vestibule.wire import Call

Caller = EndUser | ServiceKey

PROJECT_HEADERS: Final = ("x-sublay-project-id", "x-replyke-project-id")
_SCOPE: Final = "service"


def named_project(call: Call) -> str | None:
    """Return the project that the headers name; None when they name none, or two different ones."""
    named = {value for value in map(call.header, PROJECT_HEADERS) if value}
    return named.pop() if len(named) == 1 else None


def presented_token(call: Call) -> str | None:
    """Return the second word of Authorization, whatever the first one is; None without the header."""
    words = (call.header("authorization") or "").split(" ")
    return None if words == [""] else (words[1:2] or [""])[0]


async def service_key(call: Call, project: Project, core: Core) -> ServiceKey | None:
    """Return the service key that the call was made with, None when there is none that is good for this project.

    The headers must name the project too: a key that was sent to the wrong place does nothing.
    """
    token = presented_token(call)
    if not token or named_project(call) != project.public_id:
        return None
    try:
        key = await core.service_keys.check(project, token)
    except InvalidServiceKey:
        return None
    return key if _SCOPE in key.scopes else None


def visit_of(call: Call, project: Project) -> Visit:
    """Return the request as the core sees it."""
    return Visit(project, DIALECT, call.client_network, call.request_id, None, call.claimed_network is not None)
