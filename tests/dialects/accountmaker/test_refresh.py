import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.dialects.accountmaker.speaking import (
    ENCRYPTED,
    LEAVE_ALL_ACCOUNTS,
    OWN_ORIGIN,
    PAGE,
    PROMOTE,
    Caller,
    assert_invalid,
    assert_problem,
    claims,
    set_cookies,
)
from tests.support.serving import Running, Serve

AFTER_GRACE = timedelta(seconds=31)


async def signed_up(running: Running) -> tuple[Caller, str, str]:
    ann = Caller(running)
    tokens = (await ann.sign_up())["tokens"]
    return ann, tokens["access_token"], tokens["refresh_token"]


async def test_a_refresh_answers_a_new_pair_that_says_the_same(serve: Serve) -> None:
    """Bare SessionTokens; only times and `jti` of the access token differ, also when the role has changed since."""
    async with serve() as running:
        ann, access, token = await signed_up(running)
        await running.core.db.run(PROMOTE, project_id=running.project.id, role="viewer")
        running.clock.advance(timedelta(minutes=5))
        answer = await ann.refresh(token)

        pair = answer.json()
        assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert pair["refresh_token"] != token
        assert (pair["refresh_token"][:3], len(pair["refresh_token"])) == ("rt_", 46)
        before, after = claims(access), claims(pair["access_token"])
        renewed = {"exp", "iat", "jti"}
        assert {name for name in before if before[name] != after[name]} == renewed
        assert set(before) == set(after)
        assert after["exp"] - after["iat"] == 3600
        assert answer.headers["cache-control"] == "no-store"
        assert (await ann.me(pair["access_token"])).json()["active_membership"]["role"] == "viewer"


async def test_an_old_token_is_dead_and_takes_the_session_along(serve: Serve) -> None:
    """Security 23: after the grace it can only be a stolen one."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        current = (await ann.refresh(token)).json()["refresh_token"]
        running.clock.advance(AFTER_GRACE)

        assert_problem(await ann.refresh(token), 401, "invalid_refresh_token")
        assert_problem(await ann.refresh(current), 401, "invalid_refresh_token")


async def test_racing_tabs_get_the_same_token(serve: Serve) -> None:
    """Security 21, 26: fifty refreshes of one token leave one live token and nobody signed out."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        answers = await asyncio.gather(*(ann.refresh(token) for _ in range(50)))

        assert {answer.status_code for answer in answers} == {200}
        (current,) = {answer.json()["refresh_token"] for answer in answers}
        running.clock.advance(AFTER_GRACE)
        assert (await ann.refresh(current)).status_code == 200


async def test_the_cookie_counts_when_the_body_has_no_token(serve: Serve) -> None:
    """No body and no content type are needed; both cookies are set anew, and the body carries the pair too."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        answer = await ann.post("/auth/refresh", cookies={"refresh_token": token}, **PAGE)

        pair, cookies = answer.json(), set_cookies(answer)
        assert answer.status_code == 200
        assert cookies["refresh_token"].startswith(pair["refresh_token"] + ";")
        assert cookies["access_token"].startswith(pair["access_token"] + ";")
        assert "Max-Age=1209600" in cookies["refresh_token"]


@pytest.mark.parametrize("empty", [None, {}, {"refresh_token": None}])
async def test_null_and_absent_members_mean_the_cookie(serve: Serve, empty: Any) -> None:
    """A member that is null was not given."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        answer = await ann.post("/auth/refresh", empty, {"refresh_token": token}, sec_fetch_site="same-origin")

        assert answer.status_code == 200


async def test_the_body_beats_the_cookie(serve: Serve) -> None:
    """A token in the body is used, also beside somebody else's cookie and without any CSRF token."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        other = (await Caller(running).sign_up("bob@example.com"))["tokens"]["refresh_token"]
        csrf, _ = await ann.csrf()
        cookies = {"refresh_token": other, "csrf_session": csrf}
        answer = await ann.post("/auth/refresh", {"refresh_token": token}, cookies)

        assert claims(answer.json()["access_token"])["uid"] == (await ann.sign_in()).json()["profile"]["id"]
        assert_problem(
            await ann.post("/auth/refresh", {"refresh_token": "rt_bad"}, {"refresh_token": other}, **PAGE),
            401,
            "invalid_refresh_token",
        )


async def test_a_cookie_alone_proves_nothing(serve: Serve) -> None:
    """Security 106: it needs our own or a listed page, or a CSRF token; a foreign page gets nowhere."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        session, csrf = await ann.csrf()
        jar = {"refresh_token": token}

        assert_problem(await ann.post("/auth/refresh", {}, jar), 403, "csrf_failed")
        assert_problem(await ann.post("/auth/refresh", {}, jar, sec_fetch_site="none"), 403, "csrf_failed")
        foreign = await ann.post("/auth/refresh", {}, jar, sec_fetch_site="cross-site")
        assert_problem(foreign, 403, "origin_not_allowed")
        assert_problem(await ann.post("/auth/refresh", {}, jar, origin="https://evil.com"), 403, "origin_not_allowed")
        assert "set-cookie" not in foreign.headers
        proven = {**jar, "csrf_session": session}
        assert (await ann.post("/auth/refresh", {}, proven, x_csrf_token=csrf)).status_code == 200


