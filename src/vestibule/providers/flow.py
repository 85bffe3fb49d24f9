"""The one journey to an OAuth 2 provider and back, over whatever row it is.

What protects it, besides the state that the core keeps: PKCE (RFC 7636) and, with ID tokens, the nonce (security 44);
`iss` is compared when it comes and is known (RFC 9207, security 45); the ID token is the one of the token response,
never what came through the browser; no answer is followed anywhere else (security 49).
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import msgspec

from vestibule.core.social.model import AuthorizationRequest, Callback, Departure, ProviderSession, Vouched
from vestibule.core.social.words import error_code
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import (
    InvalidIdToken,
    ProviderExchangeFailed,
    ProviderProfileFailed,
    ProviderRefused,
    ProviderUnavailable,
)
from vestibule.kernel.secret import Secret
from vestibule.outbound import Garbled, OutboundFailed, Reply
from vestibule.providers.apple import client_secret
from vestibule.providers.calls import Calls, log, visible
from vestibule.providers.id_token import IdTokenChecks, has_nonce, hashed_nonce, is_issuer
from vestibule.providers.identity import identity_of
from vestibule.providers.members import member
from vestibule.providers.row import ClientAuthentication, Endpoints, Said
from vestibule.providers.settings import AppleKey, ConfiguredProvider

FindEndpoints = Callable[[], Awaitable[Endpoints]]

_LONGEST_PARAMETER: Final = 255
_LONGEST_LIFE: Final = timedelta(days=3_650).total_seconds()
_OPENID: Final = "openid"


class _Tokens(msgspec.Struct, frozen=True):
    access_token: Any = None  # Any: providers write what they like; `visible` and `_expiry` judge it
    refresh_token: Any = None
    id_token: Any = None
    expires_in: Any = None
    error: Any = None


class OAuth2Provider:
    """One configured provider. `endpoints` raises OutboundFailed; `checks` judges ID tokens, where the row has them."""

    def __init__(
        self,
        configured: ConfiguredProvider,
        *,
        callback_url: str,
        endpoints: FindEndpoints,
        checks: IdTokenChecks | None,
        calls: Calls,
        clock: Clock,
    ) -> None:
        self._configured = configured
        self._row = configured.row
        self._callback_url = callback_url
        self._endpoints = endpoints
        self._checks = checks
        self._calls = calls
        self._clock = clock
        # Apple gives an ID token always, others when they are asked for one.
        is_asked = _OPENID in configured.scopes or isinstance(configured.client_secret, AppleKey)
        self._id_tokens = self._row.id_tokens if is_asked else None

    @property
    def name(self) -> str:
        """The name on the wire."""
        return self._row.name

    @property
    def answers_by_form(self) -> bool:
        """Whether the browser comes back with a POST from the provider's page."""
        return self._row.answers_by_form

    async def depart(self, request: AuthorizationRequest) -> Departure:
        """Return where the browser goes. Raises: ProviderUnavailable."""
        try:
            endpoints = await self._endpoints()
        except OutboundFailed as error:
            log.warning("provider.unavailable", provider=self.name, reason=str(error))
            raise ProviderUnavailable from error
        row = self._row
        asked = {name: value for name, value in request.parameters.items() if name in row.passes and _is_short(value)}
        parameters = {
            **row.extra,
            **self._configured.extra,
            **asked,
            "client_id": self._configured.client_id,
            "redirect_uri": self._callback_url,
            "response_type": "code",
            "state": request.state,
        }
        if self._configured.scopes:
            parameters["scope"] = row.joins_scopes.join(self._configured.scopes)
        if row.sends_challenge:
            parameters |= {"code_challenge": _challenge(request.code_verifier), "code_challenge_method": "S256"}
        if self._id_tokens is not None and self._id_tokens.has_nonce:
            parameters["nonce"] = hashed_nonce(request.nonce)
        between = "&" if "?" in endpoints.authorize else "?"
        return Departure(endpoints.authorize + between + urlencode(sorted(parameters.items())))

    async def identify(self, callback: Callback, request: AuthorizationRequest) -> Vouched:
        """Return who came back. Raises: ProviderExchangeFailed, ProviderProfileFailed."""
        try:
            endpoints = await self._endpoints()
        except OutboundFailed as error:
            raise self._failed(ProviderExchangeFailed, str(error)) from error
        self._refuse_another(callback.issuer, endpoints)
        tokens = await self._exchange(endpoints, callback, request)
        claims = await self._claims(tokens, request)
        said = await self._said(endpoints, tokens, claims, callback)
        found = identity_of(self._row, self._row.read(said))
        if found is None:
            raise self._failed(ProviderProfileFailed, "it does not say who came")
        session = self._session(tokens)
        return Vouched(found, session)

    async def refreshed(self, refresh_token: Secret) -> ProviderSession:
        """Return a new session of the provider's. Raises: ProviderRefused."""
        if visible(refresh_token.reveal()) is None:
            raise ProviderRefused
        try:
            endpoints = await self._endpoints()
            tokens = await self._ask_for_tokens(
                endpoints, {"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()}
            )
        except OutboundFailed as error:
            log.warning("provider.unavailable", provider=self.name, reason=str(error))
            raise ProviderRefused from error
        session = self._session(tokens)
        if session is None:
            raise ProviderRefused(error_code(tokens.error))
        return session

    def _refuse_another(self, issuer: str | None, endpoints: Endpoints) -> None:
        # RFC 9207 section 2.4: also a missing one is refused where the provider promises to send it.
        if not self._row.has_known_iss or (issuer is None and not endpoints.names_itself):
            return
        expected = self._row.issuer if self._row.id_tokens is None else self._row.id_tokens.issuer
        if not is_issuer(expected, issuer):
            raise self._failed(ProviderExchangeFailed, "another provider answered")

    async def _exchange(self, endpoints: Endpoints, callback: Callback, request: AuthorizationRequest) -> _Tokens:
        code = visible(callback.code)
        if code is None:
            raise self._failed(ProviderExchangeFailed, "there is no code")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._callback_url}
        if self._row.sends_challenge:
            form["code_verifier"] = request.code_verifier
        try:
            tokens = await self._ask_for_tokens(endpoints, form)
        except OutboundFailed as error:
            raise self._failed(ProviderExchangeFailed, str(error)) from error
        if visible(tokens.access_token) is None:
            raise self._failed(ProviderExchangeFailed, f"it gave no token: {error_code(tokens.error)}")
        return tokens

    async def _ask_for_tokens(self, endpoints: Endpoints, form: Mapping[str, str]) -> _Tokens:
        """Return the answer, which may be an error with status 200. Raises: OutboundFailed."""
        secret = self._configured.client_secret
        if isinstance(secret, AppleKey):
            secret = client_secret(secret, self._configured.client_id, self._clock.now())
        basic = None
        if self._row.authentication is ClientAuthentication.BASIC:
            # RFC 6749 section 2.3.1: encoded as in a form, then put together.
            basic = (quote_plus(self._configured.client_id), Secret(quote_plus(secret.reveal())))
        else:
            form = {**form, "client_id": self._configured.client_id, "client_secret": secret.reveal()}
        reply = await self._calls.post(endpoints.token, form=form, basic=basic)
        if reply.is_success:
            return reply.read(_Tokens)
        said = _error(reply)
        log.warning("provider.no_tokens", provider=self.name, status=reply.status, said=said)
        return _Tokens(error=said)

    async def _claims(self, tokens: _Tokens, request: AuthorizationRequest) -> Mapping[str, object]:
        if self._id_tokens is None or self._checks is None:
            return {}
        if not isinstance(tokens.id_token, str):
            raise self._failed(ProviderProfileFailed, "it gave no ID token")
        try:
            claims = await self._checks(tokens.id_token)
        except InvalidIdToken as error:
            raise self._failed(ProviderProfileFailed, "its ID token is not good") from error
        if self._id_tokens.has_nonce and not has_nonce(claims, request.nonce):
            raise self._failed(ProviderProfileFailed, "its ID token answers another request")
        return claims

    async def _said(
        self, endpoints: Endpoints, tokens: _Tokens, claims: Mapping[str, object], callback: Callback
    ) -> Said:
        access_token = str(tokens.access_token)
        try:
            profile = await self._document(endpoints.profile, access_token)
            emails = await self._document(endpoints.emails, access_token)
        except OutboundFailed as error:
            raise self._failed(ProviderProfileFailed, str(error)) from error
        profile = profile if isinstance(profile, dict) else {}
        if self._id_tokens is not None and endpoints.profile:
            # OpenID Connect Core 1.0 section 5.3.2 (security 8)
            subject = profile.get(self._id_tokens.sub_in_profile)
            if subject is None or subject != claims.get("sub"):
                raise self._failed(ProviderProfileFailed, "profile and ID token speak of different people")
        return Said(profile=profile, emails=emails, claims=claims, user=callback.user or "")

    async def _document(self, url: str, access_token: str) -> object:
        if not url:
            return None
        headers = {"Authorization": f"Bearer {access_token}"}
        if self._row.asks_with_client_id:
            headers[self._row.asks_with_client_id] = self._configured.client_id
        reply = await self._calls.get(url, headers=headers)
        if reply.status != HTTPStatus.OK:
            raise Garbled(f"the profile was answered with {reply.status}")
        return reply.read(object)

    def _session(self, tokens: _Tokens) -> ProviderSession | None:
        access_token, refresh_token = visible(tokens.access_token), visible(tokens.refresh_token)
        if access_token is None:
            return None
        return ProviderSession(
            access_token=Secret(access_token),
            expires_at=_expiry(tokens.expires_in, self._clock.now()),
            refresh_token=None if refresh_token is None else Secret(refresh_token),
        )

    def _failed(self, kind: type[ProviderUnavailable], why: str) -> ProviderUnavailable:
        log.warning("provider.failed", provider=self.name, refusal=kind.code, why=why)
        return kind()


def _challenge(code_verifier: str) -> str:
    # RFC 7636 section 4.2
    return urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()


def _is_short(value: str) -> bool:
    return 0 < len(value) <= _LONGEST_PARAMETER and value.isprintable()


def _error(reply: Reply) -> str:
    # RFC 6749 section 5.2, as far as they keep it.
    try:
        return error_code(member(reply.json(), "error"))
    except OutboundFailed:
        return ""


def _expiry(expires_in: object, now: datetime) -> datetime | None:
    # Microsoft's older endpoint writes the number as text.
    if isinstance(expires_in, str) and expires_in.isascii() and expires_in.isdigit():
        expires_in = int(expires_in[:20])
    if isinstance(expires_in, bool) or not isinstance(expires_in, int) or not 0 < expires_in <= _LONGEST_LIFE:
        return None
    return now + timedelta(seconds=expires_in)
