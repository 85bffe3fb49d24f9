"""The development provider as Twitter was: OAuth 1.0a with HMAC-SHA1 (RFC 5849)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest

from tests.support.fakes import FakeClock
from tests.web.dev_provider.application import CALLBACK, OAUTH1_CALLBACK, STATE, Application, brought
from vestibule.kernel.clock import to_seconds
from vestibule.web.dev_provider import Fault

ACCOUNT = "/1.1/account/verify_credentials.json"
Token = tuple[str, str]


def token_in(answer: httpx2.Response) -> Token:
    """Return token and secret of an answer in a form."""
    assert answer.status_code == 200, answer.text
    told = dict(parse_qsl(answer.text, strict_parsing=True))
    return told["oauth_token"], told["oauth_token_secret"]


async def requested(application: Application, clock: FakeClock, **changes: Any) -> httpx2.Response:
    told = {"timestamp": to_seconds(clock.now()), "oauth_callback": OAUTH1_CALLBACK, **changes}
    return await application.signed("POST", "/oauth/request_token", **told)


async def agreed(application: Application, token: Token, person: str = "reader", fault: str = "") -> dict[str, str]:
    page = await application.http.get(
        "http://localhost:4000/_/provider/oauth/authorize", params={"oauth_token": token[0]}
    )
    return brought(await application.press(page, person, fault=fault))


async def exchanged(
    application: Application, clock: FakeClock, token: Token, verifier: str, **changes: Any
) -> httpx2.Response:
    told = {"timestamp": to_seconds(clock.now()), "token": token, "oauth_verifier": verifier, **changes}
    return await application.signed("POST", "/oauth/access_token", **told)


async def account(
    application: Application, clock: FakeClock, token: Token, query: Mapping[str, str] | None = None
) -> httpx2.Response:
    query = {"include_email": "true"} if query is None else query
    return await application.signed("GET", ACCOUNT, timestamp=to_seconds(clock.now()), token=token, query=query)


async def signed_in(
    application: Application, clock: FakeClock, person: str = "reader", fault: str = ""
) -> dict[str, Any]:
    """Go the whole way and return the account."""
    token = token_in(await requested(application, clock))
    back = await agreed(application, token, person, fault)
    access = token_in(await exchanged(application, clock, token, back["oauth_verifier"]))
    answer = await account(application, clock, access)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_journey_ends_with_an_account(application: Application, clock: FakeClock) -> None:
    """The callback keeps its own query, and the account is whom the person chose to be."""
    answer = await requested(application, clock)
    assert ("oauth_callback_confirmed", "true") in parse_qsl(answer.text)
    back = await agreed(application, token_in(answer))
    assert (back["state"], back["oauth_token"]) == (STATE, token_in(answer)[0])
    assert await signed_in(application, clock) == {
        "id_str": "reader",
        "name": "Reader",
        "screen_name": "Reader",
        "email": "reader@example.com",
    }


@pytest.mark.parametrize("person", ["newcomer", "guest"])
async def test_only_a_verified_address_is_told(application: Application, clock: FakeClock, person: str) -> None:
    """As Twitter does it."""
    assert (await signed_in(application, clock, person))["email"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "wrong"},
        {"consumer": "somebody"},
        {"oauth_signature_method": "PLAINTEXT"},
        {"oauth_version": "2.0"},
        {"oauth_nonce": ""},
        {"oauth_timestamp": "soon"},
        {"oauth_timestamp": "1"},
    ],
)
async def test_a_request_is_signed_by_a_registered_client(
    application: Application, clock: FakeClock, changes: dict[str, str]
) -> None:
    """With its secret, now, and by the one method there is."""
    assert (await requested(application, clock, **changes)).status_code == 401
    assert (await requested(application, clock)).status_code == 200


async def test_a_signed_request_is_not_taken_twice(application: Application, clock: FakeClock) -> None:
    """A nonce is good once (section 3.3)."""
    assert (await requested(application, clock, oauth_nonce="the same")).status_code == 200
    assert (await requested(application, clock, oauth_nonce="the same")).status_code == 401


@pytest.mark.parametrize(
    "callback", ["https://evil.example/", f"{CALLBACK}/more", "oob", "", f"{CALLBACK}?a=\r\nb", f"{CALLBACK}?ü"]
)
async def test_only_a_registered_callback_is_taken(application: Application, clock: FakeClock, callback: str) -> None:
    """Otherwise the verifier would go to whoever asks."""
    assert (await requested(application, clock, oauth_callback=callback)).status_code == 403


async def test_a_verifier_is_good_once_and_for_its_token(application: Application, clock: FakeClock) -> None:
    """A wrong one is refused, and so is the right one when it comes again."""
    token = token_in(await requested(application, clock))
    before = await exchanged(application, clock, token, "")
    assert before.status_code == 401
    verifier = (await agreed(application, token))["oauth_verifier"]
    assert (await exchanged(application, clock, token, "wrong")).status_code == 401
    assert (await exchanged(application, clock, token, verifier)).status_code == 200
    assert (await exchanged(application, clock, token, verifier)).status_code == 401


async def test_the_secret_of_the_request_token_counts(application: Application, clock: FakeClock) -> None:
    """Whoever has only seen the redirects cannot sign with it."""
    token = token_in(await requested(application, clock))
    verifier = (await agreed(application, token))["oauth_verifier"]
    assert (await exchanged(application, clock, (token[0], ""), verifier)).status_code == 401
    assert (await account(application, clock, (token[0], token[1]))).status_code == 401


async def test_the_verifier_may_come_in_the_body(application: Application, clock: FakeClock) -> None:
    """The body is signed as well."""
    token = token_in(await requested(application, clock))
    verifier = (await agreed(application, token))["oauth_verifier"]
    now, form = to_seconds(clock.now()), {"oauth_verifier": verifier, "x": "ü &"}
    answer = await application.signed("POST", "/oauth/access_token", timestamp=now, token=token, form=form)
    assert answer.status_code == 200


async def test_a_request_token_is_over_after_half_an_hour(application: Application, clock: FakeClock) -> None:
    """And one that was answered shows no page any more."""
    token = token_in(await requested(application, clock))
    await agreed(application, token)
    url = "http://localhost:4000/_/provider/oauth/authorize"
    assert (await application.http.get(url, params={"oauth_token": token[0]})).status_code == 400
    late = token_in(await requested(application, clock))
    clock.advance(timedelta(minutes=30))
    assert (await application.http.get(url, params={"oauth_token": late[0]})).status_code == 400
    assert (await application.http.get(url)).status_code == 400


async def test_cancel_says_denied(application: Application, clock: FakeClock) -> None:
    """As Twitter says it; the token is gone then."""
    token = token_in(await requested(application, clock))
    assert await agreed(application, token, "") == {"state": STATE, "denied": token[0]}
    assert (await exchanged(application, clock, token, "x")).status_code == 401


async def test_faults_are_those_of_the_other_protocol(application: Application, clock: FakeClock) -> None:
    """As far as there is such a thing here."""
    assert (await signed_in(application, clock, fault=Fault.MISSING_EMAIL))["email"] is None
    assert (await signed_in(application, clock, fault=Fault.UNVERIFIED_EMAIL))["email"] is None
    assert (await signed_in(application, clock, fault=Fault.OTHER_SUBJECT))["id_str"] == "somebody-else"
    assert (await signed_in(application, clock, fault=Fault.SLOW))["id_str"] == "reader"
    for fault, status in ((Fault.ERROR_PAGE, 500), (Fault.REDIRECT, 307), (Fault.HUGE_BODY, 200)):
        token = token_in(await requested(application, clock))
        verifier = (await agreed(application, token, fault=fault))["oauth_verifier"]
        answer = await exchanged(application, clock, token, verifier)
        assert (answer.status_code, "oauth_token=" in answer.text) == (status, False)
    token = token_in(await requested(application, clock))
    assert "denied" in await agreed(application, token, fault=Fault.ERROR_REDIRECT)
    token = token_in(await requested(application, clock))
    assert (await agreed(application, token, fault=Fault.FOREIGN_STATE))["oauth_token"] != token[0]
