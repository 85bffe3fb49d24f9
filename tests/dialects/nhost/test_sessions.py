import asyncio
from datetime import timedelta
from uuid import UUID

import jwt
import pytest

from tests.dialects.nhost.speaking import (
    EMAIL,
    INVALID_REFRESH,
    INVALID_REQUEST,
    OK,
    PASSWORD,
    SESSION_KEYS,
    USER_KEYS,
    WRONG_PASSWORD,
    Speaker,
    malformed,
    part,
    refused,
)
from tests.support.serving import CLIENT_ID, Serve
from vestibule.core.projects import NewProject
from vestibule.core.signing import KeyOwner

SECRET = "a shared secret that is long enough for HS256"


async def test_a_refresh_answers_the_bare_session_and_keeps_its_id(serve: Serve) -> None:
    """`/token` alone does not wrap the session; `refreshTokenId` stays, the token changes."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up(metadata={"a": 1})
        running.clock.advance(timedelta(seconds=5))
        answer = await speaker.refresh(session["refreshToken"])
        refreshed = answer.json()
        assert answer.status_code == 200
        assert list(refreshed) == SESSION_KEYS
        assert list(refreshed["user"]) == USER_KEYS
        assert refreshed["user"] == session["user"]
        assert refreshed["refreshTokenId"] == session["refreshTokenId"]
        assert refreshed["refreshToken"] != session["refreshToken"]
        assert {UUID(each["refreshToken"]).version for each in (session, refreshed)} == {4}
        assert part(refreshed["accessToken"], 1)["iat"] == part(session["accessToken"], 1)["iat"] + 5


async def test_tabs_that_refresh_at_once_all_get_the_same_token(serve: Serve) -> None:
    """Security 21, 26: eight racers, one live token, nobody signed out."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        answers = await asyncio.gather(*(speaker.refresh(session["refreshToken"]) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refreshToken"] for answer in answers}) == 1


async def test_a_token_that_comes_back_after_the_grace_ends_the_session(serve: Serve) -> None:
    """Security 23: somebody holds a stolen one; neither of them goes on."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        current = (await speaker.refresh(session["refreshToken"])).json()["refreshToken"]
        running.clock.advance(timedelta(seconds=31))
        refused(await speaker.refresh(session["refreshToken"]), *INVALID_REFRESH)
        refused(await speaker.refresh(current), *INVALID_REFRESH)


@pytest.mark.parametrize("token", ["nope", "", "0B1C7B0E-6A4B-4F0B-8F43-2C2B0A6D8C11"])
async def test_a_refresh_token_of_another_shape_is_a_validation_error(serve: Serve, token: str) -> None:
    """The pattern wants lower-case hexadecimal."""
    async with serve() as running:
        answer = await Speaker(running).refresh(token)
        assert answer.status_code == 400
        assert answer.json()["error"] == "schema-validation-error"


async def test_unknown_expired_and_decorated_refresh_tokens_are_refused(serve: Serve) -> None:
    """The pattern is unanchored, the look-up is not; expiry is part of it (security 127)."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        refused(await speaker.refresh("2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"), *INVALID_REFRESH)
        refused(await speaker.refresh(f" {session['refreshToken']} "), *INVALID_REFRESH)
        running.clock.advance(timedelta(days=31))
        refused(await speaker.refresh(session["refreshToken"]), *INVALID_REFRESH)


