"""The dialect itself: its paths, its projects, its callers, and how an endpoint is declared in every generation."""

from collections.abc import Callable, Sequence
from typing import Final

from vestibule.core.facade import Core
from vestibule.core.projects import Project, ServiceKey
from vestibule.dialects.sublay.callers import Caller, named_project, presented_token, service_key
from vestibule.dialects.sublay.errors import ERRORS, render
from vestibule.dialects.sublay.generations import GENERATIONS, INTERNAL, Generation
from vestibule.dialects.sublay.limits import limit_of
from vestibule.dialects.sublay.shapes import ErrorBody
from vestibule.dialects.sublay.tokens import DIALECT, Tokens
from vestibule.kernel.errors import InvalidAccessToken, InvalidServiceKey, ProjectNotFound, Refusal, Unauthenticated
from vestibule.wire import Call, Dialect, ListedOrigins
from vestibule.wire.declaration import F

_METHODS: Final = ("GET", "POST", "PATCH", "DELETE", "OPTIONS")
_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "X-Sublay-Project-ID",
    "X-Replyke-Project-ID",
    "X-Sublay-Internal",
    "X-Replyke-Internal",
)


def _origins(project: Project | None) -> tuple[str, ...]:
    return () if project is None else project.policy.allowed_origins


# v5 and v6 clients send cookies, so their answers must name the very origin; v7 clients never do.
WITH_COOKIES: Final = ListedOrigins(_origins, credentials=True, methods=_METHODS, headers=_HEADERS)
WITHOUT_COOKIES: Final = ListedOrigins(_origins, methods=_METHODS, headers=_HEADERS)

sublay: Final = Dialect(
    DIALECT,
    title="Sublay and Replyke authentication",
    version="7",
    description="The auth API of Replyke v5 and v6 and of Sublay v7, side by side.",
    bases=tuple(base for generation in GENERATIONS for base in generation.bases),
    prefixes=("/v5", "/v6", "/v7", "/v8", "/api/v5", "/api/v6", "/api/v7", INTERNAL),
    render=render,
    errors=ERRORS,
    error_schema=ErrorBody,
    common_raises=(ProjectNotFound,),
    cors=WITHOUT_COOKIES,
    limit_headers=True,
    tags=tuple(generation.name for generation in reversed(GENERATIONS)),
)


@sublay.project
async def find_project(call: Call, core: Core) -> Project:
    """Find the project that path or headers name, and see whether a service key came along.

    The key is looked at this early since the rate limits spare its bearer.
    """
    in_path = call.params.get("project")
    try:
        project = await _open_project(core, in_path or named_project(call))
    except ProjectNotFound as error:
        if in_path is None:  # only a key's check names its project in headers alone
            raise InvalidServiceKey from error
        raise
    call.caller = await service_key(call, project, core)
    return project


async def _open_project(core: Core, public_id: str | None) -> Project:
    if public_id is None:
        raise ProjectNotFound
    project = await core.catalog.project(public_id)
    if DIALECT not in project.dialects:
        raise ProjectNotFound
    return project


@sublay.auth(
    "BearerAuth",
    scheme={"type": "http", "scheme": "bearer", "bearerFormat": "JWT or service key"},
    raises=(Unauthenticated, InvalidAccessToken),
)
async def signed_in(call: Call, project: Project, tokens: Tokens) -> Caller:
    """Let service keys and live access tokens of this project pass."""
    if isinstance(call.caller, ServiceKey):
        return call.caller
    token = presented_token(call)
    if token is None:
        raise Unauthenticated
    return tokens.end_user(project, token)


@sublay.auth("ServiceKey", scheme={"type": "http", "scheme": "bearer"}, raises=(InvalidServiceKey,))
async def backend(call: Call) -> ServiceKey:
    """Let service keys pass, and nobody else."""
    if not isinstance(call.caller, ServiceKey):
        raise InvalidServiceKey
    return call.caller


def cors_of(generation: Generation) -> ListedOrigins:
    """Return which browsers may read this generation's answers."""
    return WITH_COOKIES if generation.is_legacy else WITHOUT_COOKIES


def in_every_generation(
    path: str, *, group: str, raises: Sequence[type[Refusal]], status: int = 200, guarded: bool = False
) -> Callable[[F], F]:
    """Decorate the handler of POST `path` in all generations; `guarded` ones want a caller."""

    def declare(function: F) -> F:
        for generation in GENERATIONS:
            sublay.post(
                path,
                bases=generation.bases,
                cors=cors_of(generation),
                limit=limit_of(generation, group),
                auth=signed_in if guarded else None,
                raises=raises,
                status=status,
                marks=(group,),
                tags=(generation.name,),
                operation=f"{generation.name}_{getattr(function, '__name__', group)}",
            )(function)
        return function

    return declare
