"""One key has one algorithm, and a token never chooses for itself (security 9)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.core.signing.making import SECRET, SHARED, key
from vestibule.core.signing import Algorithm, KeySet, SigningKey, signing_key_from_pem
from vestibule.core.signing.algorithms import generate_pem
from vestibule.kernel.errors import InvalidAccessToken

NOW = 1_900_000_000
ISSUER = "https://auth.example.com"
CLAIMS: dict[str, Any] = {"iss": ISSUER, "sub": "ann", "iat": NOW, "exp": NOW + 900}
PUBLIC = tuple(algorithm for algorithm in Algorithm if algorithm not in SHARED)


def key_set(*keys: SigningKey) -> KeySet:
    return KeySet(keys[0], {one.kid: one for one in keys})


def encoded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(header: dict[str, Any], claims: dict[str, Any], signature: bytes) -> str:
    return f"{encoded(header)}.{encoded(claims)}.{encoded(signature)}"


def verified(keys: KeySet, token: str, now: int = NOW, issuer: str = ISSUER) -> dict[str, Any]:
    return keys.verify(token, issuer=issuer, now_seconds=now)


def refused(keys: KeySet, token: str, now: int = NOW, issuer: str = ISSUER) -> bool:
    with pytest.raises(InvalidAccessToken):
        verified(keys, token, now, issuer)
    return True


@pytest.mark.parametrize("algorithm", Algorithm)
def test_what_a_key_signs_it_verifies(algorithm: Algorithm) -> None:
    """Each algorithm, with its name and the key's in the header."""
    keys = key_set(key(algorithm))
    token = keys.sign(CLAIMS)

    assert verified(keys, token) == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": algorithm.value, "typ": "JWT", "kid": "key_1"}


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_others_verify_with_the_published_key(algorithm: Algorithm) -> None:
    """A library that knows nothing of us, and only the JWK (RFC 7517)."""
    signing = key(algorithm)
    published = jwt.PyJWK(signing.public_jwk or {})

    decoded = jwt.decode(
        signing.sign(CLAIMS), published.key, algorithms=[algorithm.value], options={"verify_iat": False}
    )
    assert decoded == CLAIMS


@pytest.mark.parametrize("algorithm", PUBLIC)
def test_a_published_key_holds_nothing_private(algorithm: Algorithm) -> None:
    """Neither `d` nor a prime (RFC 7518 section 6)."""
    jwk = key(algorithm).public_jwk

    assert jwk is not None
    assert not set(jwk) & {"d", "p", "q", "dp", "dq", "qi", "k"}
    assert (jwk["kid"], jwk["use"], jwk["alg"]) == ("key_1", "sig", algorithm.value)


@pytest.mark.parametrize("algorithm", SHARED)
def test_a_shared_secret_is_never_published(algorithm: Algorithm) -> None:
    """The JWKS is empty then."""
    assert key(algorithm).public_jwk is None
    assert key_set(key(algorithm)).jwks() == []


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("none", ["none", "None", "NONE", ""])
def test_an_unsigned_token_is_refused(algorithm: Algorithm, none: str) -> None:
    """`alg: none` in any spelling, with and without a signature (security 9)."""
    keys = key_set(key(algorithm))
    for signature in (b"", b"x"):
        assert refused(keys, forged({"alg": none, "typ": "JWT", "kid": "key_1"}, CLAIMS, signature))


@pytest.mark.parametrize("algorithm", PUBLIC)
@pytest.mark.parametrize("confused", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_shared_secret(algorithm: Algorithm, confused: str) -> None:
    """Whoever signs with what everybody knows signs nothing (security 9)."""
    signing = key(algorithm)
    spellings = [
        signing.public.public_bytes(encoding, kind)
        for encoding, kind in (
            (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        )
    ]
    spellings.append(json.dumps(signing.public_jwk).encode())
    header = {"alg": confused, "typ": "JWT", "kid": "key_1"}
    signed = f"{encoded(header)}.{encoded(CLAIMS)}".encode()
    for spelling in spellings:
        digest = hmac.digest(spelling, signed, getattr(hashlib, f"sha{confused[2:]}"))
        assert refused(key_set(signing), forged(header, CLAIMS, digest))


@pytest.mark.parametrize(("one", "other"), [(Algorithm.RS256, Algorithm.RS512), (Algorithm.HS256, Algorithm.HS512)])
def test_the_algorithm_is_that_of_the_key(one: Algorithm, other: Algorithm) -> None:
    """Even a right signature of a sister algorithm is refused: one key, one algorithm (security 9)."""
    assert refused(key_set(key(one)), key_set(key(other)).sign(CLAIMS))


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["AAAA"]},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
        {"b64": True},
        {"zip": "DEF"},
    ],
    ids="+".join,
)
def test_a_token_that_brings_its_own_rules_is_refused(algorithm: Algorithm, extra: dict[str, Any]) -> None:
    """Though rightly signed: no key of ours ever makes such a header (security 9)."""
    signing = key(algorithm)
    implementation = jwt.get_algorithm_by_name(algorithm.value)
    header = {"alg": algorithm.value, "typ": "JWT", "kid": "key_1", **extra}
    signed = f"{encoded(header)}.{encoded(CLAIMS)}"
    token = f"{signed}.{encoded(implementation.sign(signed.encode(), signing.private))}"

    assert refused(key_set(signing), token)


