"""What an application may call a provider with: taken once after the callback, renewed later."""

from dataclasses import replace
from datetime import timedelta

from tests.dialects.nhost.providing import ANN, Traveller, signed_in
from tests.dialects.nhost.speaking import INVALID_REQUEST, Speaker, refused
from tests.support.identities import session_of_provider
from tests.support.serving import Serve

PATH = "/signin/provider/github/callback/tokens"
NOTHING = b'{"accessToken":"","expiresAt":"0001-01-01T00:00:00Z","expiresIn":0,"refreshToken":null}\n'


async def test_tokens_are_handed_out_once(serve: Serve) -> None:
    """Then, and where there never were any, the answer is empty as the original's for users without a link."""
    async with serve() as running:
        ann, speaker = Traveller(running), Speaker(running)
        brought = session_of_provider(running.clock.now())
        session = await signed_in(running, await ann.travel(ann.provider("github").person("1", ANN), brought))
        running.clock.advance(timedelta(seconds=10))
        answer = await speaker.get(PATH, session["accessToken"])
        assert answer.status_code == 200
        assert [*answer.json()] == ["accessToken", "expiresAt", "expiresIn", "refreshToken"]
        assert (answer.json()["accessToken"], answer.json()["expiresIn"]) == ("at", 3590)
        for path in (PATH, PATH.replace("github", "google")):
            assert (await speaker.get(path, session["accessToken"])).content == NOTHING
        assert (await speaker.get(PATH)).status_code == 401
        assert (await speaker.get(PATH.replace("github", "x"), session["accessToken"])).status_code == 400


async def test_a_provider_may_not_say_when_a_token_ends(serve: Serve) -> None:
    """Then the time is the original's for none, and there is no refresh token to tell."""
    async with serve() as running:
        ann = Traveller(running)
        endless = replace(session_of_provider(running.clock.now(), "at", None), expires_at=None)
        session = await signed_in(running, await ann.travel(ann.provider("github").person("1"), endless))
        answer = await Speaker(running).get(PATH, session["accessToken"])
        assert answer.content == NOTHING.replace(b'"accessToken":""', b'"accessToken":"at"')


async def test_tokens_are_renewed_at_the_provider(serve: Serve) -> None:
    """For who is linked with it; a refusal of the provider is told as one."""
    async with serve() as running:
        ann, speaker = Traveller(running), Speaker(running)
        ann.provider("github").sessions["rt"] = session_of_provider(running.clock.now(), "newer", None)
        session = await signed_in(running, await ann.travel(ann.provider("github").person("1", ANN)))
        token = session["accessToken"]
        answer = await speaker.post("/token/provider/github", {"refreshToken": "rt"}, token)
        assert (answer.json()["accessToken"], answer.json()["refreshToken"]) == ("newer", None)
        answer = await speaker.post("/token/provider/github", {"refreshToken": "x"}, token)
        refused(answer, 400, "oauth-provider-error", "Provider returned an error")
        refused(await speaker.post("/token/provider/google", {"refreshToken": "rt"}, token), *INVALID_REQUEST)
        answer = await speaker.post("/token/provider/spotify", {"refreshToken": "rt"}, token)
        refused(answer, 409, "disabled-endpoint", "This endpoint is disabled")
