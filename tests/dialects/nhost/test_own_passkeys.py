"""Passkeys under the server's own paths, which the original leaves to GraphQL: seen, and removed."""

from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import httpx2

from tests.dialects.nhost.passkey_speaking import ON, Ceremonies
from tests.dialects.nhost.speaking import CLIENT_URL, EMAIL, OK, Speaker, refused
from tests.support.authenticator import b64
from tests.support.serving import Running, Serve
from vestibule.storage import Statement

PATH: Final = "/user/passkeys"
REQUIRED: Final = {**ON, "AUTH_REQUIRE_ELEVATED_CLAIM": "required"}
NO_SUCH: Final = (404, "invalid-request", "There is no such passkey")
LAST: Final = (400, "invalid-request", "The last way to sign in cannot be removed")
VERIFIED: Final = Statement(None, "UPDATE vestibule_credentials SET verified_at = created_at")


def ours(running: Running) -> Speaker:
    return Speaker(running, "/_/api")


async def listed(running: Running, token: str) -> list[dict[str, Any]]:
    answer = await ours(running).get(PATH, token)
    assert answer.status_code == 200, answer.text
    passkeys: list[dict[str, Any]] = answer.json()["passkeys"]
    return passkeys


async def remove(running: Running, passkey_id: str, token: str | None) -> httpx2.Response:
    return await ours(running).delete(f"{PATH}/{passkey_id}", token)


async def test_passkeys_are_listed_by_what_tells_them_apart(serve: Serve) -> None:
    """And by nothing that an authenticator or a thief could use: no key, no credential id (security 93)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        token = (await ann.signed_up())["accessToken"]
        running.clock.advance(timedelta(seconds=1))
        await ann.add(token, nickname="my phone")
        answer = await ours(running).get(PATH, token)
        first, second = answer.json()["passkeys"]
        assert [*first] == ["createdAt", "id", "isBackedUp", "lastUsedAt", "nickname", "transports"]
        assert (first["nickname"], first["lastUsedAt"], first["isBackedUp"]) == (None, None, True)
        assert (second["nickname"], second["transports"]) == ("my phone", ["hybrid", "internal"])
        assert not any(b64(passkey.id) in answer.text for passkey in ann.authenticator.passkeys)
        assert answer.headers["cache-control"] == "no-store"


async def test_a_lost_phone_is_removed(serve: Serve) -> None:
    """Its passkey signs nobody in, the other sessions end, the user is told (security 29)."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        session = await ann.signed_up()
        await running.core.db.run(VERIFIED)
        elsewhere = (await ann.sign_in({"email": EMAIL})).json()["session"]
        running.clock.advance(timedelta(seconds=1))
        assert (await ann.add(session["accessToken"])).status_code == 200
        lost, kept = await listed(running, session["accessToken"])
        answer = await remove(running, lost["id"], session["accessToken"])
        assert (answer.status_code, answer.content) == (200, OK)
        assert await listed(running, session["accessToken"]) == [kept]
        assert (await ann.speaker.refresh(session["refreshToken"])).status_code == 200
        assert (await ann.speaker.refresh(elsewhere["refreshToken"])).status_code == 401
        newest = (await running.mails())[0]
        assert newest.headers["X-Email-Template"] == "security-changed"
        assert "removed" in newest.text


async def test_the_last_way_in_stays(serve: Serve) -> None:
    """It is said why."""
    async with serve(ON) as running:
        ann = Ceremonies(running)
        token = (await ann.signed_up())["accessToken"]
        [only] = await listed(running, token)
        refused(await remove(running, only["id"], token), *LAST)
        assert await listed(running, token) == [only]


async def test_what_is_not_the_callers_is_not_there(serve: Serve) -> None:
    """Somebody else's answers as one that nobody has, and as a text that is no id (security 89)."""
    async with serve(ON) as running:
        ann, bob = Ceremonies(running), Ceremonies(running)
        token = (await ann.signed_up())["accessToken"]
        await bob.signed_up("bob@example.com")
        [hers] = await listed(running, token)
        of_bob = (await bob.speaker.sign_up("carl@example.com"))["accessToken"]
        for passkey_id in (hers["id"], str(uuid4()), hers["id"].upper(), "1", "x" * 300):
            refused(await remove(running, passkey_id, of_bob), *NO_SUCH)
        assert await listed(running, token) == [hers]


async def test_removing_wants_a_fresh_proof_where_that_is_required(serve: Serve) -> None:
    """A stolen session removes nothing; listing takes none (security 89)."""
    async with serve(REQUIRED) as running:
        ann = Ceremonies(running)
        session = await ann.speaker.sign_up()
        assert (await ann.add(session["accessToken"])).status_code == 200
        [passkey] = await listed(running, session["accessToken"])
        answer = await remove(running, passkey["id"], session["accessToken"])
        assert (answer.status_code, answer.json()["reason"]) == (401, "elevated claim required")
        assert (await remove(running, passkey["id"], None)).status_code == 401
        elevated = (await ann.elevate(session["accessToken"])).json()["session"]["accessToken"]
        assert (await remove(running, passkey["id"], elevated)).status_code == 200


async def test_a_page_may_remove(serve: Serve) -> None:
    """Browsers ask first whether a page may send DELETE; the other endpoints take none."""
    async with serve(ON) as running:
        asked = {
            "origin": CLIENT_URL,
            "access-control-request-method": "DELETE",
            "access-control-request-headers": "authorization",
        }
        answer = await running.client.options(f"/_/api{PATH}/{uuid4()}", headers=asked)
        assert answer.headers["access-control-allow-methods"] == "DELETE"
        assert answer.headers["access-control-allow-origin"] == CLIENT_URL
        assert answer.headers["access-control-allow-headers"] == "authorization"
        assert "access-control-allow-credentials" not in answer.headers
