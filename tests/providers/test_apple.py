"""Apple's client secret, and the key behind it."""

import base64
from typing import Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.providers.conftest import BACK, CLIENT, REQUEST, Place
from tests.providers.recorded import PEOPLE
from tests.support.providers.identity import ec_key, rsa_key, signed
from vestibule.kernel.secret import Secret
from vestibule.providers.apple import private_key_pem

NO_TRUTHS: Final = ("false", False, "True", "TRUE", " true", "1", "", 1, None, ["true"])
PEM: Final = ec_key("ours").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "written",
    [
        PEM,
        PEM.strip(),
        PEM.replace("\n", "\\n"),
        base64.b64encode(PEM.encode()).decode(),
        base64.encodebytes(PEM.encode()).decode(),
    ],
    ids=["pem", "trimmed", "one-line", "base64", "base64-in-lines"],
)
def test_a_key_is_read_as_people_write_it(written: str) -> None:
    """PEM, PEM in one line, or base64 of it."""
    assert private_key_pem(written).reveal().strip() == PEM.strip()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "no private key"),
        ("not base64!", "neither PEM nor base64"),
        (base64.b64encode(b"hello").decode(), "no private key"),
        (PEM[:100], "no private key"),
        (rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), "P-256"),
        (
            ec.generate_private_key(ec.SECP384R1())
            .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            .decode(),
            "P-256",
        ),
        (ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode(), "password"),
        (ec_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), "private key"),
    ],
    ids=["empty", "no-base64", "no-pem", "half", "rsa", "another-curve", "sealed", "public"],
)
def test_what_is_no_key_says_why(written: str, says: str) -> None:
    """And quotes nothing of it (security 117)."""
    with pytest.raises(ValueError, match=says) as refused:
        private_key_pem(written)
    assert "BEGIN" not in str(refused.value)


async def test_each_exchange_has_a_fresh_secret(place: Place) -> None:
    """A JWT of five minutes, as Apple documents it; no secret of half a year lies about."""
    await place.identify("apple")
    (exchange,) = [request for request in place.server.requests if request.method == "POST"]
    secret = exchange.form["client_secret"]
    assert jwt.get_unverified_header(secret) == {"alg": "ES256", "kid": "KEY", "typ": "JWT"}
    claims = jwt.decode(secret, ec_key("ours").public_key(), ["ES256"], audience="https://appleid.apple.com")
    now = int(place.clock.now().timestamp())
    assert claims == {"iss": "TEAM", "iat": now, "exp": now + 300, "aud": "https://appleid.apple.com", "sub": CLIENT}


async def test_scopes_without_openid_still_bring_an_id_token(place: Place) -> None:
    """Apple gives one always, and it is always looked at (security 7)."""
    place.say("apple", PEOPLE["apple"])
    provider = place.provider("apple", scopes=("email",))
    assert "nonce=" in (await provider.depart(REQUEST)).url
    assert (await provider.identify(BACK, REQUEST)).identity.email_is_vouched


@pytest.mark.parametrize(("word", "is_vouched"), [("true", True), (True, True), *((word, False) for word in NO_TRUTHS)])
async def test_apple_may_write_true_as_a_text(place: Place, word: object, *, is_vouched: bool) -> None:
    """It documents "string or boolean", for every token of its own; that exact text and no other (security 3)."""
    said = PEOPLE["apple"].changed(("claims", "email_verified"), word)
    assert (await place.identify("apple", said)).identity.email_is_vouched is is_vouched
    place.say("apple", said)
    token = signed(place.claims(said.claims, nonce=None))
    assert (await place.verifier("apple", CLIENT)(token, None)).email_is_vouched is is_vouched


async def test_a_session_of_apples_is_refreshed(place: Place) -> None:
    """With a fresh secret as well."""
    place.say("apple", PEOPLE["apple"])
    await place.provider("apple").refreshed(Secret("r.token"))
    (request,) = place.server.requests
    assert request.form["refresh_token"] == "r.token"
    assert jwt.get_unverified_header(request.form["client_secret"])["kid"] == "KEY"
