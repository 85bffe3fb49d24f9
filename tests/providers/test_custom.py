"""Providers by configuration only: found by discovery, or with addresses of their own."""

from typing import Any, Final

import pytest

from tests.providers.conftest import BACK, CLIENT, REQUEST, Place, sent_to
from tests.support.providers.identity import ec_key, public_jwk, rsa_key, signed
from tests.support.providers.standing_in import Answer, Fault
from vestibule.core.social.model import AuthorizationRequest, Callback, ExternalIdentity, IdentityProvider
from vestibule.kernel.errors import ProviderExchangeFailed, ProviderProfileFailed, ProviderUnavailable
from vestibule.providers import ClientAuthentication, Row
from vestibule.providers.custom import discovered_row, plain_row

WELL_KNOWN: Final = "/realms/acme/.well-known/openid-configuration"
MEMBERS: Final = {
    "id": "id",
    "email": "email",
    "emailVerified": "email_verified",
    "name": "name",
    "picture": "picture",
}


def issuer_of(place: Place) -> str:
    return f"{place.server.url}/realms/acme"


def discovered(place: Place, **changes: Any) -> Row:
    usual: dict[str, Any] = {
        "name": "c:acme",
        "issuer": issuer_of(place),
        "discovery_url": place.server.url + WELL_KNOWN,
        "has_nonce": True,
        "algorithm": "RS256",
        "vouches": False,
        "authentication": ClientAuthentication.BASIC,
    }
    return discovered_row(**{**usual, **changes})


def document(place: Place, **changes: Any) -> dict[str, Any]:
    here = issuer_of(place)
    usual = {
        "issuer": here,
        "authorization_endpoint": f"{here}/auth",
        "token_endpoint": f"{here}/token",
        "userinfo_endpoint": f"{here}/userinfo",
        "jwks_uri": f"{here}/certs",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def say(place: Place, *, claims: dict[str, Any] | None = None, **changes: Any) -> None:
    content = place.claims({"iss": issuer_of(place), "sub": "ada", "email": "ada@acme.example", "email_verified": True})
    place.server.tokens = Answer(200, {"access_token": "t", "id_token": signed({**content, **(claims or {})})})
    place.server.documents = {
        WELL_KNOWN: document(place, **changes),
        "/realms/acme/certs": {"keys": [public_jwk(rsa_key())]},
        "/realms/acme/userinfo": {"sub": "ada", "name": "Ada", "email": "ada@acme.example", "email_verified": True},
    }


def provider_of(place: Place, **changes: Any) -> IdentityProvider:
    return place.provider(discovered(place, **changes), scopes=("openid", "email"))


async def identify(place: Place, callback: Callback = BACK, **changes: Any) -> ExternalIdentity:
    return (await provider_of(place, **changes).identify(callback, REQUEST)).identity


async def test_a_provider_is_found_by_its_issuer(place: Place) -> None:
    """With state, PKCE and nonce like any other (security 44)."""
    say(place)
    departure = await provider_of(place).depart(REQUEST)
    assert departure.url.startswith(f"{issuer_of(place)}/auth?")
    assert sent_to(departure).keys() == {
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    }
    assert sent_to(departure)["redirect_uri"].endswith("/signin/provider/c:acme/callback")
    assert await identify(place) == ExternalIdentity(
        provider="c:acme",
        issuer=issuer_of(place),
        subject="ada",
        email="ada@acme.example",
        email_is_vouched=False,
        name="Ada",
    )


@pytest.mark.parametrize("vouches", [True, False])
async def test_an_address_is_believed_if_the_operator_says_so(place: Place, *, vouches: bool) -> None:
    """And the provider as well (security 3)."""
    say(place)
    assert (await identify(place, vouches=vouches)).email_is_vouched == vouches
    place.server.documents["/realms/acme/userinfo"] |= {"email_verified": "true"}
    assert not (await identify(place, vouches=vouches)).email_is_vouched


async def test_an_address_and_the_word_on_it_come_together(place: Place) -> None:
    """The ID token's word is not about the profile's address (security 3)."""
    say(place)
    place.server.documents["/realms/acme/userinfo"] = {"sub": "ada", "email": "victim@acme.example"}
    found = await identify(place, vouches=True)
    assert (found.email, found.email_is_vouched) == ("victim@acme.example", False)
    place.server.documents["/realms/acme/userinfo"] = {"sub": "ada", "email_verified": True}
    say(place, claims={"email_verified": False}, userinfo_endpoint=None)
    assert not (await identify(place, vouches=True)).email_is_vouched


async def test_nobody_is_asked_before_a_user_comes(place: Place) -> None:
    """And then once, however many there are."""
    say(place)
    provider = provider_of(place)
    assert place.server.requests == []
    for _ in range(5):
        await provider.depart(REQUEST)
    assert len(place.server.asked(WELL_KNOWN)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"issuer": 7},
        {"token_endpoint": None},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "/auth"},
        {"token_endpoint": "ftp://acme.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "https://[::1/auth"},
        {"token_endpoint": "https://acme.example:port/token"},
        {"userinfo_endpoint": "https://[acme]/me"},
        {"jwks_uri": "https:///certs"},
        {"authorization_endpoint": "https://acme.example/auth\r\nSet-Cookie: a=b"},
    ],
    ids=str,
)
async def test_a_document_that_cannot_be_trusted_ends_the_journey(place: Place, changes: dict[str, Any]) -> None:
    """Another issuer above all: it would be the attacker's own (security 5)."""
    say(place, **changes)
    with pytest.raises(ProviderUnavailable):
        await provider_of(place).depart(REQUEST)
    with pytest.raises(ProviderExchangeFailed):
        await identify(place)
    assert {request.path for request in place.server.requests} == {WELL_KNOWN}


