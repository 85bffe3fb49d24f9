"""ID tokens of applications, and every way to forge one."""

import base64
import hmac
import json
from datetime import timedelta
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.providers.conftest import PROJECT, Place
from tests.providers.recorded import TENANT
from tests.support.providers.identity import ec_key, moved, public_jwk, rsa_key, signed
from tests.support.providers.standing_in import Answer, Fault
from vestibule.core.social.model import ExternalIdentity
from vestibule.kernel.errors import InvalidIdToken
from vestibule.providers import ROWS, AcceptedIdTokens, ProviderSettings
from vestibule.providers.id_token import hashed_nonce, is_issuer

KEYS: Final = "/oauth2/v3/certs"
IOS: Final = "ios.apps.googleusercontent.com"
WEB: Final = "web.apps.googleusercontent.com"
ADA: Final = {
    "iss": "https://accounts.google.com",
    "aud": WEB,
    "sub": "110169484474386276334",
    "email": "ada@acme.example",
    "email_verified": True,
    "name": "Ada Lovelace",
    "picture": "https://lh3.googleusercontent.com/a/ada=s96-c",
}


def claims(place: Place, **changes: Any) -> dict[str, Any]:
    return place.claims(ADA, **{"nonce": None, **changes})


def publish(place: Place, *keys: dict[str, Any]) -> None:
    place.server.documents = {KEYS: {"keys": list(keys) or [public_jwk(rsa_key())]}}


def unsigned(header: dict[str, Any], content: dict[str, Any], signature: str = "") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, content)]
    return ".".join([*parts, signature])


async def accepts(place: Place, token: str, nonce: str | None = None) -> ExternalIdentity:
    if not place.server.documents:
        publish(place)
    return await place.verifier("google", WEB, IOS)(token, nonce)


async def refuses(place: Place, token: str, nonce: str | None = None) -> None:
    with pytest.raises(InvalidIdToken):
        await accepts(place, token, nonce)


async def test_a_good_token_says_who_it_is(place: Place) -> None:
    """The same person as by the way through the browser: issuer and subject are the same."""
    assert await accepts(place, signed(claims(place))) == ExternalIdentity(
        provider="google",
        issuer="https://accounts.google.com",
        subject="110169484474386276334",
        email="ada@acme.example",
        email_is_vouched=True,
        name="Ada Lovelace",
        picture="https://lh3.googleusercontent.com/a/ada=s96-c",
    )


@pytest.mark.parametrize(
    "issuer",
    [
        "https://evil.example",
        "accounts.google.com",
        "https://accounts.google.com/",
        "https://accounts.google.com.evil.example",
        "https://appleid.apple.com",
        "",
        None,
        7,
        ["https://accounts.google.com"],
    ],
)
async def test_only_the_pinned_issuer_is_taken(place: Place, issuer: Any) -> None:
    """Exactly as it is written (security 5)."""
    content = {**claims(place), "iss": issuer}
    if isinstance(issuer, str | None):
        await refuses(place, signed({name: value for name, value in content.items() if value is not None}))
    else:  # the library would not sign it
        await refuses(place, _signed_raw(content))


def _signed_raw(content: Any) -> str:
    return jwt.PyJWS().encode(json.dumps(content).encode(), rsa_key(), algorithm="RS256", headers={"kid": "k1"})


@pytest.mark.parametrize(
    "audience",
    ["another", "", None, 7, [], [WEB, "another"], ["another"], [7], WEB + " ", WEB.upper(), {"a": WEB}, [[WEB]]],
    ids=str,
)
async def test_only_our_audiences_are_taken(place: Place, audience: Any) -> None:
    """All of them, exactly (security 6)."""
    await refuses(place, _signed_raw({**claims(place), "aud": audience, "azp": WEB}))


@pytest.mark.parametrize("audience", [WEB, IOS, [WEB], [WEB, IOS]], ids=str)
async def test_each_listed_audience_is_taken(place: Place, audience: Any) -> None:
    """The list is the operator's."""
    assert (await accepts(place, signed(claims(place, aud=audience, azp=WEB)))).subject == ADA["sub"]


@pytest.mark.parametrize("party", [None, "another", 7, [WEB]])
async def test_of_several_audiences_the_asking_one_is_ours(place: Place, party: Any) -> None:
    """OpenID Connect Core 1.0 section 3.1.3.7 (security 6)."""
    await refuses(place, _signed_raw({**claims(place, aud=[WEB, IOS]), "azp": party}))


