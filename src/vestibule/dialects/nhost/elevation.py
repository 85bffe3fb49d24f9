"""What somebody who is signed in can prove themselves with again, before a sensitive change."""

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import bearer, nhost
from vestibule.dialects.nhost.limits import BRUTE_FORCE
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import Caller


@nhost.get(
    "/elevate",
    auth=bearer,
    limit=BRUTE_FORCE,
    raises=STANDING,
    tags=("security",),
    operation="getElevation",
)
async def get_elevation(caller: Caller, project: Project, core: Core) -> shapes.Elevation:
    """Answer whether sensitive changes need a fresh proof, which ones this user has, and whether one was just given."""
    subject = await core.users.welcome(core.db, project.id, project.policy, caller.user_id)
    need = await core.elevation.need(project, subject)
    return shapes.Elevation(
        elevation_required=need.is_required, methods=list(need.methods), session_elevated=caller.is_elevated
    )
