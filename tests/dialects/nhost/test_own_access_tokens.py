"""Personal access tokens under the server's own paths, which the original leaves to GraphQL: seen, and ended."""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import httpx2

from tests.dialects.nhost.speaking import CLIENT_URL, OK, Speaker, refused
from tests.support.serving import Running, Serve

PATH: Final = "/user/access-tokens"
NO_SUCH: Final = (404, "invalid-request", "There is no such personal access token")
INVALID_PAT: Final = (401, "invalid-pat", "Invalid or expired personal access token")


async def create(running: Running, token: str, **metadata: Any) -> dict[str, str]:
    body = {"expiresAt": (running.clock.now() + timedelta(days=1)).isoformat(), "metadata": metadata}
    answer = await Speaker(running).post("/pat", body, token)
    assert answer.status_code == 200, answer.text
    made: dict[str, str] = answer.json()
    return made


async def sign_in(running: Running, made: dict[str, str]) -> httpx2.Response:
    return await Speaker(running).post("/signin/pat", {"personalAccessToken": made["personalAccessToken"]})


async def listed(running: Running, token: str) -> list[dict[str, Any]]:
    answer = await Speaker(running, "/_/api").get(PATH, token)
    assert answer.status_code == 200, answer.text
    tokens: list[dict[str, Any]] = answer.json()["accessTokens"]
    return tokens


async def remove(running: Running, token_id: str, token: str | None) -> httpx2.Response:
    return await Speaker(running, "/_/api").delete(f"{PATH}/{token_id}", token)


async def test_tokens_are_listed_by_what_tells_them_apart(serve: Serve) -> None:
    """When each was made and used, and what was noted with it; never the token (security 41)."""
    async with serve() as running:
        token = (await Speaker(running).sign_up())["accessToken"]
        made = await create(running, token, name="nightly export")
        assert (await sign_in(running, made)).status_code == 200
        answer = await Speaker(running, "/_/api").get(PATH, token)
        [shown] = answer.json()["accessTokens"]
        now = running.clock.now()
        assert [*shown] == ["createdAt", "expiresAt", "id", "lastUsedAt", "metadata"]
        assert (shown["id"], shown["metadata"]) == (made["id"], {"name": "nightly export"})
        assert shown["createdAt"] == shown["lastUsedAt"] == now.isoformat().replace("+00:00", "Z")
        assert shown["expiresAt"] == (now + timedelta(days=1)).isoformat().replace("+00:00", "Z")
        assert made["personalAccessToken"] not in answer.text
        assert answer.headers["cache-control"] == "no-store"


async def test_one_of_them_is_ended(serve: Serve) -> None:
    """It signs nobody in any more, and the others do."""
    async with serve() as running:
        token = (await Speaker(running).sign_up())["accessToken"]
        lost, kept = await create(running, token), await create(running, token)
        answer = await remove(running, lost["id"], token)
        assert (answer.status_code, answer.content) == (200, OK)
        refused(await sign_in(running, lost), *INVALID_PAT)
        assert (await sign_in(running, kept)).status_code == 200
        assert [shown["id"] for shown in await listed(running, token)] == [kept["id"]]
        refused(await remove(running, lost["id"], token), *NO_SUCH)


async def test_what_is_not_the_callers_is_not_there(serve: Serve) -> None:
    """Somebody else's answers as one that nobody has, and as a text that is no id (security 89)."""
    async with serve() as running:
        speaker = Speaker(running)
        ann, bob = (await speaker.sign_up())["accessToken"], (await speaker.sign_up("bob@example.com"))["accessToken"]
        hers = await create(running, ann)
        assert await listed(running, bob) == []
        for token_id in (hers["id"], str(uuid4()), hers["personalAccessToken"], hers["id"].upper(), "1", "x" * 300):
            refused(await remove(running, token_id, bob), *NO_SUCH)
        assert [shown["id"] for shown in await listed(running, ann)] == [hers["id"]]


async def test_ending_one_wants_a_fresh_proof_where_that_is_required(serve: Serve) -> None:
    """A stolen session ends nobody's programs; listing takes none (security 89)."""
    async with serve({"AUTH_REQUIRE_ELEVATED_CLAIM": "required"}) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        elevated = await speaker.elevated(session)
        made = await create(running, elevated)
        assert len(await listed(running, session["accessToken"])) == 1
        answer = await remove(running, made["id"], session["accessToken"])
        assert (answer.status_code, answer.json()["reason"]) == (401, "elevated claim required")
        assert (await remove(running, made["id"], None)).status_code == 401
        assert (await remove(running, made["id"], elevated)).status_code == 200


async def test_a_page_may_end_them(serve: Serve) -> None:
    """Browsers ask first whether a page may send DELETE."""
    async with serve() as running:
        asked = {
            "origin": CLIENT_URL,
            "access-control-request-method": "DELETE",
            "access-control-request-headers": "authorization",
        }
        answer = await running.client.options(f"/_/api{PATH}/{uuid4()}", headers=asked)
        assert answer.headers["access-control-allow-methods"] == "DELETE"
        assert answer.headers["access-control-allow-origin"] == CLIENT_URL
