"""A passkey authenticator and its browser in software: they do what the options ask, or whatever a test twists.

`create` and `get` take the options as a server sends them and return what `PublicKeyCredential.toJSON()` would.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from vestibule.kernel.entropy import SystemEntropy

ORIGIN: Final = "http://localhost:3000"
ES256, EDDSA, ES384, ES512 = -7, -8, -35, -36
PS256, PS384, PS512 = -37, -38, -39
RS256, RS384, RS512 = -257, -258, -259
AAGUID: Final = bytes.fromhex("00112233445566778899aabbccddeeff")

_HASHES: Final[Mapping[int, Callable[[], HashAlgorithm]]] = {
    ES256: SHA256,
    ES384: SHA384,
    ES512: SHA512,
    PS256: SHA256,
    PS384: SHA384,
    PS512: SHA512,
    RS256: SHA256,
    RS384: SHA384,
    RS512: SHA512,
}
_CURVES: Final[Mapping[int, tuple[Callable[[], ec.EllipticCurve], int, int]]] = {
    ES256: (ec.SECP256R1, 1, 32),
    ES384: (ec.SECP384R1, 2, 48),
    ES512: (ec.SECP521R1, 3, 66),
}
_PSS: Final = (PS256, PS384, PS512)

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Return the bytes behind base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, kw_only=True)
class Twist:
    """What is not as it should be. None leaves a value as it is; numbers and flags state the defaults."""

    type: str | None = None
    challenge: str | None = None
    origin: str = ORIGIN
    cross_origin: bool | None = None
    rp_id: str | None = None
    user_present: bool = True
    user_verified: bool = True
    backup_eligible: bool = True
    backed_up: bool = True
    attestation: str = "none"
    algorithm: int | None = None
    credential_id: bytes | None = None
    sign_count: int | None = None
    user_handle: bytes | None = None
    without_user_handle: bool = False
    signed_by: "Passkey | None" = None
    transports: tuple[str, ...] = ("internal", "hybrid")
    passkey_type: "Callable[..., Passkey] | None" = None


@dataclass
class Passkey:
    """One key pair, made for one user of one relying party."""

    id: bytes
    rp_id: str
    user_handle: bytes
    algorithm: int
    private: PrivateKey
    sign_count: int = 0

    def cose(self) -> dict[int, Any]:
        """Return the public key as a COSE_Key (RFC 9053 section 7)."""
        public = self.private.public_key()
        if isinstance(public, ec.EllipticCurvePublicKey):
            _, curve, size = _CURVES[self.algorithm]
            numbers = public.public_numbers()
            x, y = (value.to_bytes(size, "big") for value in (numbers.x, numbers.y))
            return {1: 2, 3: self.algorithm, -1: curve, -2: x, -3: y}
        if isinstance(public, rsa.RSAPublicKey):
            n = public.public_numbers().n
            return {1: 3, 3: self.algorithm, -1: n.to_bytes(public.key_size // 8, "big"), -2: b"\1\0\1"}
        return {1: 1, 3: self.algorithm, -1: 6, -2: public.public_bytes_raw()}

    def sign(self, data: bytes) -> bytes:
        """Sign as the algorithm says."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        digest = _HASHES[self.algorithm]()
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(data, ec.ECDSA(digest))
        if self.algorithm in _PSS:
            return self.private.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
        return self.private.sign(data, padding.PKCS1v15(), digest)


