import asyncio
import base64
from datetime import timedelta
from typing import Any

import httpx2
import jwt
import pytest

from tests.dialects.accountmaker.speaking import (
    EMAIL,
    OWN_ORIGIN,
    PASSWORD,
    PROMOTE,
    Caller,
    assert_problem,
    claims,
    segment,
)
from tests.support.serving import CLIENT_ID, Running, Serve
from vestibule.core.signing import KeyOwner, KeySet
from vestibule.dialects.accountmaker import client_jwks


async def keys_of(running: Running) -> KeySet:
    return await running.core.key_sets.of(KeyOwner(running.project.id, running.account_client.id))


async def test_me_is_the_bare_profile_as_it_is_now(serve: Serve) -> None:
    """Roles are read live, unlike those in the token."""
    async with serve() as running:
        ann = Caller(running)
        result = await ann.sign_up()
        token = result["tokens"]["access_token"]
        assert (await ann.me(token)).json() == result["profile"]
        await running.core.db.run(PROMOTE, project_id=running.project.id, role="member")

        answer = await ann.me(token)
        assert answer.json()["active_membership"]["role"] == "member"
        assert answer.headers["cache-control"] == "no-store"


async def test_an_access_token_carries_the_documented_claims(serve: Serve) -> None:
    """Signed RS256 by the client's own key, which its JWKS publishes under the same `kid`."""
    async with serve() as running:
        result = await Caller(running).sign_up()
        token = result["tokens"]["access_token"]
        header, said = segment(token, 0), claims(token)
        published = {key["kid"]: key for key in await client_jwks(running.core, running.account_client)}

        assert (header["alg"], header["typ"], header["kid"][:4]) == ("RS256", "JWT", "key_")
        verified = jwt.decode(
            token, jwt.PyJWK(published[header["kid"]]).key, algorithms=["RS256"], audience=OWN_ORIGIN, issuer=OWN_ORIGIN
        )
        assert verified == said
        user_id = result["profile"]["id"]
        assert said == {
            "iss": OWN_ORIGIN,
            "sub": user_id,
            "aud": OWN_ORIGIN,
            "exp": said["iat"] + 3600,
            "iat": said["iat"],
            "jti": said["jti"],
            "sid": said["sid"],
            "scope": "",
            "cid": CLIENT_ID,
            "app": "default",
            "uid": user_id,
            "acc": result["profile"]["active_membership"]["account_id"],
            "role": "owner",
        }
        assert set(published[header["kid"]]) == {"kty", "use", "kid", "alg", "n", "e"}


async def test_a_client_may_have_its_own_issuer_and_audience(serve: Serve) -> None:
    """And its tokens are still taken here."""
    async with serve() as running:
        client = await running.new_client(issuer="https://id.example.com", audience="https://api.example.com")
        ann = Caller(running, client.public_id)
        token = (await ann.sign_up())["tokens"]["access_token"]

        assert (claims(token)["iss"], claims(token)["aud"]) == ("https://id.example.com", "https://api.example.com")
        assert (await ann.me(token)).status_code == 200


async def test_the_cookie_counts_without_an_authorization_header(serve: Serve) -> None:
    """Bearer wins, and an Authorization header that is no bearer token hides the cookie (security 109)."""
    async with serve() as running:
        ann, bob = Caller(running), Caller(running)
        cookie = (await ann.sign_up())["tokens"]["access_token"]
        bearer = (await bob.sign_up("bob@example.com"))["tokens"]["access_token"]
        jar = {"access_token": cookie}

        by_cookie = await ann.get("/auth/me", jar)
        assert by_cookie.json()["credentials"][0]["email"] == EMAIL
        by_bearer = await ann.get("/auth/me", jar, authorization=f"bearer {bearer}")
        assert by_bearer.json()["credentials"][0]["email"] == "bob@example.com"
        for header in ("", "Basic YTpi", "Bearer", "Bearer "):
            assert_problem(await ann.get("/auth/me", jar, authorization=header), 401, "unauthorized")


async def test_nobody_is_unauthorized(serve: Serve) -> None:
    """No token at all is told apart from a bad one."""
    async with serve() as running:
        ann = Caller(running)
        assert_problem(await ann.get("/auth/me"), 401, "unauthorized")
        for token in ("x", "a.b.c", "..", "é", "a" * 9000, f"{'x' * 20}.{base64.b64encode(b'[[').decode()}.x"):
            raw = f"Bearer {token}".encode()
            answer = await running.client.get("/auth/me", headers=httpx2.Headers([(b"authorization", raw)]))
            assert_problem(answer, 401, "invalid_access_token")


async def test_an_expired_or_altered_token_is_refused(serve: Serve) -> None:
    """Also when it was remembered as verified before."""
    async with serve() as running:
        ann = Caller(running)
        token = (await ann.sign_up())["tokens"]["access_token"]
        head, body, signature = token.split(".")
        assert (await ann.me(token)).status_code == 200
        assert_problem(await ann.me(f"{head}.{body}.{signature[:-8]}AAAAAAAA"), 401, "invalid_access_token")
        running.clock.advance(timedelta(hours=1))

        assert_problem(await ann.me(token), 401, "invalid_access_token")