@pytest.mark.parametrize(
    ("in_token", "given", "is_taken"),
    [
        (hashed_nonce("raw"), "raw", True),
        (hashed_nonce(""), None, True),
        (None, "raw", True),
        (None, None, True),
        ("raw", "raw", False),
        (hashed_nonce("raw"), None, False),
        (hashed_nonce("raw"), "other", False),
        (hashed_nonce("raw"), hashed_nonce("raw"), False),
        (hashed_nonce("raw").upper(), "raw", False),
        ("", None, False),
    ],
)
async def test_the_nonce_is_known_to_whoever_asked(
    place: Place, in_token: str | None, given: str | None, *, is_taken: bool
) -> None:
    """The token holds the SHA-256 of what only the application knows (security 7)."""
    token = signed(claims(place, nonce=in_token))
    if is_taken:
        assert (await accepts(place, token, given)).subject == ADA["sub"]
    else:
        await refuses(place, token, given)


@pytest.mark.parametrize("nonce", [7, [], {}, True, "\ud800"], ids=ascii)
async def test_a_nonce_of_another_type_is_another_nonce(place: Place, nonce: Any) -> None:
    """It does not count as missing (security 7)."""
    await refuses(place, _signed_raw({**claims(place), "nonce": nonce}))
    await refuses(place, _signed_raw({**claims(place), "nonce": None}))


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": -61},
        {"exp": None},
        {"iat": 61},
        {"iat": None},
        {"nbf": 61},
    ],
    ids=str,
)
async def test_time_is_kept(place: Place, changes: dict[str, int | None]) -> None:
    """By our clock, with a minute for theirs (security 128)."""
    now = int(place.clock.now().timestamp())
    late = {name: None if offset is None else now + offset for name, offset in changes.items()}
    await refuses(place, signed(claims(place, **late)))
    (name, offset), *_ = changes.items()
    if offset is not None:
        near = offset - 2 if offset > 0 else offset + 3
        assert (await accepts(place, signed(claims(place, **{name: now + near})))).subject == ADA["sub"]


@pytest.mark.parametrize("moment", ["tomorrow", True, [], float("inf"), float("nan"), -float("inf")], ids=str)
@pytest.mark.parametrize("name", ["exp", "iat"])
async def test_a_moment_is_a_number(place: Place, name: str, moment: Any) -> None:
    """Python's JSON reads infinity; such a token would live for ever (security 9)."""
    await refuses(place, _signed_raw({**claims(place), name: moment}))


async def test_a_token_grows_old(place: Place) -> None:
    """By the clock that tests can move, and not by the library's."""
    token = signed(claims(place))
    assert (await accepts(place, token)).subject == ADA["sub"]
    place.clock.advance(timedelta(minutes=12))
    await refuses(place, token)


@pytest.mark.parametrize("missing", ["sub", "email"])
@pytest.mark.parametrize("value", [None, "", 7, []])
async def test_subject_and_address_are_needed(place: Place, missing: str, value: Any) -> None:
    """As texts."""
    await refuses(place, _signed_raw({**claims(place), missing: value}))


@pytest.mark.parametrize("word", [False, None, "true", 1, [True]])
async def test_an_unverified_address_is_not_believed(place: Place, word: Any) -> None:
    """Only a real true is (security 3)."""
    assert not (await accepts(place, _signed_raw({**claims(place), "email_verified": word}))).email_is_vouched


async def test_an_unsigned_token_is_refused(place: Place) -> None:
    """In whatever case the algorithm is written (security 9)."""
    for algorithm in ("none", "None", "NONE", ""):
        await refuses(place, unsigned({"alg": algorithm, "kid": "k1"}, claims(place)))
        await refuses(place, unsigned({"alg": algorithm, "kid": "k1"}, claims(place), "AAAA"))
    await refuses(place, unsigned({"kid": "k1"}, claims(place)))


async def test_the_public_key_is_no_shared_secret(place: Place) -> None:
    """A token signed by HMAC with what everybody knows (security 9)."""
    pem = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (pem, pem.strip(), json.dumps(public_jwk(rsa_key())).encode()):
        signing_input = unsigned({"alg": "HS256", "kid": "k1", "typ": "JWT"}, claims(place)).removesuffix(".")
        digest = hmac.digest(secret, signing_input.encode(), "sha256")
        await refuses(place, f"{signing_input}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}")