async def test_an_issuer_with_tls_names_no_endpoint_without(place: Place) -> None:
    """The secret would be sent in the clear."""
    issuer = "https://id.acme.example"
    say(place, issuer=issuer)
    with pytest.raises(ProviderUnavailable):
        await provider_of(place, issuer=issuer).depart(REQUEST)


@pytest.mark.parametrize(
    "fault",
    [
        Answer(404),
        Answer(302, b"", {"Location": "/elsewhere"}),
        Answer(200, b"<html>"),
        Answer(200, []),
        Answer(200, b'"' + b"x" * 300_000 + b'"'),
        Fault.LATE,
        Fault.SLOW,
        Fault.HANGS_UP,
    ],
    ids=str,
)
async def test_a_discovery_that_fails_ends_the_journey(place: Place, fault: Answer | Fault) -> None:
    """No redirect is followed (security 49, 97)."""
    say(place)
    place.server.faults.append(fault)
    with pytest.raises(ProviderUnavailable):
        await provider_of(place).depart(REQUEST)
    assert len(place.server.requests) == 1


async def test_a_provider_that_promises_its_name_must_give_it(place: Place) -> None:
    """RFC 9207 section 2.4 (security 45)."""
    say(place, authorization_response_iss_parameter_supported=True)
    for issuer in (None, "", "https://evil.example"):
        with pytest.raises(ProviderExchangeFailed):
            await identify(place, Callback(code="a-code", issuer=issuer))
    assert (await identify(place, Callback(code="a-code", issuer=issuer_of(place)))).subject == "ada"


async def test_the_nonce_is_compared_unless_it_is_disabled(place: Place) -> None:
    """`disableNonce` is for providers that leave it out (security 7, 44)."""
    say(place, claims={"nonce": "another"})
    with pytest.raises(ProviderProfileFailed):
        await identify(place)
    provider = provider_of(place, has_nonce=False)
    assert "nonce" not in sent_to(await provider.depart(REQUEST))
    assert (await provider.identify(BACK, REQUEST)).identity.subject == "ada"


async def test_profile_and_id_token_speak_of_one_person(place: Place) -> None:
    """Else the access token was somebody else's (security 8)."""
    say(place)
    place.server.documents["/realms/acme/userinfo"]["sub"] = "victim"
    with pytest.raises(ProviderProfileFailed):
        await identify(place)


async def test_one_algorithm_is_pinned(place: Place) -> None:
    """The operator may choose ES256; a token never does (security 9)."""
    say(place)
    place.server.documents["/realms/acme/certs"] = {"keys": [public_jwk(ec_key()), public_jwk(rsa_key(), "k2")]}
    content = place.claims({"iss": issuer_of(place), "sub": "ada"})
    by_curve = Answer(200, {"access_token": "t", "id_token": signed(content, key=ec_key(), algorithm="ES256")})
    by_rsa = Answer(200, {"access_token": "t", "id_token": signed(content, kid="k2")})
    for algorithm, good, bad in (("ES256", by_curve, by_rsa), ("RS256", by_rsa, by_curve)):
        place.server.tokens = good
        assert (await identify(place, algorithm=algorithm)).subject == "ada"
        place.server.tokens = bad
        with pytest.raises(ProviderProfileFailed):
            await identify(place, algorithm=algorithm)


async def test_who_we_are_is_told_in_the_configured_way(place: Place) -> None:
    """In the header, or in the form."""
    for way in ClientAuthentication:
        say(place)
        place.server.requests.clear()
        await identify(place, authentication=way)
        (exchange,) = [request for request in place.server.requests if request.method == "POST"]
        assert (exchange.basic is None) == (way is ClientAuthentication.FORM)
        assert ("client_secret" in exchange.form) == (way is ClientAuthentication.FORM)


