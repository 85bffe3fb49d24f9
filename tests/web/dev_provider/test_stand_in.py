"""The same provider as a stand-in of its own on loopback, which is how tests of the server meet it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from tests.support.providers.loopback import CLIENT_ID, CLIENT_SECRET, GUEST, LoopbackProvider, client_of
from tests.support.providers.standing_in import serve
from tests.web.dev_provider.application import CALLBACK, CHALLENGE, VERIFIER
from vestibule.web.dev_provider import Fault

QUERY = {
    "client_id": CLIENT_ID,
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid email",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@asynccontextmanager
async def visiting(**chosen: Any) -> AsyncIterator[tuple[LoopbackProvider, httpx2.AsyncClient]]:
    """Start a stand-in, and a client that calls it."""
    stand_in = LoopbackProvider(clients=[client_of(CALLBACK)], **chosen)
    async with serve(stand_in), httpx2.AsyncClient(base_url=stand_in.url) as http:
        yield stand_in, http


async def exchange(http: httpx2.AsyncClient) -> httpx2.Response:
    back = await http.get("/authorize", params=QUERY)
    form = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(back.headers["location"]).query)["code"][0],
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }
    return await http.post("/token", data=form)


async def test_it_asks_nobody_and_counts_who_comes() -> None:
    """Whoever the test has chosen is signed in at once."""
    async with visiting(person=GUEST) as (there, http):
        assert (await http.get("/.well-known/openid-configuration")).json()["issuer"] == there.url
        tokens = (await exchange(http)).json()
        told = await http.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
        assert told.json() == {"sub": "guest"}
        assert len((await http.get("/jwks")).json()["keys"]) == 1
        assert [request.query["state"] for request in there.asked("/authorize")] == ["s"]
        assert len(there.asked("/token")) == 1


async def test_it_fails_as_it_is_told() -> None:
    """The fault holds until another one is chosen."""
    waiting = timedelta(milliseconds=200)
    async with visiting(slowness=waiting, fault=Fault.ERROR_PAGE) as (there, http):
        assert (await exchange(http)).status_code == 500
        there.fault = Fault.SLOW
        answer = await exchange(http)
        assert (answer.status_code, answer.elapsed >= waiting) == (200, True)


async def test_it_may_show_its_page() -> None:
    """For a browser that a test drives, with style and scripts."""
    async with visiting(shows_page=True) as (_, http):
        assert "Let something go wrong" in (await http.get("/authorize", params=QUERY)).text
        assert (await http.get("/_/assets/provider/page.css")).headers["content-type"].startswith("text/css")
