"""Public keys as authenticators write them (COSE, RFC 9052 section 7), and the signatures they verify."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from vestibule.kernel.errors import PasskeyRefused

PublicKey: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey

EDDSA: Final = -8
# RFC 9053 section 2.1 leaves the curve open, the standard for passkeys does not (W3C WebAuthn section 5.8.5).
_ECDSA: Final[Mapping[int, tuple[str, HashAlgorithm]]] = {
    -7: ("secp256r1", SHA256()),
    -35: ("secp384r1", SHA384()),
    -36: ("secp521r1", SHA512()),
}
_PKCS1: Final[Mapping[int, HashAlgorithm]] = {-257: SHA256(), -258: SHA384(), -259: SHA512()}
_PSS: Final[Mapping[int, HashAlgorithm]] = {-37: SHA256(), -38: SHA384(), -39: SHA512()}

# In the order of preference that the original's options have.
ALGORITHMS: Final = (*_ECDSA, *_PKCS1, *_PSS, EDDSA)
_RSA_BITS: Final = range(2048, 8193)


def public_key_of(cose_key: bytes) -> tuple[PublicKey, int]:
    """Return the key and the algorithm that it signs with. Raises: PasskeyRefused when the two do not fit."""
    # Imported at the first passkey: few servers have any, and the library is slow to load.
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography  # noqa: PLC0415

    try:
        decoded = decode_credential_public_key(cose_key)
        key = decoded_public_key_to_cryptography(decoded)
    except Exception as error:  # a stranger wrote these bytes; whatever breaks on them is their doing
        raise PasskeyRefused from error
    algorithm = int(decoded.alg)
    match key:
        case EllipticCurvePublicKey() if algorithm in _ECDSA and key.curve.name == _ECDSA[algorithm][0]:
            return key, algorithm
        case RSAPublicKey() if (algorithm in _PKCS1 or algorithm in _PSS) and key.key_size in _RSA_BITS:
            return key, algorithm
        case Ed25519PublicKey() if algorithm == EDDSA:
            return key, algorithm
        case _:
            raise PasskeyRefused


def refuse_wrong_signature(cose_key: bytes, signature: bytes, signed: bytes) -> None:
    """Return if the key made this signature. Raises: PasskeyRefused."""
    key, algorithm = public_key_of(cose_key)
    try:
        match key:
            case EllipticCurvePublicKey():
                key.verify(signature, signed, ECDSA(_ECDSA[algorithm][1]))
            case Ed25519PublicKey():
                key.verify(signature, signed)
            case RSAPublicKey() if algorithm in _PKCS1:
                key.verify(signature, signed, PKCS1v15(), _PKCS1[algorithm])
            case RSAPublicKey():
                digest = _PSS[algorithm]
                # RFC 8230 section 2: the salt is as long as the hash.
                key.verify(signature, signed, PSS(MGF1(digest), digest.digest_size), digest)
    except InvalidSignature as error:
        raise PasskeyRefused from error