@pytest.mark.parametrize(
    ("audience", "party", "is_taken"),
    [
        ([CLIENT, "app-1"], CLIENT, True),
        ([CLIENT, "app-1", "app-2"], CLIENT, True),
        ([CLIENT, "app-1"], "app-1", False),
        ([CLIENT, "app-1"], None, False),
        ([CLIENT, "another"], CLIENT, False),
        (["app-1"], CLIENT, False),
        ("app-1", None, False),
    ],
    ids=str,
)
async def test_the_listed_audiences_may_stand_beside_us(
    place: Place, audience: str | list[str], party: str | None, *, is_taken: bool
) -> None:
    """The token is still ours, and we have asked for it (OpenID Connect Core 1.0 section 3.1.3.7, security 6)."""
    say(place, claims={"aud": audience, **({} if party is None else {"azp": party})})
    provider = place.provider(discovered(place), scopes=("openid",), audiences=("app-1", "app-2"))
    if is_taken:
        assert (await provider.identify(BACK, REQUEST)).identity.subject == "ada"
    else:
        with pytest.raises(ProviderProfileFailed):
            await provider.identify(BACK, REQUEST)


def plain(place: Place, *, vouches: bool = False, issuer: str = "", **members: str) -> IdentityProvider:
    row = plain_row(
        name="c:forum",
        issuer=issuer,
        authorize=f"{place.server.url}/authorize?tenant=1",
        token=f"{place.server.url}/token",
        profile=f"{place.server.url}/me",
        members={**MEMBERS, **members},
        vouches=vouches,
        authentication=ClientAuthentication.FORM,
    )
    return place.provider(row)


async def test_a_server_without_openid_has_a_profile(place: Place) -> None:
    """Its members are called as configured; a number is an id as well."""
    place.server.tokens = Answer(200, {"access_token": "t"})
    place.server.documents = {"/me": {"user": {"uid": 7, "mail": "ada@acme.example"}, "ok": True, "name": "Ada"}}
    provider = plain(place, vouches=True, id="user.uid", email="user.mail", emailVerified="ok")
    url = (await provider.depart(REQUEST)).url
    assert url.startswith(f"{place.server.url}/authorize?tenant=1&client_id={CLIENT.replace(' ', '+')}&")
    assert "nonce" not in url
    found = (await provider.identify(BACK, REQUEST)).identity
    assert (found.issuer, found.subject) == ("c:forum", "7")
    assert (found.email, found.email_is_vouched, found.name) == ("ada@acme.example", True, "Ada")


async def test_the_issuer_of_a_plain_server_is_compared_where_it_is_configured(place: Place) -> None:
    """RFC 9207: what it puts into its answers is not known without that (security 45)."""
    place.server.tokens = Answer(200, {"access_token": "t"})
    place.server.documents = {"/me": {"id": 7}}
    here, other = "https://forum.acme.example", Callback(code="a-code", issuer="https://evil.example")
    assert (await plain(place).identify(other, REQUEST)).identity.issuer == "c:forum"
    provider = plain(place, issuer=here)
    for callback in (Callback(code="a-code", issuer=here), BACK):
        assert (await provider.identify(callback, REQUEST)).identity.issuer == here
    with pytest.raises(ProviderExchangeFailed):
        await provider.identify(other, REQUEST)


@pytest.mark.parametrize("profile", [{}, [], {"id": None}, {"id": True}, {"id": ""}, {"id": {"x": 1}}, {"sub": "ada"}])
async def test_a_profile_without_the_member_is_nobodys(place: Place, profile: Any) -> None:
    """No other member takes its place (security 4)."""
    place.server.tokens = Answer(200, {"access_token": "t"})
    place.server.documents = {"/me": profile}
    with pytest.raises(ProviderProfileFailed):
        await plain(place).identify(BACK, REQUEST)


async def test_two_journeys_do_not_share_anything(place: Place) -> None:
    """Another verifier, another challenge; another nonce, another hash (security 44)."""
    say(place)
    provider = provider_of(place)
    other = AuthorizationRequest(state="s2", nonce="n2", code_verifier="w" * 43)
    first, second = sent_to(await provider.depart(REQUEST)), sent_to(await provider.depart(other))
    assert all(first[name] != second[name] for name in ("state", "nonce", "code_challenge"))


async def test_a_document_beside_an_error_is_not_believed(place: Place) -> None:
    """What a server says while it is broken, or asks for something else, is no discovery (security 5)."""
    say(place)
    place.server.faults.append(Answer(500, place.server.documents[WELL_KNOWN]))
    with pytest.raises(ProviderUnavailable):
        await provider_of(place).depart(REQUEST)


@pytest.mark.parametrize("word", [False, None, "true", "false", 1, 0, [True], {"verified": True}], ids=str)
async def test_of_a_plain_server_only_a_real_true_is_believed(place: Place, word: Any) -> None:
    """What its operator has called the word on the address is a switch, or says nothing (security 3)."""
    place.server.tokens = Answer(200, {"access_token": "t"})
    place.server.documents = {"/me": {"id": 7, "email": "ada@acme.example", "email_verified": word}}
    found = (await plain(place, vouches=True).identify(BACK, REQUEST)).identity
    assert (found.email, found.email_is_vouched) == ("ada@acme.example", False)