async def test_get_user_answers_who_is_signed_in(serve: Serve) -> None:
    """The same user, bare."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        answer = await speaker.get("/user", session["accessToken"])
        assert answer.status_code == 200
        assert answer.json() == session["user"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "bearer x.y.z", "Basic eDp5", "Bearer  x.y.z", "Bearer x y", "x.y.z"]
)
async def test_a_malformed_authorization_header_is_401(serve: Serve, header: str) -> None:
    """Security 109: exactly `Bearer`, one space, one token."""
    async with serve() as running:
        headers = {"authorization": header} if header else {}
        answer = await running.client.get("/v1/user", headers=headers)
        assert answer.status_code == 401
        assert answer.json() == {
            "error": "unauthorized",
            "reason": "missing or malformed authorization header",
            "securityScheme": "BearerAuth",
        }


async def test_forged_expired_and_foreign_access_tokens_are_refused(serve: Serve) -> None:
    """Security 9, 38, 134: `none`, another key, another algorithm, another issuer, no namespace, past its time."""
    async with serve(environ={"HASURA_GRAPHQL_JWT_SECRET": f'{{"type":"HS256","key":"{SECRET}"}}'}) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        good = part(session["accessToken"], 1)
        assert part(session["accessToken"], 0) == {"alg": "HS256", "typ": "JWT"}
        assert (await speaker.get("/user", jwt.encode(good, SECRET, algorithm="HS256"))).status_code == 200
        namespace = "https://hasura.io/jwt/claims"
        other_user = {**good[namespace], "x-hasura-user-id": session["refreshTokenId"]}
        forged = [
            jwt.encode(good, "", algorithm="none"),
            jwt.encode(good, "another secret that is long enough too", algorithm="HS256"),
            jwt.encode(good, SECRET + SECRET, algorithm="HS512"),
            jwt.encode(good | {"iss": "somebody"}, SECRET, algorithm="HS256"),
            jwt.encode(good | {"exp": good["iat"]}, SECRET, algorithm="HS256"),
            jwt.encode(good | {"iat": good["iat"] + 60}, SECRET, algorithm="HS256"),
            jwt.encode({k: v for k, v in good.items() if k != namespace}, SECRET, algorithm="HS256"),
            jwt.encode(good | {namespace: other_user}, SECRET, algorithm="HS256"),
            jwt.encode(good, SECRET, algorithm="HS256", headers={"jku": "https://evil.example"}),
            jwt.encode(good, SECRET, algorithm="HS256", headers={"kid": "other"}),
            session["accessToken"][:-4] + "AAAA",
            "x.y.z",
        ]
        for token in forged:
            answer = await speaker.get("/user", token)
            assert (answer.status_code, answer.json()["reason"]) == (401, "invalid or expired token"), token
        running.clock.advance(timedelta(seconds=900))
        assert (await speaker.get("/user", session["accessToken"])).status_code == 401


async def test_a_deleted_users_token_finds_nobody(serve: Serve) -> None:
    """Security 17: sessions go with the user, and a remembered token helps nobody."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        assert (await speaker.get("/user", session["accessToken"])).status_code == 200
        user = (await running.core.users.page(running.project.id))[0]
        await running.core.users.delete(running.project.id, user.id, actor="test")
        refused(await speaker.get("/user", session["accessToken"]), *WRONG_PASSWORD)
        refused(await speaker.refresh(session["refreshToken"]), *INVALID_REFRESH)


async def test_token_verify_looks_at_body_then_header(serve: Serve) -> None:
    """A body token needs only to be good; without one the bearer's user must be welcome."""
    async with serve() as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        for body in ({"token": token}, {"token": f"Bearer {token}"}):
            assert (await speaker.post("/token/verify", body)).content == OK
        assert (await speaker.post("/token/verify", {}, token)).content == OK
        assert (await speaker.post("/token/verify", None, token)).content == OK
        for answer in (
            await speaker.post("/token/verify", {"token": "bad"}, token),
            await speaker.post("/token/verify", {}),
            await speaker.post("/token/verify"),
            await speaker.post("/token/verify", {}, "bad"),
        ):
            refused(answer, *INVALID_REQUEST)


async def test_signing_out_ends_one_session(serve: Serve) -> None:
    """The row is gone (security 25, 32); a wrong token is no error; unknown members are accepted."""
    async with serve() as running:
        speaker = Speaker(running)
        first = await speaker.sign_up()
        second = (await speaker.sign_in()).json()["session"]
        answer = await speaker.post("/signout", {"refreshToken": first["refreshToken"], "extra": 1})
        assert (answer.status_code, answer.content) == (200, OK)
        refused(await speaker.refresh(first["refreshToken"]), *INVALID_REFRESH)
        assert (await speaker.refresh(second["refreshToken"])).status_code == 200
        assert (await speaker.post("/signout", {"refreshToken": "whatever", "extra": 1})).content == OK


