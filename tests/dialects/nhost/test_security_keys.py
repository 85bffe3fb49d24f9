"""Passkeys of somebody who is signed in: adding one, and the elevated claim that one earns."""

from typing import Any, Final

import httpx2

from tests.dialects.nhost.passkey_speaking import ON, Ceremonies
from tests.dialects.nhost.speaking import (
    EMAIL,
    INVALID_REQUEST,
    part,
    refused,
)
from tests.support.authenticator import Authenticator, Twist, b64
from tests.support.serving import Serve

CLAIMS: Final = "https://hasura.io/jwt/claims"
PATHS: Final = ("/user/webauthn/add", "/user/webauthn/verify", "/elevate/webauthn", "/elevate/webauthn/verify")
REQUIRED: Final = {**ON, "AUTH_REQUIRE_ELEVATED_CLAIM": "required"}
RECOMMENDED: Final = {**ON, "AUTH_REQUIRE_ELEVATED_CLAIM": "recommended"}


def wants_elevation(answer: httpx2.Response) -> None:
    assert (answer.status_code, answer.json()) == (
        401,
        {"error": "unauthorized", "reason": "elevated claim required", "securityScheme": "BearerAuthElevated"},
    )


def claims_of(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    claims: dict[str, Any] = part(answer.json()["session"]["accessToken"], 1)[CLAIMS]
    return claims


async def test_a_key_is_added_and_signs_in(serve: Serve) -> None:
    """The answer has its id, and its name if it was given one."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        session = await ann.speaker.sign_up()
        token = session["accessToken"]
        named = await ann.add(token, nickname="blue one")
        assert named.status_code == 200
        assert list(named.json()) == ["id", "nickname"]
        assert named.json()["nickname"] == "blue one"
        assert list((await ann.add(token)).json()) == ["id"]
        assert (await ann.sign_in({"email": EMAIL})).status_code == 200


async def test_known_keys_are_excluded(serve: Serve) -> None:
    """Only here, and only when there are some."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        session = await ann.speaker.sign_up()
        token = session["accessToken"]
        assert "excludeCredentials" not in await ann.asked("/user/webauthn/add", token=token)
        await ann.add(token)
        options = await ann.asked("/user/webauthn/add", token=token)
        assert options["excludeCredentials"] == [{"type": "public-key", "id": b64(ann.authenticator.passkeys[0].id)}]
        assert options["user"]["id"] == session["user"]["id"]


async def test_a_key_that_is_known_is_an_invalid_request(serve: Serve) -> None:
    """The original answers 500."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        token = (await ann.signed_up())["accessToken"]
        options = await ann.asked("/user/webauthn/add", token=token)
        known = Authenticator().create(options, credential_id=ann.authenticator.passkeys[0].id)
        refused(await ann.post("/user/webauthn/verify", {"credential": known}, token), *INVALID_REQUEST)


async def test_a_name_has_an_upper_bound(serve: Serve) -> None:
    """It is shown to people."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        token = (await ann.signed_up())["accessToken"]
        answer = await ann.add(token, nickname="x" * 129)
        assert answer.json()["error"] == "schema-validation-error"


async def test_the_elevated_claim_names_the_user(serve: Serve) -> None:
    """In a new session; the old one stays as it was, and a refresh drops the claim (security 34)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        session = await ann.signed_up()
        elevated = await ann.elevate(session["accessToken"])
        claims = claims_of(elevated)
        assert claims["x-hasura-auth-elevated"] == claims["x-hasura-user-id"] == session["user"]["id"]
        answered = elevated.json()["session"]
        assert answered["refreshTokenId"] != session["refreshTokenId"]
        assert (await ann.speaker.refresh(session["refreshToken"])).status_code == 200
        refreshed = (await ann.speaker.refresh(answered["refreshToken"])).json()
        assert "x-hasura-auth-elevated" not in part(refreshed["accessToken"], 1)[CLAIMS]


async def test_an_answer_elevates_its_owner_and_nobody_else(serve: Serve) -> None:
    """The original elevates whoever brings the token, with anybody's assertion (security 92)."""
    async with serve(ON) as running:
        ann, mallory = Ceremonies(running), Ceremonies(running)
        ann_token = (await ann.signed_up())["accessToken"]
        mallory_token = (await mallory.signed_up("mallory@example.com"))["accessToken"]
        path = "/elevate/webauthn/verify"

        of_mallory = await mallory.asked("/elevate/webauthn", token=mallory_token)
        body = {"credential": mallory.authenticator.get(of_mallory)}
        refused(await ann.post(path, body, ann_token), *INVALID_REQUEST)

        of_ann = await ann.asked("/elevate/webauthn", token=ann_token)
        her_key = mallory.authenticator.passkeys[0]
        body = {"credential": mallory.authenticator.answer(her_key, of_ann, Twist())}
        refused(await ann.post(path, body, ann_token), *INVALID_REQUEST)


async def test_without_a_key_there_is_nothing_to_elevate_with(serve: Serve) -> None:
    """Said to the user themselves."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        token = (await ann.speaker.sign_up())["accessToken"]
        refused(await ann.post("/elevate/webauthn", token=token), *INVALID_REQUEST)


async def test_a_first_key_needs_no_elevation_and_a_second_one_does(serve: Serve) -> None:
    """Where elevation is required, somebody without any method can still begin (security 94)."""
    async with serve(REQUIRED) as running:
        ann = Ceremonies(running)
        token = (await ann.speaker.sign_up())["accessToken"]
        assert (await ann.add(token)).status_code == 200
        for path in ("/user/webauthn/add", "/user/webauthn/verify"):
            wants_elevation(await ann.post(path, {}, token))
        elevated = (await ann.elevate(token)).json()["session"]["accessToken"]
        assert (await ann.add(elevated)).status_code == 200


async def test_a_ceremony_that_was_begun_before_needs_elevation_at_its_end(serve: Serve) -> None:
    """Two beginnings do not make two first keys (security 94)."""
    async with serve(RECOMMENDED) as running:
        ann = Ceremonies(running)
        token = (await ann.speaker.sign_up())["accessToken"]
        waiting = await ann.asked("/user/webauthn/add", token=token)
        assert (await ann.add(token)).status_code == 200
        body = {"credential": Authenticator().create(waiting)}
        wants_elevation(await ann.post("/user/webauthn/verify", body, token))


async def test_a_page_of_another_site_adds_nothing(serve: Serve) -> None:
    """It may have the user's token and their finger; the browser names the page (security 94)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        token = (await ann.signed_up())["accessToken"]
        options = await ann.asked("/user/webauthn/add", token=token)
        body = {"credential": Authenticator().create(options, origin="https://evil.example")}
        refused(await ann.post("/user/webauthn/verify", body, token), *INVALID_REQUEST)


async def test_a_page_cannot_add_a_key_without_the_token(serve: Serve) -> None:
    """Nothing that a browser sends by itself counts (security 94)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        session = await ann.signed_up()
        cookie = f"nhostSession={session['accessToken']}; accessToken={session['accessToken']}"
        for path in PATHS:
            answer = await running.client.post(f"/v1{path}", json={}, headers={"cookie": cookie})
            assert answer.status_code == 401


async def test_the_user_is_told_of_a_new_key(serve: Serve) -> None:
    """By mail to the proven address (security 94)."""
    async with serve({**ON, "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "true"}) as running:
        ann = Ceremonies(running)
        await ann.sign_up()
        link, _ = await ann.speaker.newest_mail()
        await ann.speaker.follow(link)
        token = (await ann.sign_in()).json()["session"]["accessToken"]
        assert (await ann.add(token)).status_code == 200
        newest = (await running.mails())[0]
        assert newest.headers["X-Email-Template"] == "security-changed"
        assert "passkey" in newest.text
