"""OAuth 1.0a: signatures by the examples of the RFC, and the journey to a Twitter that checks them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.providers.conftest import PROJECT, REQUEST, Place, sent_to
from tests.support.providers.standing_in import Answer, Fault, serve
from tests.support.providers.twitter import KEY, SECRET, Twitter
from vestibule.core.social.model import Callback, ExternalIdentity, IdentityProvider
from vestibule.kernel.errors import ProviderProfileFailed, ProviderRefused, ProviderUnavailable
from vestibule.kernel.secret import Secret
from vestibule.providers import ProviderSettings, TwitterSettings
from vestibule.providers.oauth1 import header, signature, signature_base

ADA: Final[dict[str, Any]] = {
    "id": 2244994945,
    "id_str": "2244994945",
    "name": "Ada Lovelace",
    "screen_name": "ada",
    "profile_image_url_https": "https://pbs.twimg.com/profile_images/ada_normal.jpg",
    "verified": True,
    "email": "ada@acme.example",
}


@pytest.fixture
async def twitter() -> AsyncIterator[Twitter]:
    """Twitter, with one user."""
    async with serve(Twitter(profile=ADA)) as server:
        yield server


def provider_of(place: Place, twitter: Twitter) -> IdentityProvider:
    settings = TwitterSettings(consumer_key=KEY, consumer_secret=Secret(SECRET), url=twitter.url)
    found = place.everything(ProviderSettings(twitter=settings)).find(PROJECT, "twitter")
    assert found is not None
    return found


async def come_back(place: Place, twitter: Twitter, **changes: str | None) -> ExternalIdentity:
    provider = provider_of(place, twitter)
    departure = await provider.depart(REQUEST)
    brought: dict[str, str | None] = {
        "oauth_token": sent_to(departure)["oauth_token"],
        "oauth_verifier": twitter.verifier,
        **changes,
    }
    return (await provider.identify(Callback(**brought), replace(REQUEST, kept=departure.kept))).identity


def test_the_signature_base_of_the_rfc() -> None:
    """RFC 5849 section 3.4.1.1."""
    parameters = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        ("c2", ""),
        ("a3", "2 q"),
    ]
    assert signature_base("post", "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", parameters) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D"
        "%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_signature_of_the_rfc() -> None:
    """RFC 5849 section 1.2: the photos that Jane lets be printed."""
    parameters = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "nnch734d00sl2jdk",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    found = signature("GET", url, parameters.items(), Secret("kd94hf93k423kf44"), Secret("pfkkdhi9sl3r4s00"))
    assert found == "MdpQcU8iPSUjWoN/UDMsK2sui9I="
    assert 'oauth_signature="MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D"' in header({**parameters, "oauth_signature": found})


def test_the_signature_of_an_exchange() -> None:
    """RFC 5849 section 1.2: the verifier is signed too, with the secret of the request token."""
    parameters = {
        "oauth_consumer_key": "dpf43f3p2l4k3l03",
        "oauth_token": "hh5s93j4hdidpola",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131201",
        "oauth_nonce": "walatlh",
        "oauth_verifier": "hfdp7dh39dks9884",
    }
    url = "https://photos.example.net/token"
    found = signature("POST", url, parameters.items(), Secret("kd94hf93k423kf44"), Secret("hdhd0244k9j7ao03"))
    assert found == "gKgrFCywp7rO0OXSjdot/IHF7IU="


def test_another_port_is_signed() -> None:
    """Section 3.4.1.2: only the usual ones are left out."""
    assert signature_base("GET", "https://example.net:8080", []) == "GET&https%3A%2F%2Fexample.net%3A8080%2F&"


async def test_somebody_comes_back(place: Place, twitter: Twitter) -> None:
    """With signatures that Twitter's own reckoning confirms; the address is not believed (security 3)."""
    assert await come_back(place, twitter) == ExternalIdentity(
        provider="twitter",
        issuer="https://api.twitter.com",
        subject="2244994945",
        email="ada@acme.example",
        email_is_vouched=False,
        name="Ada Lovelace",
        picture="https://pbs.twimg.com/profile_images/ada_normal.jpg",
    )
    assert twitter.callbacks == ["https://auth.acme.example/v1/signin/provider/twitter/callback?state=a+state"]


async def test_where_the_browser_goes(place: Place, twitter: Twitter) -> None:
    """With the request token; its secret stays here."""
    departure = await provider_of(place, twitter).depart(REQUEST)
    assert departure.url == f"{twitter.url}/oauth/authorize?oauth_token=request-1"
    assert twitter.secrets["request-1"] in departure.kept
    assert twitter.secrets["request-1"] not in departure.url