async def test_another_algorithm_is_refused(place: Place) -> None:
    """Also a good one with a key of the provider's own: one algorithm is pinned (security 9)."""
    publish(place, public_jwk(rsa_key(), alg="RS512"), public_jwk(ec_key(), "k2"))
    await refuses(place, signed(claims(place), algorithm="RS512"))
    await refuses(place, signed(claims(place), key=ec_key(), algorithm="ES256", kid="k2"))
    publish(place)
    await refuses(place, signed(claims(place), algorithm="PS256"))


@pytest.mark.parametrize("header", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"])
async def test_a_header_that_asks_for_more_is_refused(place: Place, header: str) -> None:
    """A key it brings, a place to fetch one from, rules we do not know; even with a good signature (security 9)."""
    written = {
        "jwk": public_jwk(rsa_key("mallory")),
        "jku": f"{place.server.url}/evil",
        "x5u": f"{place.server.url}/evil",
        "x5c": ["AAAA"],
        "crit": [],
        "b64": True,
        "zip": "DEF",
    }
    protected = {"alg": "RS256", "kid": "k1", "typ": "JWT", header: written[header]}
    for key in (rsa_key(), rsa_key("mallory")):
        signing_input = unsigned(protected, claims(place)).removesuffix(".")
        algorithm = jwt.get_algorithm_by_name("RS256")
        signature = base64.urlsafe_b64encode(algorithm.sign(signing_input.encode(), key)).rstrip(b"=").decode()
        await refuses(place, f"{signing_input}.{signature}")
    assert not place.server.asked("/evil")


async def test_somebody_elses_key_is_refused(place: Place) -> None:
    """Whatever name it takes (security 5, 9)."""
    await refuses(place, signed(claims(place), key=rsa_key("mallory")))
    await refuses(place, signed(claims(place), key=rsa_key("mallory"), kid="k2"))


@pytest.mark.parametrize("kid", [None, "", "k2"])
async def test_a_token_names_a_key_of_the_set(place: Place, kid: str | None) -> None:
    """Keys are not tried one after the other (security 9)."""
    await refuses(place, signed(claims(place), kid=kid))


async def test_another_kind_of_token_is_refused(place: Place) -> None:
    """An access token of the provider's is signed by the same keys (security 38)."""
    await refuses(place, signed(claims(place), typ="at+jwt"))
    await refuses(place, signed(claims(place), typ="logout+jwt"))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "\x00", "e30.e30.", "x" * 20_000, "\ud800.a.b", "[].{}.x"])
async def test_what_is_no_token_is_refused(place: Place, token: str) -> None:
    """And costs no request."""
    await refuses(place, token)
    assert place.server.requests == []


@pytest.mark.parametrize("content", [b"[]", b"7", b"null", b"{", b"[" * 9000, b"\xff"])
async def test_claims_that_are_no_object_are_refused(place: Place, content: bytes) -> None:
    """Even if the provider signed them."""
    await refuses(place, jwt.PyJWS().encode(content, rsa_key(), algorithm="RS256", headers={"kid": "k1"}))


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "RS512"},
        {"kid": 7},
        {"kid": None},
        {"n": "AQAB"},
        {"n": "!"},
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC"},
    ],
    ids=str,
)
async def test_a_key_for_something_else_is_not_used(place: Place, change: dict[str, Any]) -> None:
    """For encryption, for another algorithm, too short, or not readable (security 9)."""
    publish(place, {**public_jwk(rsa_key()), **change})
    await refuses(place, signed(claims(place)))


async def test_a_key_that_is_too_short_is_not_used(place: Place) -> None:
    """RFC 7518 section 3.3: whoever has time could reckon its private half (security 9)."""
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is what the test is about
    publish(place, public_jwk(short))
    signing_input = unsigned({"alg": "RS256", "kid": "k1", "typ": "JWT"}, claims(place)).removesuffix(".")
    signature = short.sign(signing_input.encode(), PKCS1v15(), SHA256())
    await refuses(place, f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(302, b"", {"Location": "/evil"}),
        Answer(200, b"<html>"),
        Answer(200, {"keys": {}}),
        Answer(200, []),
        Answer(200, b'"' + b"x" * 300_000 + b'"'),
        Fault.LATE,
        Fault.HANGS_UP,
    ],
    ids=str,
)
async def test_without_keys_nothing_is_taken(place: Place, answer: Answer | Fault) -> None:
    """It fails closed (security 9, 49)."""
    place.server.faults.append(answer)
    await refuses(place, signed(claims(place)))
    assert len(place.server.requests) == 1


