"""Twitter, by OAuth 1.0a (RFC 5849 section 2): a request token to go with, an access token to come back for."""

import hmac
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode

from vestibule.core.social.model import AuthorizationRequest, Callback, Departure, ProviderSession, Vouched
from vestibule.kernel.clock import Clock, to_seconds
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.errors import ProviderProfileFailed, ProviderRefused, ProviderUnavailable
from vestibule.kernel.secret import Secret
from vestibule.outbound import Garbled, OutboundFailed, Reply
from vestibule.providers import reading
from vestibule.providers.calls import Calls, log, visible
from vestibule.providers.identity import identity_of
from vestibule.providers.oauth1 import header, signature
from vestibule.providers.row import Endpoints, Row, Said
from vestibule.providers.settings import TwitterSettings

_NO_TOKEN: Final = Secret("")
_NONCE_BYTES: Final = 16

ROW: Final = Row(
    name="twitter",
    issuer="https://api.twitter.com",
    endpoints=Endpoints(authorize="/oauth/authorize", token="/oauth/access_token"),  # noqa: S106 - a path
    scopes=(),
    read=reading.twitter,
    vouches=False,
    because="Twitter does not say whether the address was verified",
    sends_challenge=False,
)


class TwitterProvider:
    """Who came is asked with a token that only the holder of the request token's secret can get."""

    name = ROW.name
    answers_by_form = False

    def __init__(
        self, settings: TwitterSettings, *, callback_url: str, calls: Calls, clock: Clock, entropy: Entropy
    ) -> None:
        self._settings = settings
        self._callback_url = callback_url
        self._calls = calls
        self._clock = clock
        self._entropy = entropy

    async def depart(self, request: AuthorizationRequest) -> Departure:
        """Return where the browser goes, and the request token with its secret. Raises: ProviderUnavailable."""
        back = f"{self._callback_url}?{urlencode({'state': request.state})}"
        try:
            said = _form(await self._post("/oauth/request_token", {"oauth_callback": back}))
        except OutboundFailed as error:
            log.warning("provider.unavailable", provider=self.name, reason=str(error))
            raise ProviderUnavailable from error
        token, secret = visible(said.get("oauth_token")), visible(said.get("oauth_token_secret"))
        if token is None or secret is None or said.get("oauth_callback_confirmed") != "true":
            log.warning("provider.unavailable", provider=self.name, reason="it gave no request token")
            raise ProviderUnavailable
        url = f"{self._settings.url}/oauth/authorize?{urlencode({'oauth_token': token})}"
        return Departure(url, kept=urlencode({"token": token, "secret": secret}))

    async def identify(self, callback: Callback, request: AuthorizationRequest) -> Vouched:
        """Return who came back. Raises: ProviderProfileFailed."""
        kept = {name: values[0] for name, values in parse_qs(request.kept).items()}
        token, verifier = visible(callback.oauth_token), visible(callback.oauth_verifier)
        # Section 2.2: the token that comes back must be the one that this journey began with.
        if token is None or verifier is None or not hmac.compare_digest(token, kept.get("token", "")):
            raise self._failed("it is another journey")
        try:
            access = _form(
                await self._post(
                    "/oauth/access_token",
                    {"oauth_token": token, "oauth_verifier": verifier},
                    Secret(kept.get("secret", "")),
                )
            )
            profile = await self._profile(access)
        except OutboundFailed as error:
            raise self._failed(str(error)) from error
        found = identity_of(ROW, ROW.read(Said(profile=profile)))
        if found is None:
            raise self._failed("it does not say who came")
        return Vouched(found)

    async def refreshed(self, refresh_token: Secret) -> ProviderSession:  # noqa: ARG002 - the protocol's
        """Twitter's tokens do not expire, and nothing renews them. Raises: ProviderRefused."""
        raise ProviderRefused

    async def _profile(self, access: dict[str, str]) -> dict[str, object]:
        token, secret = visible(access.get("oauth_token")), visible(access.get("oauth_token_secret"))
        if token is None or secret is None:
            raise Garbled("it gave no access token")
        url = f"{self._settings.url}/1.1/account/verify_credentials.json?include_email=true"
        reply = await self._calls.get(url, headers=self._signed("GET", url, {"oauth_token": token}, Secret(secret)))
        if reply.status != HTTPStatus.OK:
            raise Garbled(f"the profile was answered with {reply.status}")
        return reply.read(dict[str, object])

    async def _post(self, path: str, parameters: dict[str, str], token_secret: Secret = _NO_TOKEN) -> Reply:
        url = self._settings.url + path
        reply = await self._calls.post(url, headers=self._signed("POST", url, parameters, token_secret))
        if not reply.is_success:
            raise Garbled(f"a token was answered with {reply.status}")
        return reply

    def _signed(self, method: str, url: str, parameters: dict[str, str], token_secret: Secret) -> dict[str, str]:
        signed = {
            **parameters,
            "oauth_consumer_key": self._settings.consumer_key,
            "oauth_nonce": self._entropy.bytes(_NONCE_BYTES).hex(),
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(to_seconds(self._clock.now())),
            "oauth_version": "1.0",
        }
        signed["oauth_signature"] = signature(method, url, signed.items(), self._settings.consumer_secret, token_secret)
        return {"Authorization": header(signed)}

    def _failed(self, why: str) -> ProviderProfileFailed:
        log.warning("provider.failed", provider=self.name, refusal=ProviderProfileFailed.code, why=why)
        return ProviderProfileFailed()


def _form(reply: Reply) -> dict[str, str]:
    try:
        return dict(parse_qsl(reply.body.decode("ascii"), strict_parsing=True))
    except ValueError as error:  # bytes that are no ASCII among them
        raise Garbled("the answer is no form") from error