async def test_signing_out_everywhere_needs_an_access_token(serve: Serve) -> None:
    """`all` ends every session of the bearer's user, and of nobody else."""
    async with serve() as running:
        speaker = Speaker(running)
        sessions = [await speaker.sign_up(), (await speaker.sign_in()).json()["session"]]
        other = await speaker.sign_up("bob@example.com")
        for body in ({"all": True}, {}, {"refreshToken": ""}):
            refused(await speaker.post("/signout", body), *INVALID_REQUEST)
        assert (await speaker.post("/signout", {"all": True}, sessions[0]["accessToken"])).content == OK
        for session in sessions:
            refused(await speaker.refresh(session["refreshToken"]), *INVALID_REFRESH)
        assert (await speaker.refresh(other["refreshToken"])).status_code == 200


async def test_signing_out_needs_a_body(serve: Serve) -> None:
    """An empty body is a malformed request."""
    async with serve() as running:
        malformed(await Speaker(running).post("/signout"), "A body is required", "request-validation-error")


async def test_projects_on_hosts_of_their_own_never_meet(serve: Serve) -> None:
    """Security 122, 134: same address, other user; tokens of one project are nothing in the other."""
    async with serve() as running:
        ours = Speaker(running)
        await running.core.registry.create_project(
            NewProject("Other", frozenset({"nhost"}), public_id="other", hosts=("other.example",))
        )
        there = {"host": "other.example"}
        mine = await ours.sign_up()
        unknown = await ours.post("/signin/email-password", {"email": "ann@example.com", "password": PASSWORD}, **there)
        refused(unknown, *WRONG_PASSWORD)
        answer = await ours.post("/signup/email-password", {"email": "ann@example.com", "password": PASSWORD}, **there)
        theirs = answer.json()["session"]
        assert theirs["user"]["id"] != mine["user"]["id"]
        assert (await ours.get("/user", theirs["accessToken"])).status_code == 401
        assert (await ours.get("/user", mine["accessToken"], **there)).status_code == 401
        refused(await ours.refresh(theirs["refreshToken"]), *INVALID_REFRESH)
        assert (await ours.get("/user", theirs["accessToken"], **there)).status_code == 200
        assert (await ours.get("/.well-known/jwks.json", **there)).json() != (
            await ours.get("/.well-known/jwks.json")
        ).json()


async def test_a_host_that_is_bound_later_is_seen(serve: Serve) -> None:
    """Unbound hosts are remembered only until the catalog sees that something changed."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        body = {"email": EMAIL, "password": PASSWORD}
        there = {"host": "later.example"}
        assert (await speaker.post("/signin/email-password", body, **there)).status_code == 200
        await running.core.registry.create_project(NewProject("Later", frozenset({"nhost"}), hosts=("later.example",)))
        await running.core.catalog.refresh()
        refused(await speaker.post("/signin/email-password", body, **there), *WRONG_PASSWORD)


async def test_a_project_without_this_door_is_not_found(serve: Serve) -> None:
    """Security 111: what a project does not speak is not served for it; its keys are."""
    async with serve() as running:
        await running.core.registry.create_project(
            NewProject("Other", frozenset({"sublay"}), hosts=("closed.example",))
        )
        speaker = Speaker(running)
        answer = await speaker.post(
            "/signin/email-password", {"email": "a@example.com", "password": PASSWORD}, host="closed.example"
        )
        assert (answer.status_code, answer.text) == (404, "404 page not found")
        assert (await speaker.get("/.well-known/jwks.json", host="closed.example")).status_code == 200


async def test_a_token_signed_by_a_clients_key_is_not_ours(serve: Serve) -> None:
    """Security 134: the accountmaker door signs with keys of its clients."""
    async with serve() as running:
        speaker = Speaker(running)
        good = part((await speaker.sign_up())["accessToken"], 1)
        client = await running.core.catalog.client(CLIENT_ID)
        keys = await running.core.key_sets.of(KeyOwner(running.project.id, client.id))
        assert (await speaker.get("/user", keys.sign(good))).status_code == 401
