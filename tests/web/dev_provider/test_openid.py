"""The development provider as an OpenID Connect provider: strict, complete, and for registered clients only."""

import html
import json
from datetime import timedelta

import pytest

from tests.support.fakes import FakeClock, SeededEntropy
from tests.web.dev_provider.application import (
    CALLBACK,
    CONSUMER,
    ISSUER,
    NONCE,
    SECRET,
    STATE,
    VERIFIER,
    Application,
    basic,
    brought,
    posted,
    without_none,
)
from vestibule.core.signing import Algorithm
from vestibule.web.dev_provider.memory import Kept


async def test_discovery_names_what_is_there(application: Application) -> None:
    """Every endpoint is under the issuer, and what is promised is what strict clients ask for."""
    told = (await application.http.get(f"{ISSUER}/.well-known/openid-configuration")).json()
    assert told["issuer"] == ISSUER
    assert {told[name] for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")} == {
        f"{ISSUER}/{path}" for path in ("authorize", "token", "userinfo", "jwks")
    }
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["id_token_signing_alg_values_supported"] == ["ES256"]
    assert told["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.RS256])
async def test_a_journey_ends_with_a_token_that_verifies(application: Application, algorithm: Algorithm) -> None:
    """State and issuer come back, the ID token holds the nonce, and userinfo speaks of the same person."""
    back = await application.come_back()
    assert (back["state"], back["iss"]) == (STATE, ISSUER)
    tokens = (await application.exchange(back["code"])).json()
    claims = await application.verified(tokens["id_token"])
    assert (claims["sub"], claims["nonce"], claims["aud"]) == ("reader", NONCE, CONSUMER)
    assert (claims["email"], claims["email_verified"], claims["name"]) == ("reader@example.com", True, "Reader")
    assert (await application.userinfo(tokens["access_token"])).json() == {
        "sub": "reader",
        "name": "Reader",
        "email": "reader@example.com",
        "email_verified": True,
    }


@pytest.mark.parametrize(
    ("person", "known"),
    [
        ("newcomer", {"sub": "newcomer", "email": "newcomer@example.com", "email_verified": False}),
        ("guest", {"sub": "guest"}),
    ],
)
async def test_the_three_people_differ_in_their_email(
    application: Application, person: str, known: dict[str, object]
) -> None:
    """One has verified it, one has not, one has none."""
    told = (await application.userinfo((await application.tokens(person))["access_token"])).json()
    del told["name"]
    assert told == known


async def test_somebody_of_ones_own_is_the_same_account_again(application: Application) -> None:
    """The address tells who it is, whatever the name says the next time."""
    subjects = set()
    for name, email in (("Ann", "ann@example.com"), ("Ann B.", "ANN@example.com"), ("Bob", "bob@example.com")):
        page = await application.ask()
        back = brought(await application.press(page, "own", name=name, email=email, verified="true"))
        tokens = (await application.exchange(back["code"])).json()
        claims = await application.verified(tokens["id_token"])
        assert (claims["name"], claims["email"], claims["email_verified"]) == (name, email, True)
        subjects.add(claims["sub"])
    assert len(subjects) == 2


async def test_only_what_was_asked_for_is_told(application: Application) -> None:
    """Without the scope there is no address, and without openid no ID token."""
    assert (await application.userinfo((await application.tokens(scope="openid"))["access_token"])).json() == {
        "sub": "reader"
    }
    assert "id_token" not in await application.tokens(scope="email")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "somebody"},
        {"client_id": None},
        {"redirect_uri": f"{CALLBACK}/more"},
        {"redirect_uri": CALLBACK.replace("localhost", "127.0.0.1")},
        {"redirect_uri": f"{CALLBACK}?next=1"},
        {"redirect_uri": None},
    ],
)
async def test_nobody_is_sent_to_an_unregistered_place(
    application: Application, changes: dict[str, str | None]
) -> None:
    """What is wrong with client or redirect URI is said on a page."""
    answer = await application.ask(**changes)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)
    assert 'name="ticket"' not in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"response_type": "code id_token"}, "invalid_request"),
    ],
)
async def test_a_wrong_request_goes_back_with_the_reason(
    application: Application, changes: dict[str, str | None], error: str
) -> None:
    """The browser is told, with the state that it came with."""
    back = brought(await application.ask(**changes))
    assert (back["error"], back["state"], "code" in back) == (error, STATE, False)


