"""Keys that sign nothing: of another kind, of wrong numbers, without their private half."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.core.signing.making import PEMS, SHARED, key
from vestibule.core.signing import Algorithm, signing_key_from_pem
from vestibule.core.signing.algorithms import generate_pem


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----\n", PEMS["EC"], PEMS["Ed"]])
def test_a_key_of_another_kind_is_refused_at_the_start(pem: bytes) -> None:
    """Not on the first sign-in (security 110)."""
    with pytest.raises(ValueError, match="not a private key for RS256"):
        signing_key_from_pem(None, Algorithm.RS256, pem)


def test_a_configured_key_of_wrong_numbers_is_refused_at_the_start() -> None:
    """Keys of ours are not asked again, nobody can have changed them; what an operator brings is (security 110)."""
    good = serialization.load_pem_private_key(PEMS["RSA"], None)
    assert isinstance(good, rsa.RSAPrivateKey)
    numbers = good.private_numbers()
    broken = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d + 2, numbers.dmp1, numbers.dmq1, numbers.iqmp, numbers.public_numbers
    )
    pem = broken.private_key(unsafe_skip_rsa_key_validation=True).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="not a private key for RS256"):
        signing_key_from_pem(None, Algorithm.RS256, pem)


def test_a_public_key_cannot_sign() -> None:
    """Said at the start."""
    public = key(Algorithm.RS256).public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(ValueError, match="not a private key"):
        signing_key_from_pem(None, Algorithm.RS256, public)


@pytest.mark.parametrize("algorithm", SHARED)
def test_shared_secrets_are_not_generated(algorithm: Algorithm) -> None:
    """They come from configuration, where both sides can read them."""
    with pytest.raises(ValueError, match="configuration"):
        generate_pem(algorithm)
