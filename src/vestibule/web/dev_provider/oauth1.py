"""The provider as OAuth 1.0a has it (RFC 5849), with the paths and the account of Twitter's."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from vestibule.kernel.clock import Clock, to_seconds
from vestibule.kernel.entropy import Entropy
from vestibule.web.dev_provider import pages
from vestibule.web.dev_provider.clients import Client, Clients
from vestibule.web.dev_provider.faults import Fault
from vestibule.web.dev_provider.grants import Asked, as_known
from vestibule.web.dev_provider.memory import Kept, unguessable
from vestibule.web.dev_provider.people import Person
from vestibule.web.dev_provider.saying import Said, delayed, in_form, in_json, sent_to, spoiled

_REQUEST_LIFE: Final = timedelta(minutes=30)
_ACCESS_LIFE: Final = timedelta(days=30)
_NONCE_LIFE: Final = timedelta(minutes=10)
_SKEW_SECONDS: Final = 300
_UNAUTHORIZED: Final = 401
_URI: Final = frozenset(map(chr, range(0x21, 0x7F)))  # anything else would have to be encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it came. `url` is the whole one that the client has called."""

    method: str
    url: str
    authorization: str | None
    body: Mapping[str, str]

    @property
    def protocol(self) -> dict[str, str]:
        """The protocol parameters (section 3.5.1); empty without such a header."""
        scheme, _, rest = (self.authorization or "").partition(" ")
        if scheme.lower() != "oauth":
            return {}
        pairs = (part.strip().partition("=") for part in rest.split(","))
        return {unquote(name): unquote(value.strip('"')) for name, _, value in pairs}

    def signed_text(self) -> str:
        """Return what is signed (section 3.4.1)."""
        parts = urlsplit(self.url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        protocol = [pair for pair in self.protocol.items() if pair[0] not in {"oauth_signature", "realm"}]
        encoded = sorted((_escaped(name), _escaped(value)) for name, value in [*query, *protocol, *self.body.items()])
        base = f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path}"
        joined = "&".join(f"{name}={value}" for name, value in encoded)
        return "&".join(_escaped(part) for part in (self.method.upper(), base, joined))


@dataclass(frozen=True, slots=True)
class _Token:
    client: Client
    secret: str
    callback: str = ""
    person: Person | None = None
    fault: Fault | None = None
    verifier: str = ""


