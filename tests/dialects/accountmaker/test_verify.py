import asyncio
from datetime import timedelta

import pytest

from tests.dialects.accountmaker.speaking import EMAIL, Caller, assert_invalid, assert_problem, mailed_token
from tests.support.serving import CLIENT_ID, Serve
from vestibule.dialects.accountmaker.tokens import parse_ticket, ticket_text


async def test_the_mailed_link_proves_the_address_once(serve: Serve) -> None:
    """It signs nobody in; the profile shows the moment."""
    async with serve() as running:
        ann = Caller(running)
        access = (await ann.sign_up())["tokens"]["access_token"]
        token = await mailed_token(running)
        answer = await ann.get(f"/auth/verify?token={token}&client_id={CLIENT_ID}")

        assert answer.json() == {"email": EMAIL, "verified": True}
        assert "set-cookie" not in answer.headers
        verified_at = (await ann.me(access)).json()["credentials"][0]["email_verified_at"]
        assert verified_at.endswith("Z")
        assert_problem(await ann.get(f"/auth/verify?token={token}"), 400, "invalid_token")


async def test_the_token_may_come_in_a_body(serve: Serve) -> None:
    """The POST alias keeps it out of URLs; a CSRF session does not get in its way."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        session, _ = await ann.csrf()
        answer = await ann.post("/auth/verify", {"token": await mailed_token(running)}, {"csrf_session": session})

        assert answer.json() == {"email": EMAIL, "verified": True}


async def test_of_twenty_uses_at_once_one_succeeds(serve: Serve) -> None:
    """Security 74: spent by one guarded statement."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        token = await mailed_token(running)
        answers = await asyncio.gather(*(ann.post("/auth/verify", {"token": token}) for _ in range(20)))

        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 19


async def test_scanners_do_not_spend_the_link(serve: Serve) -> None:
    """Security 98: HEAD and prefetching answer 204 and change nothing."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        path = f"/auth/verify?token={await mailed_token(running)}"

        assert (await running.client.head(path)).status_code == 204
        assert (await ann.get(path, purpose="prefetch")).status_code == 204
        assert (await ann.get(path, sec_purpose="prefetch;prerender")).status_code == 204
        assert (await ann.get(path)).status_code == 200


async def test_a_link_expires_after_a_day(serve: Serve) -> None:
    """Told apart from one that was used."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        token = await mailed_token(running)
        running.clock.advance(timedelta(hours=24))

        assert_problem(await ann.get(f"/auth/verify?token={token}"), 400, "expired_token")


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "%C3%A9", "A" * 42 + "B"])
async def test_what_is_no_token_is_refused(serve: Serve, token: str) -> None:
    """Known or unknown, one answer."""
    async with serve() as running:
        ann = Caller(running)
        assert_problem(await ann.get(f"/auth/verify?token={token}"), 400, "invalid_token")
        assert_invalid(await ann.get("/auth/verify"), "token", "required", where="query")
        assert_invalid(await ann.post("/auth/verify", {}), "token", "required")
        assert_problem(await ann.get("/auth/verify?token=a&token=b"), 400, "bad_request")


async def test_a_token_works_in_its_own_application_only(serve: Serve) -> None:
    """Security 75: any client of the application may bring it, a stranger may not."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        token = await mailed_token(running)
        sibling = await running.new_client()
        stranger = await running.new_client(await running.other_project())

        refused = await ann.get(f"/auth/verify?token={token}&client_id={stranger.public_id}")
        assert_problem(refused, 400, "client_mismatch")
        taken = await ann.get(f"/auth/verify?token={token}&client_id={sibling.public_id}")
        assert taken.status_code == 200


async def test_other_tokens_prove_no_address(serve: Serve) -> None:
    """Security 38, 134: a refresh token of ours, or a ticket of another door."""
    async with serve() as running:
        ann = Caller(running)
        refresh = (await ann.sign_up())["tokens"]["refresh_token"]
        for token in (refresh, refresh.removeprefix("rt_")):
            assert_problem(await ann.get(f"/auth/verify?token={token}"), 400, "invalid_token")


async def test_the_browser_is_sent_on_to_a_registered_page(serve: Serve) -> None:
    """303 with `verified=true`; any other page is refused and the token stays unused (security 105)."""
    page = "https://app.example.com/done"
    async with serve() as running:
        client = await running.new_client(redirect_uris=(page,))
        ann = Caller(running, client.public_id)
        await ann.sign_up()
        path = f"/auth/verify?token={await mailed_token(running)}&redirect_uri="

        evil = await ann.get(f"{path}https://evil.com/")
        assert_invalid(evil, "redirect_uri", "redirect_uri", where="query", received="https://evil.com/")
        answer = await ann.get(path + page)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?verified=true")


async def test_a_token_in_the_clothes_of_another_client_is_none(serve: Serve) -> None:
    """Which client a token names is not signed: its row knows whose it is (security 75)."""
    async with serve() as running:
        ann = Caller(running)
        await ann.sign_up()
        token = await mailed_token(running)
        parsed = parse_ticket(token)
        assert parsed is not None
        dressed_up = ticket_text(await running.new_client(), parsed.secret)

        assert_problem(await ann.get(f"/auth/verify?token={dressed_up}"), 400, "invalid_token")
        assert (await ann.get(f"/auth/verify?token={token}")).status_code == 200
