"""A provider of identities on loopback: its token endpoint, its documents, its keys, and tokens that it signs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.support.providers.standing_in import Answer, Seen, StandIn
from vestibule.providers import Discovery, Endpoints, Row


@cache
def rsa_key(name: str = "theirs") -> rsa.RSAPrivateKey:
    """Make a key, once for each name."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key(name: str = "theirs") -> ec.EllipticCurvePrivateKey:
    """Make a key on P-256, once for each name."""
    assert name
    return ec.generate_private_key(ec.SECP256R1())


def public_jwk(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str = "k1", **members: Any) -> dict[str, Any]:
    """Return the public half as providers publish it."""
    if isinstance(key, rsa.RSAPrivateKey):
        written = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        return {"alg": "RS256", **written, "use": "sig", "kid": kid, **members}
    written = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return {"alg": "ES256", **written, "use": "sig", "kid": kid, **members}


def signed(claims: Mapping[str, Any], *, key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
    """Return an ID token; members of `header` that are None are left out."""
    named = {"kid": "k1", **header}
    return jwt.encode(
        dict(claims),
        rsa_key() if key is None else key,
        algorithm=algorithm,
        headers={name: value for name, value in named.items() if value is not None},
    )


def moved(row: Row, origin: str) -> Row:
    """Return the row with every address at another origin; paths, queries and the issuer stay."""
    endpoints = row.endpoints
    if isinstance(endpoints, Discovery):
        return replace(row, endpoints=Discovery(_at(origin, endpoints.url)))
    return replace(
        row,
        endpoints=Endpoints(
            authorize=_at(origin, endpoints.authorize),
            token=_at(origin, endpoints.token),
            profile=_at(origin, endpoints.profile),
            emails=_at(origin, endpoints.emails),
            keys=_at(origin, endpoints.keys),
            names_itself=endpoints.names_itself,
        ),
    )


def _at(origin: str, url: str) -> str:
    parts = urlsplit(url)
    return url and origin + parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass
class IdentityServer(StandIn):
    """`tokens` is what the token endpoint says, `documents` what is found at a path."""

    tokens: Answer = field(default_factory=Answer)
    documents: dict[str, Any] = field(default_factory=dict)

    def asked(self, path: str) -> list[Seen]:
        """Return the requests for a path."""
        return [request for request in self.requests if request.path == path]

    def answer(self, request: Seen) -> Answer:
        """Answer as a provider does."""
        if request.method == "POST":
            return self.tokens
        found = self.documents.get(request.path)
        if isinstance(found, Answer):
            return found
        return Answer(404, {"message": "Not Found"}) if found is None else Answer(200, found)
