"""The development provider as mounted: for this machine only, and with an answer to everything."""

import pytest

from tests.support.serving import Serve
from tests.web.dev_provider.application import HOST, ISSUER, Application

PATHS = (
    "/_/provider/authorize",
    "/_/provider/.well-known/openid-configuration",
    "/_/provider/userinfo",
    "/_/provider/oauth/authorize",
    "/_/sign-in",
)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:4000"])
@pytest.mark.parametrize("path", PATHS)
async def test_a_rebound_name_signs_nobody_in(application: Application, host: str, path: str) -> None:
    """A web site whose name suddenly means 127.0.0.1 sends its own name along."""
    answer = await application.http.get(HOST + path, headers={"host": host})
    assert answer.status_code == 403


async def test_the_page_belongs_into_no_frame(application: Application) -> None:
    """And runs nothing but its own scripts; nothing that was asked for can be markup."""
    page = await application.ask(login_hint='"><script>alert(1)</script>')
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in page.text
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize("name", ["page.css", "post.js", "sign-in.js", "icon.svg"])
async def test_assets_are_served(application: Application, name: str) -> None:
    """And nothing else from their folder."""
    assert (await application.http.get(f"{HOST}/_/assets/provider/{name}")).status_code == 200
    for other in ("pages.py", "..%2fpages.py"):
        assert (await application.http.get(f"{HOST}/_/assets/provider/{other}")).status_code == 404


async def test_a_program_reads_errors_as_json(application: Application) -> None:
    """As RFC 6749 section 5.2 has them, also for what never was a token request."""
    url = f"{ISSUER}/token"
    wrong = [
        await application.http.post(url, json={"grant_type": "authorization_code"}),
        await application.http.post(
            url, content=b"code=1&code=2", headers={"content-type": "application/x-www-form-urlencoded"}
        ),
        await application.http.post(url, data={"code": "x" * 70_000}),
        await application.http.post(url),
    ]
    assert [answer.status_code for answer in wrong] == [415, 400, 413, 400]
    assert {answer.json()["error"] for answer in wrong} == {"invalid_request"}


async def test_a_person_reads_errors_as_text(application: Application) -> None:
    """A repeated parameter, a page that was never shown, a name that is too long."""
    assert (await application.http.get(f"{ISSUER}/authorize?state=1&state=2")).status_code == 400
    unknown = await application.http.post(f"{ISSUER}/authorize", data={"ticket": "x", "person": "reader"})
    assert (unknown.status_code, "This page is over" in unknown.text) == (400, True)
    page = await application.ask()
    assert (await application.press(page, "own", name="x" * 101)).status_code == 400
    stranger = await application.press(page, "stranger")
    assert (stranger.status_code, stranger.text) == (400, "There is no such person\n")
    assert (await application.http.delete(f"{ISSUER}/authorize")).status_code == 405
    assert (await application.http.get(f"{ISSUER}/nothing")).status_code == 404


async def test_the_page_for_trying_has_its_buttons(application: Application) -> None:
    """One for each provider."""
    page = await application.http.get(f"{HOST}/_/sign-in")
    assert 'data-provider="c:dev"' in page.text
    assert "Sign in with Dev Provider" in page.text
    assert f'data-api="{HOST}/v1"' in page.text


async def test_without_dev_nothing_of_it_is_served(serve: Serve) -> None:
    """Whoever reaches the provider can be anybody (security 111)."""
    async with serve() as running:
        for path in (*PATHS, "/_/assets/provider/page.css"):
            assert (await running.client.get(path)).status_code == 404
        for path in ("/_/provider/token", "/_/provider/authorize", "/_/provider/oauth/request_token"):
            assert (await running.client.post(path, data={"ticket": "x"})).status_code == 404
