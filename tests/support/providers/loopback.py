"""A provider of identities on loopback: the one that developers get, with a test as its only visitor.

It speaks OAuth 2 with PKCE, OpenID Connect, Apple's answer by form, and OAuth 1.0a, at the paths of the real one
without `/_/provider` before them. Unless it `shows_page` it asks nobody: `person` comes, and `fault` goes wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

import jwt
import msgspec

from tests.support.providers.standing_in import Answer, Seen, StandIn
from vestibule.core.signing import Algorithm
from vestibule.kernel.clock import Clock, SystemClock
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.web.dev_provider import Client, Fault, OAuth1Provider, OpenIdProvider, pages
from vestibule.web.dev_provider.grants import Asked, AuthorizeQuery
from vestibule.web.dev_provider.oauth1 import SignedRequest
from vestibule.web.dev_provider.people import PEOPLE, Person, made_up, person_called
from vestibule.web.dev_provider.saying import Said
from vestibule.web.dev_provider.tokens import TokenForm

READER, NEWCOMER, GUEST = PEOPLE
CLIENT_ID: Final = "acme-notes"
CLIENT_SECRET: Final = "a secret of Acme Notes: +/%&="


def client_of(*redirect_uris: str, client_id: str = CLIENT_ID, needs_pkce: bool = True) -> Client:
    """Return a registration for these redirect URIs."""
    return Client(
        id=client_id,
        name="Acme Notes",
        secret=Secret(CLIENT_SECRET),
        redirect_uris=frozenset(redirect_uris),
        needs_pkce=needs_pkce,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleClient(Client):
    """A client that proves itself as Apple wants it: by a JWT made for this request. `secret` is its public key."""

    team_id: str
    key_id: str

    def accepts(self, secret: str) -> bool:
        """Tell whether the JWT is good."""
        try:
            is_known = jwt.get_unverified_header(secret)["kid"] == self.key_id
            claims = jwt.decode(
                secret,
                self.secret.reveal(),
                algorithms=["ES256"],
                issuer=self.team_id,
                audience="https://appleid.apple.com",
                options={"require": ["exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, KeyError):
            return False
        return bool(is_known and claims["sub"] == self.id)


@dataclass
class LoopbackProvider(StandIn):
    """`url` is the issuer. Change `person` and `fault` between journeys as you like."""

    clients: Sequence[Client] = ()
    person: Person = READER
    fault: Fault | None = None
    shows_page: bool = False
    algorithm: Algorithm = Algorithm.ES256
    slowness: timedelta = timedelta(seconds=20)
    clock: Clock = field(default_factory=SystemClock)

    @cached_property
    def openid(self) -> OpenIdProvider:
        """OAuth 2 and OpenID Connect; made when the port is known."""
        return OpenIdProvider(
            self.url,
            self.clients,
            clock=self.clock,
            entropy=SystemEntropy(),
            algorithm=self.algorithm,
            slowness=self.slowness,
        )

    @cached_property
    def oauth1(self) -> OAuth1Provider:
        """OAuth 1.0a."""
        return OAuth1Provider(self.url, self.clients, clock=self.clock, entropy=SystemEntropy(), slowness=self.slowness)

    def asked(self, path: str) -> list[Seen]:
        """Return the requests for `path`, the oldest first."""
        return [request for request in self.requests if request.path == path]

    def answer(self, request: Seen) -> Answer:
        """Answer as the provider does."""
        match request.method, request.path:
            case "GET", "/.well-known/openid-configuration":
                said = self.openid.discovery()
            case "GET", "/jwks":
                said = self.openid.key_set()
            case "GET", "/authorize":
                query = msgspec.convert(request.query, AuthorizeQuery)
                said = self._agreed(self.openid.request(query), self.openid)
            case "POST", "/token":
                form = msgspec.convert(request.form, TokenForm)
                authorization = request.headers.get("authorization")
                said = self.openid.token(form, authorization, redirected="redirected" in request.query)
            case "GET", "/userinfo":
                said = self.openid.userinfo(request.headers.get("authorization"))
            case "POST", "/authorize":
                said = _pressed(request.form, self.openid)
            case "POST", "/oauth/authorize":
                said = _pressed(request.form, self.oauth1)
            case _, path if path.startswith("/_/assets/provider/"):
                name = path.rpartition("/")[2]
                said = Said(pages.asset(name) or b"", pages.ASSET_TYPES[name])
            case _:
                said = self._oauth1(request)
        headers = {"Content-Type": said.media_type} if said.media_type else {}
        return Answer(said.status, said.body, headers | dict(said.headers), said.after.total_seconds())

    def _oauth1(self, request: Seen) -> Said:
        signed = SignedRequest(
            method=request.method,
            url=f"{urlsplit(self.url).scheme}://{request.headers['host']}{request.target}",
            authorization=request.headers.get("authorization"),
            body=request.form if request.body else {},
        )
        match request.method, request.path:
            case "POST", "/oauth/request_token":
                return self.oauth1.request_token(signed)
            case "GET", "/oauth/authorize":
                return self._agreed(self.oauth1.request(request.query.get("oauth_token")), self.oauth1)
            case "POST", "/oauth/access_token":
                return self.oauth1.access_token(signed, redirected="redirected" in request.query)
            case "GET", "/1.1/account/verify_credentials.json":
                return self.oauth1.account(signed)
            case _:
                return Said(status=404)

    def _agreed(self, asked: Asked | Said, provider: OpenIdProvider | OAuth1Provider) -> Said:
        if isinstance(asked, Said):
            return asked
        return pages.choosing(asked) if self.shows_page else provider.approve(asked.ticket, self.person, self.fault)


def _pressed(form: dict[str, str], provider: OpenIdProvider | OAuth1Provider) -> Said:
    """Answer the page's form as the server does that developers get."""
    person = person_called(form.get("person", ""))
    if form.get("person") == "own":
        person = made_up(form.get("name", ""), form.get("email", ""), email_verified="verified" in form)
    if person is None:
        return provider.decline(form["ticket"])
    return provider.approve(form["ticket"], person, Fault(form["fault"]) if form.get("fault") else None)
