"""A key pair without a name has one that every holder of its public half finds."""

import jwt
import pytest

from vestibule.core.signing import Algorithm, signing_key_from_pem
from vestibule.core.signing.algorithms import generate_pem, thumbprint

MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
    "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
    "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
    "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)


@pytest.mark.parametrize(
    ("jwk", "name"),
    [
        (
            {"kty": "RSA", "n": MODULUS, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"},
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ),
        (
            {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
    ],
    ids=["RFC 7638 section 3.1", "RFC 8037 appendix A.3"],
)
def test_a_thumbprint_is_the_one_that_others_find(jwk: dict[str, str], name: str) -> None:
    """Whatever else is said of the key."""
    assert thumbprint(jwk) == name


@pytest.mark.parametrize("algorithm", [Algorithm.RS256, Algorithm.ES256, Algorithm.EDDSA])
def test_a_key_pair_without_a_name_is_called_by_its_thumbprint(algorithm: Algorithm) -> None:
    """The same at each start and on each server."""
    pem = generate_pem(algorithm)
    signing, again = (signing_key_from_pem(None, algorithm, pem) for _ in range(2))
    assert signing.public_jwk is not None
    assert signing.kid == again.kid == signing.public_jwk["kid"] == thumbprint(signing.public_jwk)
    assert jwt.get_unverified_header(signing.sign({}))["kid"] == signing.kid
