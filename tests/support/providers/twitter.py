"""Twitter on loopback: OAuth 1.0a as RFC 5849 has it, with every signature checked by a reckoning of its own."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from tests.support.providers.standing_in import Answer, Seen, StandIn

KEY: Final = "consumer key"
SECRET: Final = "consumer secret & more"
_PART: Final = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Twitter(StandIn):
    """`verifier` is what the user's browser brings back; `secrets` are those of the tokens that were given out."""

    verifier: str = "a-verifier"
    confirmed: str = "true"
    profile: Any = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    callbacks: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)

    def answer(self, request: Seen) -> Answer:
        """Answer as Twitter does."""
        scheme, _, written = request.headers.get("authorization", "").partition(" ")
        said = {unquote(name): unquote(value) for name, value in _PART.findall(written)}
        if scheme != "OAuth" or not self._is_signed(request, said) or said["oauth_nonce"] in self.nonces:
            return Answer(401, {"errors": [{"code": 32, "message": "Could not authenticate you."}]})
        self.nonces.add(said["oauth_nonce"])
        match (request.method, request.path):
            case ("POST", "/oauth/request_token"):
                self.callbacks.append(said["oauth_callback"])
                return self._token("request", oauth_callback_confirmed=self.confirmed)
            case ("POST", "/oauth/access_token") if said["oauth_verifier"] == self.verifier:
                del self.secrets[said["oauth_token"]]
                return self._token("access", user_id="2244994945", screen_name="ada")
            case ("GET", "/1.1/account/verify_credentials.json") if said["oauth_token"].startswith("access"):
                return Answer(200, self.profile)
            case _:
                return Answer(401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]})

    def _token(self, kind: str, **more: str) -> Answer:
        token = f"{kind}-{len(self.nonces)}"
        self.secrets[token] = f"secret of {token}".replace(" ", "-")
        form = {"oauth_token": token, "oauth_token_secret": self.secrets[token], **more}
        return Answer(200, urlencode(form).encode(), {"Content-Type": "text/html;charset=utf-8"})

    def _is_signed(self, request: Seen, said: dict[str, str]) -> bool:
        given = said.pop("oauth_signature", "")
        token = said.get("oauth_token")
        if said.get("oauth_consumer_key") != KEY or (token is not None and token not in self.secrets):
            return False
        query = parse_qsl(urlsplit(request.target).query, keep_blank_values=True)
        pairs = sorted((quote(name, ""), quote(value, "")) for name, value in [*said.items(), *query])
        base = "&".join(
            quote(part, "")
            for part in (request.method, self.url + request.path, "&".join(f"{name}={value}" for name, value in pairs))
        )
        key = f"{quote(SECRET, '')}&{quote(self.secrets[token], '') if token else ''}"
        digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(given, base64.b64encode(digest).decode())
