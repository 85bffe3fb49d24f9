"""Who is calling, and their own profile."""

from dataclasses import dataclass

from vestibule.core.facade import Core
from vestibule.core.projects import Visit
from vestibule.core.users import Subject
from vestibule.dialects.accountmaker.clients import visit_of
from vestibule.dialects.accountmaker.dialect import CLIENT_OF_ACCESS_TOKEN, accountmaker
from vestibule.dialects.accountmaker.presented import access_token
from vestibule.dialects.accountmaker.shapes import SessionProfile, session_profile
from vestibule.dialects.accountmaker.tokens import AccessTokens, TokenHolder
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidAccessToken,
    Unauthenticated,
    UserNotActive,
    UserNotFound,
)
from vestibule.wire import Call


@dataclass(frozen=True, slots=True)
class Caller:
    """A user with a live access token, as they are now."""

    visit: Visit
    holder: TokenHolder
    subject: Subject


@accountmaker.auth(
    "BearerAuth",
    scheme={"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    raises=[Unauthenticated, InvalidAccessToken, EmailNotVerified, EmailRefused, AnonymousNotAllowed],
)
async def bearer(call: Call, core: Core, tokens: AccessTokens) -> Caller:
    """Find out who calls: by bearer token, without an Authorization header by cookie; the user is read each time.

    Raises: Unauthenticated, InvalidAccessToken, EmailNotVerified, EmailRefused, AnonymousNotAllowed.
    """
    token = access_token(call, call.project.client if call.project else None)
    if token is None:
        raise Unauthenticated
    if call.project is None:
        raise InvalidAccessToken
    visit = visit_of(call)
    holder = await tokens.holder(visit, token)
    try:
        subject = await core.users.welcome(core.db, visit.project.id, visit.project.policy, holder.user_id)
    except (UserNotFound, UserNotActive) as refusal:
        raise InvalidAccessToken from refusal
    return Caller(visit, holder, subject)


@accountmaker.get("/auth/me", auth=bearer, marks=[CLIENT_OF_ACCESS_TOKEN], tags=["session"])
async def me(caller: Caller, core: Core) -> SessionProfile:
    """Read one's own profile, as it is now: addresses, memberships, and the account that the token works in."""
    project, subject = caller.visit.project, caller.subject
    async with core.db.read() as reading:
        credentials = await core.users.credentials(reading, project.id, subject.id)
        memberships = await core.accounts.memberships(reading, project.id, subject.id)
    return session_profile(project, subject, credentials, memberships, caller.holder.account_id)