@pytest.mark.parametrize(
    "change",
    [
        {"cid": "cid_other"},
        {"app": "other"},
        {"aud": "https://api.example.com"},
        {"aud": [OWN_ORIGIN]},
        {"iss": "https://evil.com"},
        {"uid": None},
        {"uid": "uid_x"},
        {"sub": "uid_0000000000000000000000"},
        {"sid": None},
    ],
)
async def test_a_token_of_our_own_key_for_another_use_is_refused(serve: Serve, change: dict[str, Any]) -> None:
    """Security 38: every mark of an access token must be this door's, client's and application's."""
    async with serve() as running:
        ann = Caller(running)
        said = claims((await ann.sign_up())["tokens"]["access_token"])
        keys = await keys_of(running)
        assert (await ann.me(keys.sign(said))).status_code == 200

        altered = {name: value for name, value in {**said, **change}.items() if value is not None}
        assert_problem(await ann.me(keys.sign(altered)), 401, "invalid_access_token")


async def test_an_id_token_is_no_access_token(serve: Serve) -> None:
    """The client's key signs those too; their audience is the client itself, and they name no session."""
    async with serve() as running:
        ann = Caller(running)
        said = claims((await ann.sign_up())["tokens"]["access_token"])
        id_token = {name: said[name] for name in ("iss", "sub", "exp", "iat")} | {"aud": CLIENT_ID}

        assert_problem(await ann.me((await keys_of(running)).sign(id_token)), 401, "invalid_access_token")


async def test_tokens_of_other_doors_and_applications_are_refused(serve: Serve) -> None:
    """Security 122, 134: the same user, another door or project; and ours mean nothing there."""
    async with serve() as running:
        ann = Caller(running)
        ours = (await ann.sign_up())["tokens"]["access_token"]
        body = {"email": EMAIL, "password": PASSWORD}
        nhost = (await running.client.post("/v1/signin/email-password", json=body)).json()["session"]
        stranger = await running.new_client(await running.other_project())
        theirs = (await Caller(running, stranger.public_id).sign_up())["tokens"]["access_token"]

        assert_problem(await ann.me(nhost["accessToken"]), 401, "invalid_access_token")
        assert_problem(await ann.refresh(nhost["refreshToken"]), 401, "invalid_refresh_token")
        assert_problem(await ann.me(theirs, x_client_id=CLIENT_ID), 400, "client_mismatch")
        assert (await Caller(running).me(theirs)).json()["application_id"] != "default"
        there = await running.client.get("/v1/user", headers={"authorization": f"Bearer {ours}"})
        assert there.status_code == 401


async def test_a_token_cannot_choose_its_own_algorithm(serve: Serve) -> None:
    """Security 9: `none`, and HMAC under the published key."""
    async with serve() as running:
        ann = Caller(running)
        token = (await ann.sign_up())["tokens"]["access_token"]
        said, kid = claims(token), segment(token, 0)["kid"]

        hmac = jwt.encode(said, b"the published key, as the bytes of a secret", algorithm="HS256", headers={"kid": kid})
        header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT","kid":"%s"}' % kid.encode()).decode().rstrip("=")
        for forged in (hmac, f"{header}.{token.split('.')[1]}."):
            assert_problem(await ann.me(forged), 401, "invalid_access_token")


async def test_a_deleted_user_is_nobody(serve: Serve) -> None:
    """Security 17: the token outlives the user and means nothing."""
    async with serve() as running:
        ann = Caller(running)
        token = (await ann.sign_up())["tokens"]["access_token"]
        (user,) = await running.core.users.page(running.project.id)
        await running.core.users.delete(running.project.id, user.id, actor="tests")

        assert_problem(await ann.me(token), 401, "invalid_access_token")


async def test_a_key_revoked_while_it_was_read_verifies_nothing_later(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that was under way may still pass; what it learnt is not remembered (security 25)."""
    async with serve() as running:
        ann = Caller(running)
        token = (await ann.sign_up())["tokens"]["access_token"]
        sets = running.core.key_sets
        sets.forget()
        have_read, go_on = asyncio.Event(), asyncio.Event()
        read = sets.live

        async def slowly(*arguments: Any) -> Any:
            rows = await read(*arguments)
            have_read.set()
            await go_on.wait()
            return rows

        monkeypatch.setattr(type(sets), "live", lambda _, *arguments: slowly(*arguments))
        under_way = asyncio.create_task(ann.me(token))
        await have_read.wait()
        monkeypatch.undo()
        await running.core.key_rotation.revoke(running.project.id, segment(token, 0)["kid"])
        sets.forget()
        go_on.set()
        await under_way

        assert_problem(await ann.me(token), 401, "invalid_access_token")
