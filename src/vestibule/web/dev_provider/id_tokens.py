"""ID tokens, right ones and wrong ones (OpenID Connect Core section 2). The keys live as long as the process."""

import hashlib
from base64 import urlsafe_b64encode
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

import msgspec

from vestibule.core.signing import Algorithm, SigningKey, signing_key_from_pem
from vestibule.core.signing.algorithms import generate_pem
from vestibule.kernel.clock import Clock, to_seconds
from vestibule.web.dev_provider.faults import Fault
from vestibule.web.dev_provider.grants import Grant, as_known
from vestibule.web.dev_provider.people import Person

LIFE: Final = timedelta(hours=1)


class IdTokens:
    """Makes the tokens of one issuer. The first one, or the key set, costs the making of a key."""

    def __init__(self, issuer: str, clock: Clock, algorithm: Algorithm) -> None:
        self._issuer = issuer
        self._clock = clock
        self._algorithm = algorithm

    @property
    def key_set(self) -> dict[str, object]:
        """The public key, as a JWK Set (RFC 7517 section 5)."""
        return {"keys": [self._key.public_jwk]}

    def issue(self, grant: Grant, *, access_token: str | None = None, code: str | None = None) -> str:
        """Return the token for `grant`, bound to what is handed out with it, and spoilt as its fault says."""
        claims = self._claims(grant, access_token, code)
        match grant.fault:
            case Fault.FOREIGN_KEY:
                return signing_key_from_pem(self._key.kid, self._algorithm, generate_pem(self._algorithm)).sign(claims)
            case Fault.UNKNOWN_KEY:
                return signing_key_from_pem("unknown", self._algorithm, generate_pem(self._algorithm)).sign(claims)
            case Fault.UNSIGNED:
                return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."
            case _:
                return self._key.sign(claims)

    def _claims(self, grant: Grant, access_token: str | None, code: str | None) -> dict[str, Any]:
        fault, now = grant.fault, self._clock.now()
        age = 2 * LIFE if fault is Fault.EXPIRED else timedelta(0)
        bound = {"at_hash": access_token, "c_hash": code}
        nonce = "not the one that was asked for" if fault is Fault.WRONG_NONCE else grant.nonce
        return {
            "iss": "https://elsewhere.example" if fault is Fault.WRONG_ISSUER else self._issuer,
            "aud": "another-client" if fault is Fault.WRONG_AUDIENCE else grant.client.id,
            "iat": to_seconds(now - age),
            "exp": to_seconds(now - age + LIFE),
            "auth_time": to_seconds(grant.at),
            **({} if nonce is None else {"nonce": nonce}),
            **{name: _half_hash(value) for name, value in bound.items() if value is not None},
            **profile(as_known(grant.person, fault), grant.scopes),
        }

    @cached_property
    def _key(self) -> SigningKey:
        return signing_key_from_pem(None, self._algorithm, generate_pem(self._algorithm))


def profile(person: Person, scopes: frozenset[str]) -> dict[str, object]:
    """Return the claims that `scopes` ask for (OpenID Connect Core section 5.4)."""
    claims: dict[str, object] = {"sub": person.subject}
    if "profile" in scopes:
        claims["name"] = person.name
    if "email" in scopes and person.email is not None:
        claims |= {"email": person.email, "email_verified": person.email_verified}
    return claims


def _half_hash(value: str) -> str:
    """Return what at_hash and c_hash hold (OpenID Connect Core section 3.3.2.11)."""
    digest = hashlib.sha256(value.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _encoded(value: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()