def test_a_header_may_say_less() -> None:
    """The test above forges well: without the extra members its token is good."""
    signing = key(Algorithm.ES256)
    signed = f"{encoded({'alg': 'ES256', 'kid': 'key_1'})}.{encoded(CLAIMS)}"
    signature = jwt.get_algorithm_by_name("ES256").sign(signed.encode(), signing.private)

    assert verified(key_set(signing), f"{signed}.{encoded(signature)}") == CLAIMS


def test_only_keys_of_the_set_are_tried() -> None:
    """By `kid`; an unknown one, none, or one that is no text finds nothing (security 5, 9)."""
    ours, theirs = key(Algorithm.ES256), signing_key_from_pem("key_2", Algorithm.ES256, generate_pem(Algorithm.ES256))
    keys = key_set(ours)

    assert refused(keys, key_set(theirs).sign(CLAIMS))
    assert refused(keys, signing_key_from_pem("key_1", Algorithm.ES256, generate_pem(Algorithm.ES256)).sign(CLAIMS))
    assert refused(keys, key(Algorithm.ES256, kid=None).sign(CLAIMS))
    kids: tuple[object, ...] = (1, None, ["key_1"], {}, "../key_1", "")
    for kid in kids:
        token = forged({"alg": "ES256", "kid": kid}, CLAIMS, b"x" * 64)
        assert refused(keys, token)


def test_a_configured_key_without_a_name_verifies_tokens_without_one() -> None:
    """As the servers sign that shared the secret before us."""
    nameless = key(Algorithm.HS256, kid=None)
    keys = key_set(nameless)
    token = keys.sign(CLAIMS)

    assert "kid" not in jwt.get_unverified_header(token)
    assert verified(keys, token) == CLAIMS
    assert refused(keys, key(Algorithm.HS256, kid="other").sign(CLAIMS))


@pytest.mark.parametrize(
    ("changes", "now"),
    [
        ({}, NOW + 900),  # at the second of the expiry
        ({"exp": NOW - 1}, NOW),
        ({"iat": NOW + 60, "exp": NOW + 960}, NOW),
        ({"iss": "https://other.example"}, NOW),
        ({"iss": ISSUER + "/"}, NOW),
        ({"iss": None}, NOW),
        ({"iss": [ISSUER]}, NOW),
        ({"exp": None}, NOW),
        ({"iat": None}, NOW),
        ({"sub": None}, NOW),
        ({"exp": "9999999999"}, NOW),
        ({"exp": 9999999999.5}, NOW),
        ({"iat": "0"}, NOW),
        ({"exp": {}}, NOW),
        ({"exp": float("inf")}, NOW),
    ],
)
def test_a_token_that_is_not_of_now_and_here_is_refused(changes: dict[str, Any], now: int) -> None:
    """Expired, from the future, of another issuer, or without what every token of ours has (security 38)."""
    signing = key(Algorithm.HS256)
    header = {"alg": "HS256", "kid": "key_1"}
    signed = f"{encoded(header)}.{encoded(CLAIMS | changes)}"
    token = f"{signed}.{encoded(hmac.digest(SECRET, signed.encode(), 'sha256'))}"

    assert refused(key_set(signing), token, now)


@pytest.mark.parametrize("missing", ["iss", "sub", "iat", "exp"])
def test_a_token_must_carry_its_claims(missing: str) -> None:
    """A token that never expires is none."""
    claims = {name: value for name, value in CLAIMS.items() if name != missing}

    assert refused(key_set(key(Algorithm.ES256)), key(Algorithm.ES256).sign(claims))


@pytest.mark.parametrize("seconds", [0, 1, 899])
def test_a_token_is_good_from_its_first_to_its_last_second(seconds: int) -> None:
    """And by our clock, not by the library's."""
    keys = key_set(key(Algorithm.ES256))

    assert verified(keys, keys.sign(CLAIMS), NOW + seconds) == CLAIMS


def test_a_changed_token_is_refused() -> None:
    """Any character of any part."""
    keys = key_set(key(Algorithm.EDDSA))
    token = keys.sign(CLAIMS)
    for place in range(0, len(token), 7):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidAccessToken):
            verified(keys, changed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "é.é.é",
        "\ud800.x.y",
        "e30.e30.",
        "W10.W10.W10",
        "bnVsbA.bnVsbA.x",
        encoded(b'{"alg":"ES256","kid":"key_1"}') + ".e30." + "A" * 86,
        encoded(b'{"alg":' + b"[" * 100_000) + ".e30.x",
        encoded(b'{"alg":"ES256","kid":"key_1","x":' + b"1" * 5000 + b"}") + ".e30.x",
        "eyJ" * 100_000,
    ],
    ids=range(14),
)
def test_what_is_no_token_is_refused(text: str) -> None:
    """With the same refusal, never with a failure (security 109)."""
    assert refused(key_set(key(Algorithm.ES256)), text)