async def test_a_refused_cookie_is_cleared(serve: Serve) -> None:
    """The browser is told to forget both; a refused body token touches no cookies."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        for value in ("garbage", f"rt_{'A' * 43}", token[:-1] + ("A" if token[-1] != "A" else "B")):
            answer = await ann.post("/auth/refresh", {}, {"refresh_token": value}, origin=OWN_ORIGIN)
            assert_problem(answer, 401, "invalid_refresh_token")
            cookies = set_cookies(answer)
            assert set(cookies) == {"access_token", "refresh_token"}
            assert all(line.startswith("; Path=/; Expires=Thu, 01 Jan 1970") for line in cookies.values())
        answer = await ann.post("/auth/refresh", {"refresh_token": "rt_x"}, origin=OWN_ORIGIN)
        assert_problem(answer, 401, "invalid_refresh_token")
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("token", ["", "x", "rt_", "rt_" + "A" * 43, "rt_" + "é" * 43, "ey.J.x", "A" * 4000])
async def test_what_is_no_refresh_token_is_refused(serve: Serve, token: str) -> None:
    """Security 109: 401, never 500, and never taken for a missing one."""
    async with serve() as running:
        assert_problem(await Caller(running).refresh(token), 401, "invalid_refresh_token")


async def test_a_call_without_any_token_is_refused(serve: Serve) -> None:
    """Neither body nor cookie: 401, which clients read as the end of the session; a wrong type is 400."""
    async with serve() as running:
        ann = Caller(running)
        assert_problem(await ann.post("/auth/refresh", {}), 401, "invalid_refresh_token")
        assert_problem(await ann.post("/auth/refresh"), 401, "invalid_refresh_token")
        assert_invalid(await ann.post("/auth/refresh", {"refresh_token": 5}), "refresh_token", "type")


async def test_only_the_client_that_got_a_token_may_use_it(serve: Serve) -> None:
    """Security 27: another client of the application is refused, one of another application is a mismatch."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        sibling = await running.new_client()
        stranger = await running.new_client(await running.other_project())

        body = {"refresh_token": token, "client_id": sibling.public_id}
        assert_problem(await ann.post("/auth/refresh", body), 401, "invalid_refresh_token")
        body = {"refresh_token": token, "client_id": stranger.public_id}
        assert_problem(await ann.post("/auth/refresh", body), 400, "client_mismatch")
        assert (await ann.refresh(token)).status_code == 200


async def test_leaving_the_account_ends_the_session(serve: Serve) -> None:
    """Within the grace as well as for the current token."""
    async with serve() as running:
        ann, _, token = await signed_up(running)
        current = (await ann.refresh(token)).json()["refresh_token"]
        await running.core.db.run(LEAVE_ALL_ACCOUNTS, project_id=running.project.id)

        assert_problem(await ann.refresh(token), 401, "invalid_refresh_token")
        assert_problem(await ann.refresh(current), 401, "invalid_refresh_token")


@pytest.mark.parametrize("status", ["suspended", "disabled"])
async def test_who_is_no_longer_active_cannot_refresh(serve: Serve, status: str) -> None:
    """Security 18: 401, since clients take nothing else as the end of the session."""
    async with serve() as running:
        ann, access, token = await signed_up(running)
        (user,) = await running.core.users.page(running.project.id)
        async with running.core.db.write() as tx:
            await running.core.users.set_status(tx, running.project.id, user.id, status, actor="tests")

        assert_problem(await ann.refresh(token), 401, "invalid_refresh_token")
        assert_problem(await ann.me(access), 401, "invalid_access_token")


async def test_a_refresh_token_lives_as_long_as_its_client_says_from_each_use(serve: Serve) -> None:
    """Two weeks unless configured; each refresh starts them anew."""
    async with serve() as running:
        client = await running.new_client(
            settings={"access_token_config": {"expires_in": 120}, "refresh_token_config": {"expires_in": 600}}
        )
        ann = Caller(running, client.public_id)
        tokens = (await ann.sign_up())["tokens"]
        assert tokens["expires_in"] == 120
        running.clock.advance(timedelta(seconds=599))
        renewed = (await ann.refresh(tokens["refresh_token"])).json()["refresh_token"]
        running.clock.advance(timedelta(seconds=601))

        assert_problem(await ann.refresh(renewed), 401, "invalid_refresh_token")


async def test_a_client_may_name_and_shape_its_cookies(serve: Serve) -> None:
    """`cookie_options`; the client is then named by header, since the cookie's name does not tell."""
    options = {"name": "__Host-rt", "same_site": "strict"}
    settings = {"refresh_token_config": {"cookie_options": options}}
    async with serve(accountmaker=ENCRYPTED) as running:
        client = await running.new_client(settings=settings)
        ann = Caller(running, client.public_id)
        body = {"client_id": client.public_id, "email": "ann@example.com", "password": "Correct horse 7"}
        signed = await ann.post("/auth/sign-up", body, **PAGE)
        value, _, attributes = set_cookies(signed)["__Host-rt"].partition("; ")

        assert attributes.endswith("HttpOnly; Secure; SameSite=Strict")
        jar = {"__Host-rt": value}
        assert (await ann.post("/auth/refresh", {}, jar, x_client_id=client.public_id, **PAGE)).status_code == 200
        unnamed = await ann.post("/auth/refresh", {}, jar, **PAGE)
        assert unnamed.json()["code"] == "invalid_refresh_token"


async def test_of_two_cookies_the_later_one_counts(serve: Serve) -> None:
    """Security 35: after a change of domain a browser sends both, the one it got last at the end."""
    async with serve() as running:
        _, _, token = await signed_up(running)
        both = {"cookie": f"refresh_token=rt_stale; refresh_token={token}"}
        running.client.cookies.clear()
        answer = await running.client.post("/auth/refresh", headers={**both, **PAGE})

        assert answer.status_code == 200
