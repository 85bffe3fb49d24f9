"""Nhost Auth as a dialect: its manners, how it finds the project, how it knows the caller."""

from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final

from vestibule import __version__
from vestibule.core.facade import Core
from vestibule.core.projects import Project, Visit
from vestibule.core.signin import DoorTerms
from vestibule.dialects.nhost.errors import error_table
from vestibule.dialects.nhost.limits import GLOBAL
from vestibule.dialects.nhost.rendering import render
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shapes import encode
from vestibule.dialects.nhost.shapes.errors import ErrorResponse
from vestibule.dialects.nhost.tokens import DIALECT, AccessTokens, Caller
from vestibule.kernel.errors import (
    ClaimsUnavailable,
    ElevationRequired,
    InvalidAccessToken,
    ProjectNotFound,
    Unauthenticated,
    UserNotFound,
)
from vestibule.wire import CREDENTIAL_REFUSALS, Call, Dialect, EchoOrigin

ENROLS: Final = "enrols"  # the mark of endpoints where somebody without any second proof adds the first one
OUTLASTS_SESSION: Final = "outlasts-session"  # the mark of endpoints that only read: an access token is enough
OURS: Final = ("/_/api",)  # the base of what Nhost Auth does not have, in the manners of this dialect
FOR_ANYBODY: Final = "for-anybody"  # the mark of endpoints that also answer on hosts of other doors' projects


def _dialect(settings: NhostSettings) -> Dialect:
    return Dialect(
        DIALECT,
        title="Nhost Auth",
        version=__version__,
        description="Speaks the HTTP API of Nhost Auth; `@nhost/nhost-js` works unmodified.",
        bases=("", "/v1"),
        render=render,
        errors=error_table(settings),
        error_schema=ErrorResponse,
        unknown_members="refuse",
        cors=EchoOrigin(methods=("POST", "GET"), headers=None, max_age_seconds=86_400),
        encode=encode,
        redirect_slashes=True,
        common_raises=(ProjectNotFound, ClaimsUnavailable),  # most of what is asked for ends in a token
        limits=(GLOBAL,),
        limit_scope=lambda call: str(call.project.public_id),
    )


nhost: Final = _dialect(NhostSettings())


def configured(settings: NhostSettings, *, guarded: AbstractSet[str] = frozenset()) -> Dialect:
    """Return the dialect with the same endpoints and the operator's error table, and with the guards of these marks."""
    dialect = _dialect(settings)
    dialect.guards = [guard for guard in nhost.guards if guard.mark in guarded]
    dialect.endpoints = nhost.endpoints
    dialect.project_function = nhost.project_function
    return dialect


@nhost.project
async def find_project(call: Call, core: Core) -> Project:
    """Return the project that the host is bound to, else the default one. Raises: ProjectNotFound."""
    bound = await core.catalog.by_host(call.host)
    project = bound[0] if bound else await core.catalog.default()
    if DIALECT not in project.dialects and (call.endpoint is None or FOR_ANYBODY not in call.endpoint.marks):
        raise ProjectNotFound
    return project


@nhost.auth(
    "BearerAuth",
    scheme={"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    header=b"authorization",
)
async def bearer(call: Call, project: Project, core: Core, tokens: AccessTokens) -> Caller:
    """Return who calls. Raises: Unauthenticated, InvalidAccessToken."""
    return await _caller(call, project, core, tokens)


@nhost.auth(
    "BearerAuthElevated",
    scheme={"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    header=b"authorization",
    raises=(*CREDENTIAL_REFUSALS, ElevationRequired),
)
async def elevated(call: Call, project: Project, core: Core, tokens: AccessTokens) -> Caller:
    """Return who calls, and has proven themselves again where the project wants it.

    Raises: Unauthenticated, InvalidAccessToken, ElevationRequired.
    """
    caller = await _caller(call, project, core, tokens)
    await core.elevation.refuse_unless_elevated(
        project,
        caller.user_id,
        is_elevated=caller.is_elevated,
        may_enrol=call.endpoint is not None and ENROLS in call.endpoint.marks,
    )
    return caller


async def _caller(call: Call, project: Project, core: Core, tokens: AccessTokens) -> Caller:
    scheme, space, token = (call.header("authorization") or "").partition(" ")
    if scheme != "Bearer" or not space or not token or " " in token:
        raise Unauthenticated
    caller = await tokens.caller(project, token)
    if call.endpoint is None or OUTLASTS_SESSION not in call.endpoint.marks:
        await refuse_unless_signed_in(project, core, caller)
    return caller


async def refuse_unless_signed_in(project: Project, core: Core, caller: Caller) -> None:
    """Refuse an access token whose session has ended: nothing lasting comes of it (security 29, 31, 32).

    Tokens that some other server of the operator made speak of no session. Who is gone or shut out hears that from the
    endpoint, in its order of checks. Raises: InvalidAccessToken.
    """
    session_id = caller.session_id
    if session_id is None or await core.live_sessions.includes(project.id, caller.user_id, session_id):
        return
    with suppress(UserNotFound):
        subject = await core.users.subject(core.db, project.id, caller.user_id)
        if subject.status == "active":
            raise InvalidAccessToken


def visit_of(call: Call, project: Project) -> Visit:
    """Return the request as the core sees it."""
    return Visit(project, DIALECT, call.client_network, call.request_id, None, call.claimed_network is not None)


def door_terms(project: Project) -> DoorTerms:
    """Return what sessions are like here."""
    return DoorTerms(life=project.policy.refresh_token_life)
