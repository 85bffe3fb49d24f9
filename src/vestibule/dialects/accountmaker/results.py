"""From a session of the core to what the caller holds: both tokens, the profile, and for browsers the cookies."""

from dataclasses import dataclass

from vestibule.core.facade import Core
from vestibule.core.projects import Visit
from vestibule.core.sessions import Session
from vestibule.core.signin import SecondFactorRequired, SignedIn
from vestibule.dialects.accountmaker.clients import client_of
from vestibule.dialects.accountmaker.cookies import is_browser_like, token_cookie
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.accountmaker.shapes import AuthenticationResult, SessionTokens, session_profile
from vestibule.dialects.accountmaker.tokens import AccessTokens, refresh_text
from vestibule.kernel.errors import SecondFactorUnavailable
from vestibule.wire import Answer, Call, Cookie


@dataclass(frozen=True, slots=True)
class Results:
    """Writes the answers that carry tokens."""

    core: Core
    tokens: AccessTokens
    settings: AccountMakerSettings

    async def signed_in(
        self, call: Call, visit: Visit, outcome: SignedIn | SecondFactorRequired
    ) -> Answer[AuthenticationResult]:
        """Answer a sign-in. Raises: SecondFactorUnavailable, since this door cannot ask for a second factor yet."""
        if isinstance(outcome, SecondFactorRequired):
            raise SecondFactorUnavailable
        tokens = await self._tokens(visit, outcome.session, outcome.secret)
        subject = outcome.subject
        credentials = await self.core.users.credentials(self.core.db, visit.project.id, subject.id)
        profile = session_profile(visit.project, subject, credentials, outcome.memberships, outcome.session.account_id)
        return Answer(
            AuthenticationResult(tokens, profile), cookies=self._cookies(call, visit, outcome.session, tokens)
        )

    async def refreshed(self, call: Call, visit: Visit, session: Session, secret: bytes) -> Answer[SessionTokens]:
        """Answer a refresh."""
        tokens = await self._tokens(visit, session, secret)
        return Answer(tokens, cookies=self._cookies(call, visit, session, tokens))

    async def _tokens(self, visit: Visit, session: Session, secret: bytes) -> SessionTokens:
        client = client_of(visit)
        return SessionTokens(
            access_token=await self.tokens.issue(client, visit.project, session),
            refresh_token=refresh_text(client, secret),
            expires_in=int(client.terms.access_life.total_seconds()),
        )

    def _cookies(self, call: Call, visit: Visit, session: Session, tokens: SessionTokens) -> list[Cookie]:
        client = client_of(visit)
        if not is_browser_like(call, client):
            return []
        remaining = session.expires_at - self.core.clock.now()
        return [
            token_cookie(client, "access_token", tokens.access_token, client.terms.access_life, self.settings),
            token_cookie(client, "refresh_token", tokens.refresh_token, remaining, self.settings),
        ]