async def test_a_client_that_knows_no_pkce_may_be_registered(application: Application) -> None:
    """Some providers do not speak it; a verifier without challenge is still refused."""
    code = (await application.come_back(client_id="old-client", code_challenge=None, code_challenge_method=None))[
        "code"
    ]
    told = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    old = basic("old-client")
    wrong = await application.http.post(f"{ISSUER}/token", data={**told, "code_verifier": VERIFIER}, headers=old)
    assert wrong.json()["error"] == "invalid_grant"
    code = (await application.come_back(client_id="old-client", code_challenge=None, code_challenge_method=None))[
        "code"
    ]
    right = await application.http.post(f"{ISSUER}/token", data={**told, "code": code}, headers=old)
    assert right.status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "another-verifier-that-is-long-enough-for-rfc-7636"},
        {"code_verifier": None},
        {"redirect_uri": f"{CALLBACK}/"},
        {"code": "unknown"},
        {"code": None},
    ],
)
async def test_a_code_is_good_with_everything_it_was_made_for(
    application: Application, changes: dict[str, str | None]
) -> None:
    """The verifier of its challenge and the redirect URI of its request."""
    code = (await application.come_back())["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    answer = await application.http.post(f"{ISSUER}/token", data=without_none(form), headers=basic())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_code_of_another_client_is_refused(application: Application) -> None:
    """Whoever has stolen it cannot use it as themselves."""
    code = (await application.come_back())["code"]
    told = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = await application.http.post(f"{ISSUER}/token", data=told, headers=basic("old-client"))
    assert answer.json()["error"] == "invalid_grant"


async def test_a_code_presented_again_voids_what_came_of_it(application: Application) -> None:
    """One of the two is a thief (RFC 6749 section 4.1.2)."""
    code = (await application.come_back())["code"]
    tokens = (await application.exchange(code)).json()
    assert (await application.exchange(code)).json()["error"] == "invalid_grant"
    assert (await application.userinfo(tokens["access_token"])).status_code == 401


async def test_a_code_is_over_after_a_minute(application: Application, clock: FakeClock) -> None:
    """As real ones are."""
    code = (await application.come_back())["code"]
    clock.advance(timedelta(minutes=1))
    assert (await application.exchange(code)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("headers", "form"),
    [
        ({}, {}),
        ({}, {"client_id": CONSUMER}),
        ({}, {"client_id": CONSUMER, "client_secret": "wrong"}),
        (basic(secret="wrong"), {}),
        (basic("somebody"), {}),
        (basic(), {"client_id": CONSUMER, "client_secret": SECRET}),
        ({"authorization": "Basic %%%"}, {}),
        ({"authorization": "Bearer x"}, {}),
    ],
)
async def test_a_client_proves_who_it_is(
    application: Application, headers: dict[str, str], form: dict[str, str]
) -> None:
    """By one of two methods, not by both at once, and never by its name alone."""
    code = (await application.come_back())["code"]
    told = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = await application.http.post(f"{ISSUER}/token", data={**told, **form}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    by_form = {"client_id": CONSUMER, "client_secret": SECRET}
    assert (await application.http.post(f"{ISSUER}/token", data={**told, **by_form})).status_code == 200


async def test_a_refresh_token_is_good_once(application: Application) -> None:
    """It brings another one."""
    first = (await application.tokens())["refresh_token"]
    told = {"grant_type": "refresh_token", "refresh_token": first}
    again = await application.http.post(f"{ISSUER}/token", data=told, headers=basic())
    assert (await application.userinfo(again.json()["access_token"])).json()["sub"] == "reader"
    assert again.json()["refresh_token"] != first
    spent = await application.http.post(f"{ISSUER}/token", data=told, headers=basic())
    assert spent.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("grant", ["password", "client_credentials", None])
async def test_other_grants_are_not_supported(application: Application, grant: str | None) -> None:
    """There is nothing else to get here."""
    answer = await application.exchange("x", grant_type=grant)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer x", "Basic x"])
async def test_userinfo_wants_a_token(application: Application, authorization: str) -> None:
    """Anything else is refused in the words of RFC 6750."""
    answer = await application.http.get(f"{ISSUER}/userinfo", headers={"authorization": authorization})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_apples_answer_comes_by_form(application: Application) -> None:
    """Code and ID token are posted, with the name in a member of its own; the token endpoint gives an ID token too."""
    page = await application.ask(response_type="code id_token", response_mode="form_post", scope="name email")
    answer = await application.press(page)
    back = {name: html.unescape(value) for name, value in posted(answer).items()}
    assert back["state"] == STATE
    assert json.loads(back["user"]) == {
        "name": {"firstName": "Reader", "lastName": ""},
        "email": "reader@example.com",
    }
    claims = await application.verified(back["id_token"])
    assert (claims["nonce"], claims["email"], "c_hash" in claims) == (NONCE, "reader@example.com", True)
    tokens = (await application.exchange(back["code"])).json()
    assert (await application.verified(tokens["id_token"]))["sub"] == "reader"


async def test_cancel_brings_nothing(application: Application) -> None:
    """The person said no; the page cannot be used a second time."""
    page = await application.ask()
    back = brought(await application.press(page, ""))
    assert (back["error"], "code" in back) == ("access_denied", False)
    assert (await application.press(page)).status_code == 400


async def test_a_page_is_pressed_once_and_not_for_ever(application: Application, clock: FakeClock) -> None:
    """A form that nobody was shown brings nobody anywhere."""
    page = await application.ask()
    await application.press(page)
    assert (await application.press(page)).status_code == 400
    late = await application.ask()
    clock.advance(timedelta(minutes=30))
    assert (await application.press(late)).status_code == 400


def test_memory_is_bounded(clock: FakeClock, entropy: SeededEntropy) -> None:
    """The oldest makes room for the newest."""
    kept: Kept[int] = Kept(clock, entropy, timedelta(minutes=1), most=2)
    keys = [kept.put(number) for number in range(3)]
    assert [kept.get(key) for key in keys] == [None, 1, 2]
