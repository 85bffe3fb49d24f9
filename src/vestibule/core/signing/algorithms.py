"""One signing key and its one algorithm: the algorithm comes from the key, never from a token's header."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Protocol

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import get_default_algorithms
from jwt.utils import base64url_encode

RSA_BITS: Final = 2048
_IMPLEMENTATIONS: Final = get_default_algorithms()
# RFC 7515 section 4.1: these let a token choose its own key, and `crit` asks for rules we do not know.
_REFUSED_HEADERS: Final = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})
# RFC 7638 section 3.2, RFC 8037 section 2: what makes a key this key.
_NAMING_MEMBERS: Final = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x")}
_REQUIRED_CLAIMS: Final = ["exp", "iat", "sub", "iss"]
# Another machine of ours may be ahead by what readiness tolerates; its fresh tokens must not be refused here.
_NEIGHBOURS_SKEW_SECONDS: Final = 2


class Algorithm(StrEnum):
    """JWS algorithms (RFC 7518 section 3.1, RFC 8037) that Vestibule signs with."""

    RS256 = "RS256"
    RS384 = "RS384"
    RS512 = "RS512"
    ES256 = "ES256"
    EDDSA = "EdDSA"
    HS256 = "HS256"
    HS384 = "HS384"
    HS512 = "HS512"


class InvalidSignature(Exception):
    """The token is malformed, expired, or not signed by this key."""


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """An HMAC key, shared with whoever verifies; it is never published."""

    algorithm: Algorithm
    secret: bytes
    kid: str | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key ready for use. `public_jwk` is None for shared secrets."""

    kid: str | None
    algorithm: Algorithm
    private: Any  # PyJWT's prepared key: bytes or a `cryptography` private key
    public: Any  # PyJWT's prepared key: bytes or a `cryptography` public key
    public_jwk: dict[str, Any] | None
    header: bytes = field(init=False)

    def __post_init__(self) -> None:
        kid = {"kid": self.kid} if self.kid else {}
        header = msgspec.json.encode({"alg": self.algorithm.value, "typ": "JWT", **kid})
        object.__setattr__(self, "header", base64url_encode(header))

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the compact JWS of `claims` (RFC 7515 section 7.1), with `typ` and, when there is one, `kid`.

        `jwt.encode` would prepare the key and write the header anew each time: 18 us for HS256 instead of 3.
        """
        signed = self.header + b"." + base64url_encode(msgspec.json.encode(claims))
        signature = _IMPLEMENTATIONS[self.algorithm.value].sign(signed, self.private)
        return (signed + b"." + base64url_encode(signature)).decode("ascii")

    def verify(self, token: str, *, issuer: str, now_seconds: int) -> dict[str, Any]:
        """Return the claims of `token` if this key signed it, `issuer` made it and it is alive.

        There is no leeway on expiry: these are our own tokens. Raises: InvalidSignature.
        """
        try:
            decoded = jwt.decode_complete(
                token,
                self.public,
                algorithms=[self.algorithm.value],
                issuer=issuer,
                options={
                    "require": _REQUIRED_CLAIMS,
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise InvalidSignature from error
        if not _REFUSED_HEADERS.isdisjoint(decoded["header"]):
            raise InvalidSignature
        claims: dict[str, Any] = decoded["payload"]
        _refuse_unless_alive(claims, now_seconds)
        return claims


def _refuse_unless_alive(claims: dict[str, Any], now_seconds: int) -> None:
    # By our own clock, not the library's: expiry is tested with a clock that stands still.
    issued_at, expires_at = claims["iat"], claims["exp"]
    if not isinstance(issued_at, int) or not isinstance(expires_at, int):
        raise InvalidSignature
    if issued_at > now_seconds + _NEIGHBOURS_SKEW_SECONDS or expires_at <= now_seconds:
        raise InvalidSignature


class MakePem(Protocol):
    """Makes the private keys of new signing keys: `generate_pem`, or whatever has some ready."""

    def __call__(self, algorithm: Algorithm) -> bytes:
        """Return a private key as unencrypted PKCS#8 PEM."""
        ...


def generate_pem(algorithm: Algorithm) -> bytes:
    """Return a fresh private key as unencrypted PKCS#8 PEM; RSA takes some tenths of a second."""
    key: PrivateKeyTypes
    match algorithm:
        case Algorithm.RS256 | Algorithm.RS384 | Algorithm.RS512:
            key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        case Algorithm.ES256:
            key = ec.generate_private_key(ec.SECP256R1())
        case Algorithm.EDDSA:
            key = ed25519.Ed25519PrivateKey.generate()
        case Algorithm.HS256 | Algorithm.HS384 | Algorithm.HS512:
            message = "shared secrets come from configuration, they are not generated"
            raise ValueError(message)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signing_key_from_pem(kid: str | None, algorithm: Algorithm, pem: bytes, *, is_ours: bool = False) -> SigningKey:
    """Return the key in `pem`, ready to sign; without a `kid` its own thumbprint is the name.

    `is_ours` says that we made it and kept it sealed: whether its numbers are primes (34 ms of RSA) is not asked again.

    Raises: ValueError when it is no private key of that kind.
    """
    given: bytes | PrivateKeyTypes = pem
    if is_ours:
        given = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    message = f"not a private key for {algorithm}"
    try:
        private = _IMPLEMENTATIONS[algorithm.value].prepare_key(given)
    except (jwt.InvalidKeyError, TypeError) as error:
        raise ValueError(message) from error
    if not hasattr(private, "public_key"):
        raise ValueError(message)
    public = private.public_key()
    jwk = public_jwk(algorithm, public)
    name = kid or thumbprint(jwk)
    return SigningKey(name, algorithm, private, public, jwk | {"kid": name})


def signing_key_from_secret(shared: SharedSecret) -> SigningKey:
    """Return the HMAC key, ready to sign and verify."""
    return SigningKey(shared.kid, shared.algorithm, shared.secret, shared.secret, None)


def public_jwk(algorithm: Algorithm, public: Any) -> dict[str, Any]:  # noqa: ANN401 - PyJWT's own type
    """Return the public key as a JWK (RFC 7517) with `use` and `alg`, without `kid`."""
    jwk: dict[str, Any] = json.loads(_IMPLEMENTATIONS[algorithm.value].to_jwk(public))
    jwk.pop("key_ops", None)
    return jwk | {"use": "sig", "alg": algorithm.value}


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the name that every holder of a public key finds for it (RFC 7638 section 3, RFC 8037 section 2)."""
    needed = {name: jwk[name] for name in sorted(_NAMING_MEMBERS[jwk["kty"]])}
    digest = hashlib.sha256(msgspec.json.encode(needed)).digest()
    return base64url_encode(digest).decode("ascii")
