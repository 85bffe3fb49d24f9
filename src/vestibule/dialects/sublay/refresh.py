"""A new access token for a refresh token."""

from msgspec import UNSET

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.sessions import FIXED, RefreshTerms
from vestibule.dialects.sublay.callers import visit_of
from vestibule.dialects.sublay.cookies import presented_refresh_token
from vestibule.dialects.sublay.dialect import in_every_generation
from vestibule.dialects.sublay.generations import generation_of
from vestibule.dialects.sublay.people import auth_user
from vestibule.dialects.sublay.shapes import NobodyAnswer, RefreshAnswer, RefreshBody
from vestibule.dialects.sublay.tokens import Tokens
from vestibule.kernel.errors import (
    EmailNotVerified,
    ForeignRefreshToken,
    InvalidRefreshToken,
    MalformedRefreshToken,
    RefreshTokenReused,
    UserNotActive,
)
from vestibule.wire import Call


@in_every_generation(
    "/auth/request-new-access-token",
    group="request-new-access-token",
    raises=(
        MalformedRefreshToken,
        ForeignRefreshToken,
        InvalidRefreshToken,
        RefreshTokenReused,
        UserNotActive,
        EmailNotVerified,
    ),
)
async def request_new_access_token(
    body: RefreshBody | None, call: Call, project: Project, core: Core, tokens: Tokens
) -> RefreshAnswer | NobodyAnswer:
    """Exchange a refresh token for an access token; since v7 for a new refresh token as well.

    Without a token nobody is signed in, which is no error. v5 and v6 know only tokens that never change, so a session
    of v7 is refused there; theirs goes on at v7 with the token that it has.
    """
    token = presented_refresh_token(call, project, body.refresh_token if body else None)
    if token is None:
        return NobodyAnswer()
    is_legacy = generation_of(call).is_legacy
    terms = RefreshTerms(rotation=FIXED if is_legacy else None)
    live = await core.refresh_session(visit_of(call, project), tokens.secret(project, token), terms)
    return RefreshAnswer(
        access_token=tokens.access(project, live.session),
        refresh_token=UNSET if is_legacy else tokens.refresh(project, live.session, live.secret),
        user=auth_user(project, live.subject),
    )
