"""An access token outlives its session by minutes; nothing that lasts longer comes of one (security 29, 31, 32)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import httpx2

from tests.dialects.nhost.speaking import INVALID_REQUEST, OK, PASSWORD, Speaker, refused
from tests.support.serving import Serve
from vestibule.dialects.nhost.dialect import OUTLASTS_SESSION, nhost
from vestibule.wire.declaration import Endpoint

NEEDLESS_SESSION: Final = {"/user", "/token/verify"}
SOME_ID: Final = "c8fe9c02-7d6c-4f4b-9f3e-2d5c8f0a1b2c"
NEW_PASSWORD: Final = "another horse"


def _with_bearer() -> Iterator[Endpoint]:
    return (endpoint for endpoint in nhost.endpoints if endpoint.auth is not None)


async def _call(speaker: Speaker, endpoint: Endpoint, token: str) -> httpx2.Response:
    path = re.sub(r"\{provider\}", "github", re.sub(r"\{\w*_id\}", SOME_ID, endpoint.path))
    speaker = Speaker(speaker.running, (endpoint.bases or ("/v1",))[-1])
    send: dict[str, Any] = {
        "GET": lambda: speaker.get(path, token),
        "POST": lambda: speaker.post(path, {}, token),
        "DELETE": lambda: speaker.delete(path, token),
    }
    answer: httpx2.Response = await send[endpoint.method]()
    return answer


async def _everywhere(speaker: Speaker, token: str) -> dict[tuple[str, str], tuple[int, bytes]]:
    answers = [(endpoint, await _call(speaker, endpoint, token)) for endpoint in _with_bearer()]
    return {(one.method, one.path): (answer.status_code, answer.content) for one, answer in answers}


def test_which_endpoints_ask_for_no_session() -> None:
    """Those that only read; a new one has to be thought about."""
    lax = {endpoint.path for endpoint in _with_bearer() if OUTLASTS_SESSION in endpoint.marks}
    assert lax == NEEDLESS_SESSION
    assert len(list(_with_bearer())) > 25


async def test_a_token_whose_session_ended_is_no_token(serve: Serve) -> None:
    """Whoever was signed out everywhere is refused as if the token were garbage, at every endpoint that acts."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.verified()
        before = await _everywhere(speaker, session["accessToken"])
        again = (await speaker.sign_in()).json()["session"]["accessToken"]
        assert (await speaker.post("/signout", {"all": True}, again)).content == OK

        asks = {(one.method, one.path) for one in _with_bearer() if OUTLASTS_SESSION not in one.marks}
        after = await _everywhere(speaker, session["accessToken"])
        garbage = await _everywhere(speaker, "no.token.atall")
        assert {name: after[name] for name in asks} == {name: garbage[name] for name in asks}
        # What says nothing without a body is tried with one below.
        assert {path for method, path in asks if before[method, path] == garbage[method, path]} == {
            "/user/password",
            "/signout",
        }


async def test_an_ended_session_makes_no_token_of_its_own(serve: Serve) -> None:
    """The thief of an access token cannot make a personal one after the owner has signed out everywhere."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.verified()
        await speaker.post("/signout", {"all": True}, session["accessToken"])
        body = {"expiresAt": (running.clock.now() + timedelta(days=1)).isoformat()}
        assert (await speaker.post("/pat", body, session["accessToken"])).status_code == 401


async def test_an_ended_session_sets_no_password(serve: Serve) -> None:
    """Nor take the account over with the token stolen before the owner changed the password: as without a token."""
    async with serve() as running:
        speaker = Speaker(running)
        stolen = (await speaker.verified())["accessToken"]
        owner = (await speaker.sign_in()).json()["session"]["accessToken"]
        assert (await speaker.post("/user/password", {"newPassword": NEW_PASSWORD}, owner)).content == OK
        refused(await speaker.post("/user/password", {"newPassword": PASSWORD}, stolen), *INVALID_REQUEST)
        assert (await speaker.sign_in(password=NEW_PASSWORD)).status_code == 200


async def test_elevation_ends_with_its_session(serve: Serve) -> None:
    """Once the factor that elevated it is gone, and the session with it, the token opens nothing."""
    async with serve() as running:
        speaker = Speaker(running)
        elevated = await speaker.elevated(await speaker.verified())
        await speaker.post("/signout", {"all": True}, elevated)
        assert (await speaker.post("/user/webauthn/add", None, elevated)).status_code == 401
        assert (await speaker.get("/mfa/totp/generate", elevated)).status_code == 401


async def test_an_ended_session_signs_nobody_out(serve: Serve) -> None:
    """Neither the owner who came back, nor a personal access token: with a stolen one it could go on for minutes."""
    async with serve() as running:
        speaker = Speaker(running)
        stolen = (await speaker.verified())["accessToken"]
        await speaker.post("/signout", {"all": True}, stolen)
        again = (await speaker.sign_in()).json()["session"]
        refused(await speaker.post("/signout", {"all": True}, stolen), *INVALID_REQUEST)
        assert (await speaker.refresh(again["refreshToken"])).status_code == 200
