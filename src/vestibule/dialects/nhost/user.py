"""The user about itself."""

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import OUTLASTS_SESSION, bearer, nhost
from vestibule.dialects.nhost.shared_refusals import STANDING
from vestibule.dialects.nhost.tokens import Caller


@nhost.get(
    "/user",
    auth=bearer,
    marks=(OUTLASTS_SESSION,),
    raises=STANDING,
    tags=("user",),
    operation="getUser",
)
async def get_user(caller: Caller, project: Project, core: Core) -> shapes.User:
    """Answer who is signed in."""
    subject = await core.users.welcome(core.db, project.id, project.policy, caller.user_id)
    return shapes.user_entity(subject, mfa_type=subject.mfa_type, roles=subject.roles)