@pytest.mark.parametrize("token", [None, "", "request-2", "\u00fc"])
async def test_the_token_of_another_journey_is_refused(place: Place, twitter: Twitter, token: str | None) -> None:
    """Else an attacker's own journey would end in the victim's browser (security 46)."""
    with pytest.raises(ProviderProfileFailed):
        await come_back(place, twitter, oauth_token=token)
    assert len(twitter.requests) == 1


@pytest.mark.parametrize("verifier", [None, "", "wrong", "two words"])
async def test_without_the_verifier_nobody_comes_back(place: Place, twitter: Twitter, verifier: str | None) -> None:
    """It shows that the browser has been there (RFC 5849 section 2.2)."""
    with pytest.raises(ProviderProfileFailed):
        await come_back(place, twitter, oauth_verifier=verifier)


@pytest.mark.parametrize("kept", ["", "token=request-1", "token=request-1&secret=another", "%", "\x00"])
async def test_the_secret_of_the_request_token_is_needed(place: Place, twitter: Twitter, kept: str) -> None:
    """It signs the exchange."""
    provider = provider_of(place, twitter)
    await provider.depart(REQUEST)
    back = Callback(oauth_token="request-1", oauth_verifier=twitter.verifier)
    with pytest.raises(ProviderProfileFailed):
        await provider.identify(back, replace(REQUEST, kept=kept))


FAULTS = [
    Answer(401),
    Answer(500, b"<html>"),
    Answer(200, b""),
    Answer(200, b"oauth_token"),
    Answer(200, b"oauth_token=&oauth_token_secret=x&oauth_callback_confirmed=true"),
    Answer(200, "t\u00f6ken=x".encode()),
    Answer(302, b"", {"Location": "/elsewhere"}),
    Fault.LATE,
    Fault.HANGS_UP,
    Fault.ENDLESS,
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_no_request_token_means_no_journey(place: Place, twitter: Twitter, fault: Answer | Fault) -> None:
    """Whatever went wrong (security 49, 97)."""
    twitter.faults.append(fault)
    with pytest.raises(ProviderUnavailable):
        await provider_of(place, twitter).depart(REQUEST)


async def test_an_unconfirmed_callback_means_no_journey(place: Place, twitter: Twitter) -> None:
    """RFC 5849 section 2.1: a server that does not say so may be of the older, attackable protocol."""
    twitter.confirmed = "false"
    with pytest.raises(ProviderUnavailable):
        await provider_of(place, twitter).depart(REQUEST)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("before", [0, 1])
async def test_what_fails_on_the_way_back(place: Place, twitter: Twitter, fault: Answer | Fault, before: int) -> None:
    """At the exchange, or at the profile (security 49, 97)."""
    provider = provider_of(place, twitter)
    departure = await provider.depart(REQUEST)
    back = Callback(oauth_token="request-1", oauth_verifier=twitter.verifier)
    access = Answer(200, b"oauth_token=access-2&oauth_token_secret=s")
    twitter.faults += [*[access] * before, fault]
    with pytest.raises(ProviderProfileFailed):
        await provider.identify(back, replace(REQUEST, kept=departure.kept))


@pytest.mark.parametrize("profile", [{}, [], {**ADA, "id_str": None}, {**ADA, "id_str": 7}, {**ADA, "id_str": ""}])
async def test_nobody_comes_without_a_subject(place: Place, twitter: Twitter, profile: Any) -> None:
    """Not even by the number beside it, which JavaScript rounds."""
    twitter.profile = profile
    with pytest.raises(ProviderProfileFailed):
        await come_back(place, twitter)


@pytest.mark.parametrize("email", [None, "", 7, []])
async def test_somebody_may_have_no_address(place: Place, twitter: Twitter, email: Any) -> None:
    """Twitter gives null then."""
    twitter.profile = {**ADA, "email": email}
    assert (await come_back(place, twitter)).email is None


async def test_there_is_nothing_to_refresh(place: Place, twitter: Twitter) -> None:
    """Tokens of OAuth 1 do not expire."""
    with pytest.raises(ProviderRefused):
        await provider_of(place, twitter).refreshed(Secret("x"))


async def test_a_profile_beside_an_error_is_nobodys(place: Place, twitter: Twitter) -> None:
    """What a server says while it refuses the token is not who came (security 8)."""
    provider = provider_of(place, twitter)
    departure = await provider.depart(REQUEST)
    twitter.faults += [Answer(200, b"oauth_token=access-2&oauth_token_secret=s"), Answer(401, ADA)]
    with pytest.raises(ProviderProfileFailed):
        await provider.identify(
            Callback(oauth_token="request-1", oauth_verifier=twitter.verifier), replace(REQUEST, kept=departure.kept)
        )
