"""Rate limits: a fixed window of five minutes per route, project and network; backends with a key are exempt."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from vestibule.core.projects import Project, ServiceKey
from vestibule.dialects.sublay.generations import Generation
from vestibule.wire import Call, Limit

_WINDOW: Final = timedelta(minutes=5)

# Sent as bare text when a limit is used up.
EXCESS: Final[Mapping[str, str]] = {
    "sign-up": "Too many sign up attempts, please wait 5 minutes",
    "sign-in": "Too many sign in attempts, please wait 5 minutes",
    "sign-out": "Too many sign out attempts, please wait 5 minutes",
    "change-password": "Too many attempts to change password, please wait 5 minutes",
    "request-new-access-token": "Too many attempts to request a new access token, please wait 5 minutes",
}
_OTHERWISE: Final = "Too many requests, please try again later."


def limit_of(generation: Generation, group: str) -> Limit:
    """Return the limit of one endpoint in one generation."""
    return Limit(group, generation.tries[group], _WINDOW, key=_by_project_and_network)


def excess_text(call: Call) -> str:
    """Return what an endpoint says when it was called too often."""
    groups = [limit.group for limit in call.endpoint.limits] if call.endpoint else []
    return next((EXCESS[group] for group in groups if group in EXCESS), _OTHERWISE)


def _by_project_and_network(call: Call, project: Project) -> str | None:
    return None if isinstance(call.caller, ServiceKey) else f"{project.id}/{call.limit_network}"