@dataclass
class Authenticator:
    """Keeps passkeys and answers for them. With `counts` each answer raises the key's counter, as hardware does."""

    algorithm: int = ES256
    counts: bool = False
    twist: Twist = field(default_factory=Twist)
    passkeys: list[Passkey] = field(default_factory=list)

    def create(self, options: Mapping[str, Any], **twists: Any) -> dict[str, Any]:
        """Make a passkey and answer as `navigator.credentials.create` does."""
        twist = replace(self.twist, **twists)
        offered = [parameter["alg"] for parameter in options["pubKeyCredParams"]]
        algorithm = twist.algorithm or self.algorithm
        assert twist.algorithm is not None or algorithm in offered
        excluded = {unb64(known["id"]) for known in options.get("excludeCredentials", [])}
        assert not any(passkey.id in excluded for passkey in self.passkeys)
        passkey = (twist.passkey_type or Passkey)(
            twist.credential_id or SystemEntropy().bytes(32),
            options["rp"]["id"],
            unb64(options["user"]["id"]),
            algorithm,
            _new_key(algorithm),
            sign_count=1 if self.counts else 0,
        )
        self.passkeys.append(passkey)
        client_data = _client_data("webauthn.create", options, twist)
        public_key = cbor2.dumps(passkey.cose())
        attested = AAGUID + len(passkey.id).to_bytes(2, "big") + passkey.id + public_key
        auth_data = _auth_data(passkey, twist, attested)
        signed = (twist.signed_by or passkey).sign(auth_data + hashlib.sha256(client_data).digest())
        statement = {"alg": algorithm, "sig": signed} if twist.attestation == "packed" else {}
        attestation = {"fmt": twist.attestation, "attStmt": statement, "authData": auth_data}
        return _credential(
            passkey.id,
            {
                "clientDataJSON": b64(client_data),
                "attestationObject": b64(cbor2.dumps(attestation)),
                "authenticatorData": b64(auth_data),
                "publicKey": b64(public_key),
                "publicKeyAlgorithm": algorithm,
                "transports": list(twist.transports),
            },
            credProps={"rk": True},
        )

    def get(self, options: Mapping[str, Any], **twists: Any) -> dict[str, Any]:
        """Answer as `navigator.credentials.get` does: with the newest passkey that the options allow."""
        twist = replace(self.twist, **twists)
        allowed = {unb64(known["id"]) for known in options.get("allowCredentials", [])}
        fitting = [one for one in self.passkeys if one.rp_id == options["rpId"] and (not allowed or one.id in allowed)]
        return self.answer(fitting[-1], options, twist)

    def answer(self, passkey: Passkey, options: Mapping[str, Any], twist: Twist) -> dict[str, Any]:
        """Answer with this passkey, whatever the options allow."""
        if self.counts:
            passkey.sign_count += 1
        client_data = _client_data("webauthn.get", options, twist)
        auth_data = _auth_data(passkey, twist)
        signature = (twist.signed_by or passkey).sign(auth_data + hashlib.sha256(client_data).digest())
        handle = {} if twist.without_user_handle else {"userHandle": b64(twist.user_handle or passkey.user_handle)}
        return _credential(
            twist.credential_id or passkey.id,
            {
                "clientDataJSON": b64(client_data),
                "authenticatorData": b64(auth_data),
                "signature": b64(signature),
                **handle,
            },
        )


def _new_key(algorithm: int) -> PrivateKey:
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm][0]())
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def _client_data(kind: str, options: Mapping[str, Any], twist: Twist) -> bytes:
    said = {
        "type": twist.type or kind,
        "challenge": twist.challenge or options["challenge"],
        "origin": twist.origin,
    }
    if twist.cross_origin is not None:
        said |= {"crossOrigin": twist.cross_origin}
    return json.dumps(said, separators=(",", ":")).encode()


def _auth_data(passkey: Passkey, twist: Twist, attested: bytes = b"") -> bytes:
    # W3C WebAuthn section 6.1: up 1, uv 4, be 8, bs 16, at 64
    flags = (
        1 * twist.user_present
        | 4 * twist.user_verified
        | 8 * twist.backup_eligible
        | 16 * twist.backed_up
        | 64 * bool(attested)
    )
    count = passkey.sign_count if twist.sign_count is None else twist.sign_count
    rp_id_hash = hashlib.sha256((twist.rp_id or passkey.rp_id).encode()).digest()
    return rp_id_hash + bytes([flags]) + count.to_bytes(4, "big") + attested


def _credential(credential_id: bytes, response: dict[str, Any], **extensions: Any) -> dict[str, Any]:
    return {
        "id": b64(credential_id),
        "rawId": b64(credential_id),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": extensions,
        "response": response,
    }