async def test_apple_has_its_own_keys_and_issuer(place: Place) -> None:
    """A token of Google's is not one of Apple's, though both are signed (security 5)."""
    place.server.documents = {"/auth/keys": {"keys": [public_jwk(rsa_key())]}}
    apple = place.verifier("apple", "example.acme.app")
    with pytest.raises(InvalidIdToken):
        await apple(signed(claims(place, aud="example.acme.app")), None)
    good = claims(place, aud="example.acme.app", iss="https://appleid.apple.com", name=None, picture=None)
    assert (await apple(signed(good), None)).issuer == "https://appleid.apple.com"


@pytest.mark.parametrize("algorithm", ["RS512", "PS256"])
async def test_another_algorithm_costs_no_request(place: Place, algorithm: str) -> None:
    """Its header says already that no key of the provider's fits: nobody is asked for keys (security 9, 125)."""
    await refuses(place, signed(claims(place), algorithm=algorithm))
    assert place.server.requests == []


async def test_a_token_is_only_so_long(place: Place) -> None:
    """Sixteen thousand characters, also of one that its provider has signed (security 112)."""
    assert (await accepts(place, signed(claims(place, note="x" * 11_000)))).subject == ADA["sub"]
    await refuses(place, signed(claims(place, note="x" * 13_000)))


@pytest.mark.parametrize("tenant_id", ["11111111-2222-4333-8444-555555555555", None, ""])
async def test_where_any_tenant_may_come_the_issuer_is_the_one_it_names(place: Place, tenant_id: str | None) -> None:
    """A token of one tenant that calls itself another's, or nobody's, is refused (security 5)."""
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    row = moved(ROWS["entraid"].for_tenant("common", None), place.server.url)
    place.server.documents = {"/common/discovery/v2.0/keys": {"keys": [public_jwk(rsa_key())]}}
    everything = place.everything(ProviderSettings(id_tokens=(AcceptedIdTokens(row, (WEB,)),)))
    verify = everything.verifier(PROJECT, "entraid")
    assert verify is not None
    assert (await verify(signed(claims(place, iss=issuer, tid=TENANT)), None)).subject == ADA["sub"]
    with pytest.raises(InvalidIdToken):
        await verify(signed(claims(place, iss=issuer, tid=tenant_id)), None)


async def test_a_private_key_in_a_public_document_is_not_used(place: Place) -> None:
    """Whoever reads the document could sign with it (security 9)."""
    private = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key())), "kid": "k1", "use": "sig", "alg": "RS256"}
    publish(place, private)
    await refuses(place, signed(claims(place)))


async def test_keys_beside_an_error_are_not_used(place: Place) -> None:
    """What a server sends while it is broken is no key set (security 9)."""
    place.server.faults.append(Answer(500, {"keys": [public_jwk(rsa_key())]}))
    await refuses(place, signed(claims(place)))


@pytest.mark.parametrize(
    "found", [TENANT, f"https://sts.windows.net/{TENANT}", f"{TENANT}/", f"https://sts.windows.net/x{TENANT}/", "/"]
)
def test_an_issuer_with_a_tenant_is_whole(found: str) -> None:
    """Everything around the tenant is there, and the tenant is nothing else than that (security 5)."""
    assert is_issuer("https://sts.windows.net/{tenantid}/", f"https://sts.windows.net/{TENANT}/")
    assert not is_issuer("https://sts.windows.net/{tenantid}/", found)


async def test_a_document_has_only_so_many_keys(place: Place) -> None:
    """A hundred: reading them keeps nobody else waiting (security 101)."""
    others = [public_jwk(rsa_key(), f"another{number}") for number in range(100)]
    publish(place, *others, public_jwk(rsa_key()))
    await refuses(place, signed(claims(place)))
    assert (await accepts(place, signed(claims(place), kid="another99"))).subject == ADA["sub"]
