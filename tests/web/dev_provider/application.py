"""An OAuth client written by hand: what a registered application sends, and what a test may change in it."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import httpx2
import jwt

HOST: Final = "http://localhost:4000"
ISSUER: Final = f"{HOST}/_/provider"
PAGE: Final = f"{HOST}/_/sign-in"
API: Final = f"{HOST}/v1"
CALLBACK: Final = f"{API}/signin/provider/c:dev/callback"
CONSUMER: Final = "acme notes"
SECRET: Final = "a secret: with +/%&="
STATE: Final = "state-1"
NONCE: Final = "nonce-1"
VERIFIER: Final = "a-verifier-that-is-long-enough-for-rfc-7636-1"
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
OAUTH1_CALLBACK: Final = f"{CALLBACK}?state={STATE}"


@dataclass
class Application:
    """Signs a user in; `None` for a parameter leaves it out."""

    http: httpx2.AsyncClient
    _nonces: int = field(default=0)

    async def ask(self, **changes: str | None) -> httpx2.Response:
        """Send the browser to the provider."""
        asked = {
            "client_id": CONSUMER,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid profile email",
            "state": STATE,
            "nonce": NONCE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return await self.http.get(f"{ISSUER}/authorize", params=without_none(asked))

    async def press(self, page: httpx2.Response, person: str = "reader", **fields: str) -> httpx2.Response:
        """Choose on the page."""
        found = re.search(r'name="ticket" value="([^"]+)"', page.text)
        assert found, page.text
        url = str(page.url).partition("?")[0]
        return await self.http.post(url, data={"ticket": found[1], "person": person, **fields})

    async def come_back(self, person: str = "reader", *, fault: str = "", **changes: str | None) -> dict[str, str]:
        """Ask, choose, and return what the browser brings to the callback."""
        sent = await self.press(await self.ask(**changes), person, fault=fault)
        assert sent.status_code == 302, sent.text
        return brought(sent)

    async def exchange(self, code: str, *, url: str = f"{ISSUER}/token", **changes: str | None) -> httpx2.Response:
        """Exchange the code as a confidential client does."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return await self.http.post(url, data=without_none({**form, **changes}), headers=basic())

    async def tokens(self, person: str = "reader", *, fault: str = "", **changes: str | None) -> dict[str, Any]:
        """Go the whole way and return the answer with the tokens."""
        answer = await self.exchange((await self.come_back(person, fault=fault, **changes))["code"])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def userinfo(self, access_token: str) -> httpx2.Response:
        """Ask who the token stands for."""
        return await self.http.get(f"{ISSUER}/userinfo", headers={"authorization": f"Bearer {access_token}"})

    async def verified(self, id_token: str) -> dict[str, Any]:
        """Return the claims. Raises: jwt.PyJWTError for whatever is wrong with the token, LookupError without key."""
        header = jwt.get_unverified_header(id_token)
        keys = jwt.PyJWKSet.from_dict((await self.http.get(f"{ISSUER}/jwks")).json())
        key = next((key for key in keys.keys if key.key_id == header.get("kid")), None)
        if key is None:
            raise LookupError("no such key")
        claims: dict[str, Any] = jwt.decode(
            id_token, key.key, algorithms=["ES256", "RS256"], audience=CONSUMER, issuer=ISSUER
        )
        return claims

    async def signed(
        self,
        method: str,
        path: str,
        *,
        token: tuple[str, str] = ("", ""),
        secret: str = SECRET,
        consumer: str = CONSUMER,
        timestamp: int,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        **protocol: str,
    ) -> httpx2.Response:
        """Send a request signed as RFC 5849 has it."""
        self._nonces += 1
        told = {
            "oauth_consumer_key": consumer,
            "oauth_nonce": f"nonce-{self._nonces}",
            "oauth_signature_method": "HMAC-SHA1",
            "oauth_timestamp": str(timestamp),
            "oauth_version": "1.0",
            **({"oauth_token": token[0]} if token[0] else {}),
            **protocol,
        }
        url = f"{ISSUER}{path}"
        pairs = sorted(
            (_escaped(name), _escaped(value)) for name, value in {**told, **(form or {}), **(query or {})}.items()
        )
        joined = "&".join(f"{name}={value}" for name, value in pairs)
        base = "&".join(_escaped(part) for part in (method, url, joined))
        key = f"{_escaped(secret)}&{_escaped(token[1])}".encode()
        signature = base64.b64encode(hmac.digest(key, base.encode(), hashlib.sha1)).decode()
        header = ", ".join(
            f'{name}="{_escaped(value)}"' for name, value in {**told, "oauth_signature": signature}.items()
        )
        return await self.http.request(
            method,
            url,
            params=dict(query or {}),
            data=dict(form) if form else None,
            headers={"authorization": f"OAuth {header}"},
        )


def basic(client_id: str = CONSUMER, secret: str = SECRET) -> dict[str, str]:
    """Return the header of a client (RFC 6749 section 2.3.1)."""
    encoded = base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()
    return {"authorization": f"Basic {encoded}"}


def brought(answer: httpx2.Response) -> dict[str, str]:
    """Return what a redirect brings to the callback."""
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return dict(parse_qsl(target.query, strict_parsing=True))


def posted(answer: httpx2.Response) -> dict[str, str]:
    """Return what a form that posts itself brings to the callback."""
    assert f'action="{CALLBACK}"' in answer.text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text))


def without_none(values: Mapping[str, str | None]) -> dict[str, str]:
    """Return what is to be sent."""
    return {name: value for name, value in values.items() if value is not None}


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")
