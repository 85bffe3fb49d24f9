"""The token endpoint (RFC 6749 sections 4.1.3 and 6, RFC 7636 section 4.6): one code, once, for the one who asked."""

import hashlib
import hmac
from base64 import b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Final
from urllib.parse import unquote_plus

import msgspec

from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.web.dev_provider.clients import Client, Clients
from vestibule.web.dev_provider.grants import Grant
from vestibule.web.dev_provider.id_tokens import LIFE, IdTokens
from vestibule.web.dev_provider.memory import Kept
from vestibule.web.dev_provider.saying import Said, delayed, in_json, oauth_error, spoiled

CODE: Final = "code"
HYBRID: Final = "code id_token"

_CODE_LIFE: Final = timedelta(minutes=1)
_REFRESH_LIFE: Final = timedelta(days=30)


class TokenForm(msgspec.Struct, frozen=True):
    """A token request. The client names itself here or in the Authorization header, not in both."""

    grant_type: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None
    refresh_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


class TokenEndpoint:
    """Gives tokens at `url`, and knows the codes and tokens that are out."""

    def __init__(
        self,
        url: str,
        clients: Clients,
        id_tokens: IdTokens,
        *,
        clock: Clock,
        entropy: Entropy,
        slowness: timedelta,
    ) -> None:
        self._url = url
        self._clients = clients
        self._id_tokens = id_tokens
        self._slowness = slowness
        self._codes: Kept[Grant] = Kept(clock, entropy, _CODE_LIFE)
        self._spent: Kept[Grant] = Kept(clock, entropy, _CODE_LIFE)
        self._access: Kept[Grant] = Kept(clock, entropy, LIFE)
        self._refresh: Kept[Grant] = Kept(clock, entropy, _REFRESH_LIFE)

    def code_for(self, grant: Grant) -> str:
        """Return a code that stands for `grant`."""
        return self._codes.put(grant)

    def grant_of(self, access_token: str) -> Grant | None:
        """Return what an access token stands for; None when it is none."""
        return self._access.get(access_token)

    def __call__(self, form: TokenForm, authorization: str | None, *, redirected: bool) -> Said:
        """Answer a token request; `redirected` is one that followed the redirect of Fault.REDIRECT."""
        client = self._client(form, authorization)
        if client is None:
            challenge = ("WWW-Authenticate", 'Basic realm="token"')
            return oauth_error("invalid_client", "Unknown client, or not its secret", 401, challenge)
        match form.grant_type:
            case "authorization_code":
                return self._for_code(client, form, redirected=redirected)
            case "refresh_token":
                return self._for_refresh(client, form)
            case _:
                return oauth_error("unsupported_grant_type", "grant_type is authorization_code or refresh_token")

    def _client(self, form: TokenForm, authorization: str | None) -> Client | None:
        named, secret = form.client_id, form.client_secret
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() == "basic":
            if secret is not None:
                return None  # RFC 6749 section 2.3: one method in one request
            try:
                user, _, password = b64decode(encoded, validate=True).decode().partition(":")
            except ValueError:
                return None
            named, secret = unquote_plus(user), unquote_plus(password)  # RFC 6749 section 2.3.1
        client = self._clients.find(named)
        return client if client is not None and secret is not None and client.accepts(secret) else None

    def _for_code(self, client: Client, form: TokenForm, *, redirected: bool) -> Said:
        grant = self._codes.get(form.code)
        if grant is None:
            self._revoke(self._spent.get(form.code))
            return oauth_error("invalid_grant", "The code is unknown, spent or over")
        if grant.client is not client or grant.redirect_uri != form.redirect_uri:
            return oauth_error("invalid_grant", "The code was made for another client or redirect URI")
        instead = None if redirected else spoiled(grant.fault, self._url)
        if instead is not None:
            return instead
        self._codes.take(form.code)
        self._spent.put(grant, form.code)
        if not _verifies(grant.code_challenge, form.code_verifier):
            return oauth_error("invalid_grant", "The code_verifier does not belong to the challenge")
        return delayed(self._tokens(grant), grant.fault, self._slowness)

    def _for_refresh(self, client: Client, form: TokenForm) -> Said:
        grant = self._refresh.get(form.refresh_token)
        if grant is None or grant.client is not client:
            return oauth_error("invalid_grant", "The refresh token is unknown, spent or over")
        self._refresh.take(form.refresh_token)
        return self._tokens(grant)

    def _tokens(self, grant: Grant) -> Said:
        access_token = self._access.put(grant)
        answer: dict[str, object] = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": int(LIFE.total_seconds()),
            "refresh_token": self._refresh.put(grant),
            "scope": " ".join(sorted(grant.scopes)),
        }
        if "openid" in grant.scopes or "name" in grant.scopes:  # Apple's scopes are name and email
            answer["id_token"] = self._id_tokens.issue(grant, access_token=access_token)
        return in_json(answer)

    def _revoke(self, grant: Grant | None) -> None:
        """Void what came of a code that is presented again: one of the two is a thief (RFC 6749 section 4.1.2)."""
        if grant is not None:
            self._access.forget(lambda other: other is grant)
            self._refresh.forget(lambda other: other is grant)


def _verifies(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None or verifier is None:
        return challenge is verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
