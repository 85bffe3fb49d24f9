import base64

import httpx2
import pytest

from tests.dialects.accountmaker.speaking import (
    EMAIL,
    ENCRYPTED,
    OWN_ORIGIN,
    PASSWORD,
    Caller,
    assert_problem,
    set_cookies,
)
from tests.support.serving import CLIENT_ID, ORIGIN, Serve
from vestibule.dialects.accountmaker import AccountMakerSettings

SIGN_IN = {"client_id": CLIENT_ID, "email": EMAIL, "password": PASSWORD}


async def session_with(client: httpx2.AsyncClient, accept: str | None) -> httpx2.Response:
    request = client.build_request("GET", "/auth/csrf-session")
    del request.headers["accept"]
    if accept is not None:
        request.headers["accept"] = accept
    return await client.send(request)


@pytest.mark.parametrize(
    "accept", [None, "*/*", "text/html", "text/javascript, application/json", "application/json;q=0", "", "a;q=x"]
)
async def test_a_script_tag_gets_a_script_without_a_token(serve: Serve, accept: str | None) -> None:
    """It fetches the token itself: included in a foreign page it gives nothing away."""
    async with serve() as running:
        answer = await session_with(running.client, accept)

        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert f'fetch("{OWN_ORIGIN}/auth/csrf-token"' in answer.text
        assert "x-csrf-token" not in answer.headers
        assert "csrf_session" in set_cookies(answer)


@pytest.mark.parametrize("accept", ["application/json", "text/html, application/json;q=0.1", "Application/JSON"])
async def test_who_accepts_json_gets_the_token(serve: Serve, accept: str) -> None:
    """In body and header alike, never cached, and told apart by Accept."""
    async with serve() as running:
        answer = await session_with(running.client, accept)

        assert answer.json() == {"csrf_token": answer.headers["x-csrf-token"]}
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "Accept" in answer.headers["vary"]


async def test_the_session_cookie_is_out_of_reach_for_scripts(serve: Serve) -> None:
    """HttpOnly, Secure, SameSite=Strict, until the browser closes; 32 random bytes; a good one is kept."""
    async with serve(accountmaker=ENCRYPTED) as running:
        ann = Caller(running)
        value, _, attributes = set_cookies(await ann.get("/auth/csrf-session"))["csrf_session"].partition("; ")

        assert attributes == "Path=/; HttpOnly; Secure; SameSite=Strict"
        assert len(base64.urlsafe_b64decode(value + "=")) == 32
        again = set_cookies(await ann.get("/auth/csrf-session", {"csrf_session": value}))
        assert again["csrf_session"].startswith(value + ";")
        replaced = set_cookies(await ann.get("/auth/csrf-session", {"csrf_session": "chosen-by-somebody"}))
        assert "chosen-by-somebody" not in replaced["csrf_session"]


async def test_tokens_are_fresh_each_time_and_stay_good(serve: Serve) -> None:
    """Any number may be live; without a session there is none."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        session, first = await ann.csrf()
        jar = {"csrf_session": session}
        answer = await ann.get("/auth/csrf-token", jar)
        second = answer.json()["csrf_token"]

        assert answer.headers["x-csrf-token"] == second != first
        for token in (first, second):
            assert (await ann.sign_in(cookies=jar, x_csrf_token=token)).status_code == 200
        assert_problem(await ann.get("/auth/csrf-token"), 403, "csrf_failed")


async def test_with_a_csrf_session_a_token_is_needed(serve: Serve) -> None:
    """Missing, altered and foreign ones are refused without any effect; header and body both carry it."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        session, token = await ann.csrf()
        _, foreign = await ann.csrf()
        jar = {"csrf_session": session}

        assert_problem(await ann.sign_in(cookies=jar), 403, "csrf_failed")
        for wrong in (foreign, token[:-2] + "AA", token.partition(".")[0], ".", "", "x.y", "é", token + "=", "0" * 500):
            assert_problem(await ann.post("/auth/sign-in", {**SIGN_IN, "csrf_token": wrong}, jar), 403, "csrf_failed")
        assert (await ann.sign_in(cookies=jar, x_csrf_token=token)).status_code == 200
        in_body = await ann.post("/auth/sign-in", {**SIGN_IN, "csrf_token": token}, jar)
        assert in_body.status_code == 200
        both = await ann.post("/auth/sign-in", {**SIGN_IN, "csrf_token": token}, jar, x_csrf_token=foreign)
        assert_problem(both, 403, "csrf_failed")


async def test_without_cookies_no_token_is_needed(serve: Serve) -> None:
    """From a listed page, from our own, or from no browser at all; a token without its cookie is refused."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        _, token = await ann.csrf()

        assert (await ann.sign_in()).status_code == 200
        assert (await ann.sign_in(origin=OWN_ORIGIN)).status_code == 200
        assert (await ann.sign_in(origin=ORIGIN)).status_code == 200
        assert_problem(await ann.sign_in(x_csrf_token=token), 403, "csrf_failed")


async def test_an_authorization_header_needs_no_token(serve: Serve) -> None:
    """No foreign page can send one; what is sent as a token beside it is not looked at."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        session, _ = await ann.csrf()
        answer = await ann.sign_in(cookies={"csrf_session": session}, authorization="Bearer x", x_csrf_token="rubbish")

        assert answer.status_code == 200


async def test_what_changes_nothing_needs_no_token(serve: Serve) -> None:
    """login-methods is free; check-email is not, once a CSRF session is open."""
    async with serve() as running:
        ann = Caller(running)
        session, _ = await ann.csrf()
        jar = {"csrf_session": session}

        assert (await ann.post("/auth/login-methods", {"client_id": CLIENT_ID}, jar)).status_code == 200
        body = {"client_id": CLIENT_ID, "email": EMAIL}
        assert_problem(await ann.post("/auth/check-email", body, jar), 403, "csrf_failed")
        assert (await ann.post("/auth/check-email", body)).status_code == 200


async def test_the_guard_can_be_always_on_or_off(serve: Serve) -> None:
    """`always` asks everybody without an Authorization header, `off` nobody."""
    always = AccountMakerSettings(OWN_ORIGIN, csrf_mode="always")
    async with serve(accountmaker=always) as running:
        ann = Caller(running)
        assert_problem(await ann.sign_in(), 403, "csrf_failed")
        assert_problem(await ann.refresh("rt_x"), 403, "csrf_failed")
        session, token = await ann.csrf()
        answer = await ann.sign_in(cookies={"csrf_session": session}, x_csrf_token=token)
        assert_problem(answer, 401, "invalid_credentials")


async def test_the_guard_can_be_off(serve: Serve) -> None:
    """For deployments that guard themselves, and for tests."""
    async with serve(accountmaker=AccountMakerSettings(OWN_ORIGIN, csrf_mode="off")) as running:
        answer = await Caller(running).sign_in(cookies={"csrf_session": "A" * 43})
        assert_problem(answer, 401, "invalid_credentials")


async def test_cookies_are_insecure_only_where_the_operator_develops(serve: Serve) -> None:
    """`insecure_cookies` drops Secure from all of them and nothing else."""
    async with serve(accountmaker=AccountMakerSettings(OWN_ORIGIN, insecure_cookies=True)) as running:
        ann = Caller(running)
        await ann.sign_up()
        session = set_cookies(await ann.get("/auth/csrf-session"))["csrf_session"]
        tokens = set_cookies(await ann.sign_in(origin=OWN_ORIGIN))

        assert session.endswith("Path=/; HttpOnly; SameSite=Strict")
        assert all(cookie.endswith("HttpOnly; SameSite=Lax") for cookie in tokens.values())
