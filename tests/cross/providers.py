"""Coming in by providers through the nhost door, for the matrix of paths and states."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

import httpx2

from tests.cross.scenes import Scene
from tests.support.identities import parameter, session_of_provider

_LOOKS_LIKE_OURS: Final = "eyJ of the provider"  # so that the matrix takes it for a token


async def _journey(scene: Scene, provider: str, **query: str) -> tuple[str, str]:
    """Set out; return the state and the cookie."""
    path = f"/v1/signin/provider/{provider}"
    answer = await scene.doors.nhost.send("GET", f"{path}?{urlencode(query)}" if query else path)
    assert answer.status_code == httpx2.codes.FOUND, answer.text
    return parameter(answer.headers["location"], "state"), answer.headers["set-cookie"].partition(";")[0]


async def _proof(scene: Scene, provider: str, **query: str) -> dict[str, str]:
    """Set out, and press the button at the provider."""
    state, cookie = await _journey(scene, provider, **query)
    scripted = scene.running.identities[provider]
    session = session_of_provider(scene.running.clock.now(), _LOOKS_LIKE_OURS)
    code = scripted.consent(state, scripted.person(f"of {scene.email}", scene.email), session)
    return {"state": state, "code": code, "cookie": cookie}


async def come_back(scene: Scene, provider: str, proof: dict[str, str]) -> httpx2.Response:
    """Come back with what was got, by a form where the provider sends one."""
    nhost = scene.doors.nhost
    path = f"/v1/signin/provider/{provider}/callback"
    query = urlencode({name: proof[name] for name in ("state", "code")})
    if not scene.running.identities[provider].answers_by_form:
        return await nhost.send("GET", f"{path}?{query}", cookie=proof["cookie"])
    headers = {"host": nhost.host, "cookie": proof["cookie"], "content-type": "application/x-www-form-urlencoded"}
    return await scene.running.client.post(path, content=query, headers=headers)


async def _linked(scene: Scene, provider: str) -> None:
    answer = await come_back(scene, provider, await _proof(scene, provider, connect=scene.nhost.access))
    assert "error" not in answer.headers["location"], answer.headers["location"]


async def by_query(scene: Scene) -> dict[str, str]:
    """Link GitHub, and be about to come back from it."""
    await _linked(scene, "github")
    return await _proof(scene, "github")


async def by_form(scene: Scene) -> dict[str, str]:
    """Link Apple, and be about to come back from it."""
    await _linked(scene, "apple")
    return await _proof(scene, "apple")


async def with_provider_session(scene: Scene) -> None:
    """Link GitHub, which brings something to call it with and to renew."""
    renewed = session_of_provider(scene.running.clock.now(), _LOOKS_LIKE_OURS)
    scene.running.identities["github"].sessions["rt"] = renewed
    await _linked(scene, "github")


def id_token_of(scene: Scene) -> dict[str, Any]:
    """Return the body of a sign-in with Google's word on who it is."""
    google = scene.running.identities["google"]
    expires_at = scene.running.clock.now() + timedelta(hours=1)
    token = google.id_token(google.person(f"of {scene.email}", scene.email), expires_at)
    return {"provider": "google", "idToken": token}


async def with_id_token(scene: Scene) -> dict[str, Any]:
    """Link Google, and hold another token of it."""
    await scene.asked("/link/idtoken", id_token_of(scene), bearer=True)
    return id_token_of(scene)
