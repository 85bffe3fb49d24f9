from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.dialects.sublay.speaking import LEGACY, PASSWORD, Caller, caller, other_project
from tests.support.serving import Running, Serve

ORIGIN = "https://app.example.com"
COOKIE = "replyke-refresh-jwt"


@asynccontextmanager
async def site(serve: Serve, generation: str) -> AsyncIterator[tuple[Running, Caller]]:
    async with serve() as running:
        project = await other_project(running.core, allowed_origins=[ORIGIN])
        yield running, caller(running, generation, project)


@pytest.mark.parametrize("generation", LEGACY)
async def test_old_generations_set_the_refresh_cookie(serve: Serve, generation: str) -> None:
    """Sign-up and sign-in set it with exactly these attributes; a refresh does not set it again."""
    async with serve() as running:
        ann = caller(running, generation)
        body = {"email": "ann@example.com", "password": PASSWORD}
        for answer in (await ann.post("/auth/sign-up", body), await ann.post("/auth/sign-in", body)):
            token = answer.json()["refreshToken"]
            name_and_age, _, rest = answer.headers["set-cookie"].partition("; Path=/; Expires=")
            assert name_and_age == f"{COOKIE}={token}; Max-Age=2592000"
            assert rest.partition(" GMT")[2] == "; HttpOnly; Secure; SameSite=None"
            assert "set-cookie" not in (await ann.refresh(token)).headers


async def test_v7_has_no_cookie(serve: Serve) -> None:
    """None is set, and one that comes along is not read."""
    async with serve() as running:
        ann = caller(running)
        answer = await ann.post("/auth/sign-up", {"email": "ann@example.com", "password": PASSWORD})
        assert "set-cookie" not in answer.headers
        cookie = f"{COOKIE}={answer.json()['refreshToken']}"
        refreshed = await ann.post("/auth/request-new-access-token", {}, cookie=cookie)
        assert refreshed.json() == {"user": None, "accessToken": None}
        assert "set-cookie" not in (await ann.post("/auth/sign-out", {}, cookie=cookie)).headers


@pytest.mark.parametrize("generation", LEGACY)
async def test_the_cookie_wins_over_the_body(serve: Serve, generation: str) -> None:
    """Refresh and sign-out read it first; sign-out clears it only when it came."""
    async with serve() as running:
        ann = caller(running, generation)
        in_cookie, in_body = await ann.sign_up("ann@example.com"), await ann.sign_up("bob@example.com")
        cookie = f"{COOKIE}={in_cookie['refreshToken']}"
        body = {"refreshToken": in_body["refreshToken"]}
        refreshed = await ann.post("/auth/request-new-access-token", body, cookie=cookie)
        assert refreshed.json()["user"]["email"] == "ann@example.com"
        assert "set-cookie" not in (await ann.sign_out("rubbish")).headers
        out = await ann.post("/auth/sign-out", body, cookie=cookie)
        assert out.status_code == 204
        assert out.headers["set-cookie"] == (
            f"{COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=None"
        )
        assert (await ann.refresh(in_cookie["refreshToken"])).status_code == 403
        assert (await ann.refresh(in_body["refreshToken"])).status_code == 200


async def test_a_cookie_needs_json_or_a_listed_origin(serve: Serve) -> None:
    """A form on another site sends the cookie but neither of these: it signs nobody out (security 106)."""
    async with site(serve, "/api/v6") as (_, ann):
        token = (await ann.sign_up())["refreshToken"]
        cookie = f"{COOKIE}={token}"
        for foreign in ({}, {"origin": "https://evil.example"}, {"origin": "null"}):
            out = await ann.post("/auth/sign-out", None, cookie=cookie, **foreign)
            assert (out.status_code, "set-cookie" in out.headers) == (204, False)
            asked = await ann.post("/auth/request-new-access-token", None, cookie=cookie, **foreign)
            assert asked.json() == {"user": None, "accessToken": None}
        asked = await ann.post("/auth/request-new-access-token", None, cookie=cookie, origin=ORIGIN)
        assert asked.json()["user"]["email"] == "ann@example.com"
        assert (await ann.post("/auth/sign-out", None, cookie=cookie, origin=ORIGIN)).status_code == 204
        assert (await ann.refresh(token)).status_code == 403


@pytest.mark.parametrize(("generation", "credentials"), [("/api/v5", True), ("/api/v6", True), ("/v7", False)])
async def test_listed_origins_may_read_answers(serve: Serve, generation: str, *, credentials: bool) -> None:
    """The very origin, with credentials on v5 and v6 only, on refusals and successes alike (security 107)."""
    async with site(serve, generation) as (_, ann):
        for body in ({}, {"email": "ann@example.com", "password": PASSWORD}):
            answer = await ann.post("/auth/sign-up", body, origin=ORIGIN)
            assert answer.headers["access-control-allow-origin"] == ORIGIN
            assert ("access-control-allow-credentials" in answer.headers) is credentials
            assert "origin" in answer.headers["vary"].lower()
        for stranger in ("https://evil.example", "null", ORIGIN + ".evil.example", ORIGIN.replace("https", "http")):
            answer = await ann.post("/auth/sign-in", {}, origin=stranger)
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(("generation", "credentials"), [("/api/v5", True), ("/api/v6", True), ("/v7", False)])
async def test_preflights_are_granted_to_listed_origins(serve: Serve, generation: str, *, credentials: bool) -> None:
    """With the headers that clients send; others are granted nothing."""
    async with site(serve, generation) as (running, ann):
        ask = {"origin": ORIGIN, "access-control-request-method": "POST"}
        granted = await running.client.options(ann.base + "/auth/sign-in", headers=ask)
        assert granted.status_code == 204
        assert granted.headers["access-control-allow-origin"] == ORIGIN
        assert ("access-control-allow-credentials" in granted.headers) is credentials
        assert "X-Sublay-Project-ID" in granted.headers["access-control-allow-headers"]
        assert "PATCH" in granted.headers["access-control-allow-methods"]
        ask["origin"] = "https://evil.example"
        refused = await running.client.options(ann.base + "/auth/sign-in", headers=ask)
        assert not [name for name in refused.headers if name.startswith("access-control-")]


async def test_auth_answers_are_never_stored(serve: Serve) -> None:
    """Cache-Control: no-store on every one (security 36)."""
    async with serve() as running:
        ann = caller(running, "/api/v6")
        signed_up = await ann.post("/auth/sign-up", {"email": "ann@example.com", "password": PASSWORD})
        for answer in (signed_up, await ann.sign_in(), await ann.refresh("x"), await ann.sign_out(None)):
            assert answer.headers["cache-control"] == "no-store"
