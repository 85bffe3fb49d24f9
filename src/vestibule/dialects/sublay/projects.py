"""What clients ask before anybody signs in: is the key good, what is this project."""

from vestibule.core.projects import Project, ServiceKey
from vestibule.dialects.sublay.dialect import WITH_COOKIES, backend, sublay
from vestibule.dialects.sublay.generations import INTERNAL, V7
from vestibule.dialects.sublay.shapes import KeyAnswer, LeanProject


@sublay.get("/service/verify", bases=(INTERNAL,), auth=backend, tags=("internal",))
async def verify_service_key(caller: ServiceKey, project: Project) -> KeyAnswer:  # noqa: ARG001 - asked for so that there is one
    """Tell a backend that its service key is good for the project that its headers name."""
    return KeyAnswer(project_id=project.public_id)


@sublay.get("/projects/lean", bases=V7.bases, tags=("v7",))
async def lean_project(project: Project) -> LeanProject:
    """Tell clients which project this is; they ask when they start."""
    return LeanProject(project.public_id, project.name, [])


@sublay.get("/projects/{project}/lean", bases=(INTERNAL,), cors=WITH_COOKIES, tags=("internal",))
async def internal_lean_project(project: Project) -> LeanProject:
    """Tell clients of v5 and v6 which project this is."""
    return LeanProject(project.public_id, project.name, [])
