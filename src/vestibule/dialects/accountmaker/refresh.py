"""Exchanging a refresh token, from the body or from a browser's cookie."""

import hashlib
from datetime import timedelta
from typing import Final

from vestibule.core.facade import Core
from vestibule.core.sessions import ROTATING, RefreshTerms
from vestibule.dialects.accountmaker.clients import client_of
from vestibule.dialects.accountmaker.cookies import clearing_cookies
from vestibule.dialects.accountmaker.dialect import CLIENT_OF_REFRESH_TOKEN, CSRF_BY_ORIGIN, accountmaker
from vestibule.dialects.accountmaker.presented import PresentedRefresh, refresh_token
from vestibule.dialects.accountmaker.results import Results
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.accountmaker.shapes import RefreshBody, SessionTokens
from vestibule.dialects.accountmaker.tokens import parse_refresh
from vestibule.kernel.errors import EmailNotVerified, InvalidRefreshToken, UserNotActive
from vestibule.wire import Answer, Call, Limit

_HANDLE_BYTES: Final = 8  # the part of the secret that all refresh tokens of a session share


def session_key(call: Call) -> str | None:
    """Return the key that counts refreshes of one session; nothing in it can be turned back into a token."""
    presented = refresh_token(call, call.project.client if call.project else None)
    parsed = parse_refresh(presented.text) if presented else None
    if parsed is None:
        return None
    return hashlib.sha256(parsed.client_id.bytes + parsed.secret[:_HANDLE_BYTES]).hexdigest()


_MINUTE: Final = timedelta(minutes=1)

# A caller can invent sessions without end, so what one network can name is bounded first.
REFRESHES: Final = (
    Limit("refresh-network", 600, _MINUTE, strategy="sliding"),
    Limit("refresh", 60, _MINUTE, key=session_key, strategy="sliding", by_network=False),
)


@accountmaker.post(
    "/auth/refresh",
    limit=REFRESHES,
    marks=[CLIENT_OF_REFRESH_TOKEN, CSRF_BY_ORIGIN],
    tags=["session"],
    raises=[InvalidRefreshToken, EmailNotVerified],
)
async def refresh(
    body: RefreshBody | None,  # noqa: ARG001 - declares the body; the token was needed before, to find the client
    call: Call,
    core: Core,
    results: Results,
    settings: AccountMakerSettings,
) -> Answer[SessionTokens]:
    """Exchange a refresh token for a new pair; the new access token says what the old one said, for longer.

    The body's token counts before the cookie's. A browser whose cookie is refused is told to forget its cookies.
    """
    client = call.project.client if call.project else None
    presented = refresh_token(call, client)
    try:
        return await _refreshed(presented, call, core, results)
    except InvalidRefreshToken:
        if presented is not None and presented.by_cookie:
            now = core.clock.now()
            cleared = clearing_cookies(client, settings)
            call.response_headers += [("set-cookie", cookie.render(now)) for cookie in cleared]
        raise


async def _refreshed(
    presented: PresentedRefresh | None, call: Call, core: Core, results: Results
) -> Answer[SessionTokens]:
    parsed = parse_refresh(presented.text) if presented else None
    if parsed is None or call.project is None:
        raise InvalidRefreshToken
    visit = call.project
    client = client_of(visit)
    terms = RefreshTerms(rotation=ROTATING, client_id=client.id)
    try:
        refreshed = await core.refresh_session(visit, parsed.secret, terms)
    except UserNotActive as refusal:
        raise InvalidRefreshToken from refusal  # clients take only a 401 as the end of the session
    return await results.refreshed(call, visit, refreshed.session, refreshed.secret)