class OAuth1Provider:
    """Request token, the person's page, access token, account. `url` is where it is; faults are as of the other."""

    def __init__(
        self,
        url: str,
        clients: Sequence[Client],
        *,
        clock: Clock,
        entropy: Entropy,
        slowness: timedelta = timedelta(seconds=20),
    ) -> None:
        self.url = url
        self._clients = Clients(clients)
        self._clock = clock
        self._entropy = entropy
        self._slowness = slowness
        self._requested: Kept[_Token] = Kept(clock, entropy, _REQUEST_LIFE)
        self._access: Kept[_Token] = Kept(clock, entropy, _ACCESS_LIFE)
        self._nonces: Kept[str] = Kept(clock, entropy, _NONCE_LIFE)

    def request_token(self, request: SignedRequest) -> Said:
        """Give temporary credentials (section 2.1); the callback is a registered one, whatever its query."""
        client = self._caller(request)
        if client is None:
            return _refusal("Could not authenticate you")
        callback = request.protocol.get("oauth_callback", "")
        if callback.partition("?")[0] not in client.redirect_uris or not _URI.issuperset(callback):
            return _refusal("Callback URL not approved for this client application", 403)
        token = _Token(client, unguessable(self._entropy), callback)
        return in_form(
            {
                "oauth_token": self._requested.put(token),
                "oauth_token_secret": token.secret,
                "oauth_callback_confirmed": "true",
            }
        )

    def request(self, oauth_token: str | None) -> Asked | Said:
        """Take a browser that comes with a request token (section 2.2)."""
        token = self._requested.get(oauth_token)
        if token is None or token.person is not None:
            return pages.problem("No such request token", "It is unknown, used or over.")
        return Asked(oauth_token or "", token.client)

    def approve(self, ticket: str, person: Person, fault: Fault | None = None) -> Said:
        """Send the browser back with a verifier for `person`."""
        token = self._requested.get(ticket)
        if token is None or token.person is not None:
            return pages.problem("This page is over", "Go back to where you came from and start again.")
        if fault is Fault.ERROR_REDIRECT:
            return self.decline(ticket)
        agreed = replace(token, person=person, fault=fault, verifier=unguessable(self._entropy))
        self._requested.put(agreed, ticket)
        named = unguessable(self._entropy) if fault is Fault.FOREIGN_STATE else ticket
        return sent_to(token.callback, {"oauth_token": named, "oauth_verifier": agreed.verifier})

    def decline(self, ticket: str) -> Said:
        """Send the browser back without anything, as Twitter does."""
        token = self._requested.take(ticket)
        if token is None:
            return pages.problem("This page is over", "Go back to where you came from and start again.")
        return sent_to(token.callback, {"denied": ticket})

    def access_token(self, request: SignedRequest, *, redirected: bool = False) -> Said:
        """Give token credentials for the verifier, once (section 2.3)."""
        protocol = request.protocol
        token = self._requested.get(protocol.get("oauth_token"))
        verifier = protocol.get("oauth_verifier") or request.body.get("oauth_verifier") or ""
        if token is None or token.person is None or self._caller(request, token) is None:
            return _refusal("Could not authenticate you")
        if not hmac.compare_digest(verifier.encode(), token.verifier.encode()):
            return _refusal("This is not its verifier")
        instead = None if redirected else spoiled(token.fault, f"{self.url}/oauth/access_token")
        if instead is not None:
            return instead
        self._requested.take(protocol.get("oauth_token"))
        access = replace(token, secret=unguessable(self._entropy))
        said = in_form(
            {
                "oauth_token": self._access.put(access),
                "oauth_token_secret": access.secret,
                "user_id": token.person.subject,
                "screen_name": token.person.name,
            }
        )
        return delayed(said, token.fault, self._slowness)

    def account(self, request: SignedRequest) -> Said:
        """Say who the access token stands for, as Twitter's verify_credentials does."""
        token = self._access.get(request.protocol.get("oauth_token"))
        if token is None or token.person is None or self._caller(request, token) is None:
            return _refusal("Could not authenticate you")
        person = as_known(token.person, token.fault)
        subject = "somebody-else" if token.fault is Fault.OTHER_SUBJECT else person.subject
        # It tells the addresses that it has verified, and no others.
        email = person.email if person.email_verified else None
        return in_json({"id_str": subject, "name": person.name, "screen_name": person.name, "email": email})

    def _caller(self, request: SignedRequest, token: _Token | None = None) -> Client | None:
        """Return who signed the request with its own secret, and with that of `token`; None when nobody did."""
        protocol = request.protocol
        client = self._clients.find(protocol.get("oauth_consumer_key"))
        stamp, nonce = protocol.get("oauth_timestamp", ""), protocol.get("oauth_nonce", "")
        if client is None or (token is not None and token.client is not client) or not nonce:
            return None
        if protocol.get("oauth_signature_method") != "HMAC-SHA1" or protocol.get("oauth_version", "1.0") != "1.0":
            return None
        if not stamp.isdecimal() or abs(int(stamp[:12]) - to_seconds(self._clock.now())) > _SKEW_SECONDS:
            return None
        key = f"{_escaped(client.secret.reveal())}&{_escaped(token.secret if token else '')}".encode()
        expected = base64.b64encode(hmac.digest(key, request.signed_text().encode(), hashlib.sha1)).decode()
        if not hmac.compare_digest(expected.encode(), protocol.get("oauth_signature", "").encode()):
            return None
        once = urlencode({"client": client.id, "at": stamp, "nonce": nonce})
        if self._nonces.get(once) is not None:
            return None
        self._nonces.put(client.id, once)
        return client


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")  # section 3.6


def _refusal(message: str, status: int = _UNAUTHORIZED) -> Said:
    return in_json({"errors": [{"code": 32, "message": message}]}, status)
