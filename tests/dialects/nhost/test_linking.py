"""Linking a provider: with an access token in the query, safely by POST, or with an ID token; listing and unlinking."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.dialects.nhost.providing import ANN, Traveller, signed_in, told
from tests.dialects.nhost.speaking import CLIENT_URL, DISABLED, INVALID_REQUEST, OK, Speaker, malformed, refused
from tests.support.identities import parameter
from tests.support.serving import Running, Serve
from tests.support.ways_in import under
from vestibule.storage import Statement

_DISABLED = Statement(None, "UPDATE vestibule_users SET status = 'disabled'")
LINKED_ALREADY = "provider-account-already-linked"
NOT_ELEVATED = {"error": "unauthorized", "reason": "elevated claim required", "securityScheme": "BearerAuthElevated"}
ORIGIN = {"origin": CLIENT_URL}


def _ours(running: Running) -> Speaker:
    return Speaker(running, "/_/api")


async def _providers(running: Running, session: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await _ours(running).get("/user/providers", session["accessToken"])
    assert answer.status_code == 200, answer.text
    providers: list[dict[str, Any]] = answer.json()["providers"]
    return providers


async def _by_post(running: Running, session: dict[str, Any], who: Traveller, **body: Any) -> str:
    answer = await Speaker(running).post("/link/provider/github", body, session["accessToken"], **ORIGIN)
    assert answer.status_code == 200, answer.text
    who._kept(answer)
    return parameter(answer.json()["url"], "state")


async def test_connect_links_instead_of_signing_in(serve: Serve) -> None:
    """No token comes back; afterwards the provider signs in as that user."""
    async with serve() as running:
        ann = Traveller(running)
        session = await Speaker(running).sign_up(ANN)
        github = ann.provider("github").person("1", "other@example.com", vouched=False)
        base, parameters = told(await ann.travel(github, connect=session["accessToken"], state="mine"))
        assert (base, parameters) == (CLIENT_URL, {"state": "mine"})
        assert (await signed_in(running, await ann.travel(github)))["user"]["id"] == session["user"]["id"]
        again = told(await ann.travel(github, connect=session["accessToken"]))[1]
        assert again["error"] == LINKED_ALREADY


@pytest.mark.parametrize("token", ["nonsense", "expired"])
async def test_a_token_that_is_no_good_is_told_before_the_journey(serve: Serve, token: str) -> None:
    """By redirect, and nobody is sent to the provider."""
    async with serve() as running:
        session = await Speaker(running).sign_up(ANN)
        running.clock.advance(timedelta(hours=1))
        connect = session["accessToken"] if token == "expired" else token
        answer = await Traveller(running).depart(connect=connect, redirectTo=f"{CLIENT_URL}/x")
        base, parameters = told(answer)
        assert (base, parameters["error"]) == (f"{CLIENT_URL}/x", "invalid-request")
        assert "set-cookie" not in answer.headers


async def test_whoever_is_shut_out_links_nothing(serve: Serve) -> None:
    """It is asked before the journey already (security 18)."""
    async with serve() as running:
        session = await Speaker(running).sign_up(ANN)
        under(running, blocked_email_domains=("example.com",))
        assert told(await Traveller(running).depart(connect=session["accessToken"]))[1]["error"] == (
            "invalid-email-password"
        )


async def test_linking_wants_a_fresh_proof_where_that_is_required(serve: Serve) -> None:
    """By every way: the query, the POST, the ID token, and unlinking (security 89)."""
    async with serve(policy={"elevation": "required"}) as running:
        speaker, ann = Speaker(running), Traveller(running)
        session = await speaker.sign_up(ANN)
        _, parameters = told(await ann.depart(connect=session["accessToken"]))
        assert parameters == {"error": "invalid-request", "errorDescription": "elevated claim required"}
        token = {"provider": "google", "idToken": "x"}
        for path, body, base in (
            ("/link/provider/github", {}, "/v1"),
            ("/link/idtoken", token, "/v1"),
            ("/user/providers/unlink", {"id": str(uuid4())}, "/_/api"),
        ):
            answer = await Speaker(running, base).post(path, body, session["accessToken"])
            assert (answer.status_code, answer.json()) == (401, NOT_ELEVATED), path
        github = ann.provider("github").person("1")
        assert told(await ann.travel(github, connect=await speaker.elevated(session)))[1] == {}


async def test_the_post_links_without_any_token_in_a_url(serve: Serve) -> None:
    """It answers where to go, and binds the journey to this browser and this session (security 43)."""
    async with serve() as running:
        ann = Traveller(running)
        session = await Speaker(running).sign_up(ANN)
        state = await _by_post(running, session, ann, redirectTo=f"{CLIENT_URL}/x", state="mine")
        code = ann.provider("github").consent(state, ann.provider("github").person("1"))
        base, parameters = told(await ann.come_back(state=state, code=code))
        assert (base, parameters) == (f"{CLIENT_URL}/x", {"state": "mine"})
        [linked] = await _providers(running, session)
        assert linked["provider"] == "github"


async def test_nobody_else_is_linked_by_a_link_of_a_stranger(serve: Serve) -> None:
    """A victim who opens the attacker's URL has not the attacker's cookie: nothing is linked (security 42, 43)."""
    async with serve() as running:
        attacker, victim = Traveller(running), Traveller(running)
        session = await Speaker(running).sign_up("attacker@example.com")
        state = await _by_post(running, session, attacker)
        code = attacker.provider("github").consent(state, attacker.provider("github").person("of the victim"))
        assert told(await victim.come_back(state=state, code=code))[1]["error"] == "invalid-state"
        assert await _providers(running, session) == []


async def test_the_post_can_be_the_only_way(serve: Serve) -> None:
    """Then an access token in a query opens nothing (security 37, 43)."""
    async with serve({"VESTIBULE_NHOST_LINK_BY_POST": "true"}) as running:
        ann = Traveller(running)
        session = await Speaker(running).sign_up(ANN)
        assert told(await ann.depart(connect=session["accessToken"]))[1]["error"] == "disabled-endpoint"
        assert await _by_post(running, session, ann)


async def test_only_the_projects_own_pages_may_have_the_cookie(serve: Serve) -> None:
    """Credentials are for origins that redirect targets are at, and for this path alone (security 107)."""
    listed = {"AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS": "https://app.example.com/cb,https://*.acme.io"}
    async with serve(listed) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up(ANN)
        path, allow = "/link/provider/github", "access-control-allow-credentials"
        for origin in (CLIENT_URL, "https://app.example.com", "https://x.acme.io"):
            preflight = await running.client.options(
                f"/v1{path}", headers={"origin": origin, "access-control-request-method": "POST"}
            )
            answer = await speaker.post(path, {}, session["accessToken"], origin=origin)
            for one in (preflight, answer):
                assert one.headers[allow] == "true"
                assert one.headers["access-control-allow-origin"] == origin
        for origin in (
            "https://evil.example",
            "https://app.example.com.evil.example",
            "http://app.example.com",
            "null",
        ):
            answer = await speaker.post(path, {}, session["accessToken"], origin=origin)
            assert allow not in answer.headers
            assert "access-control-allow-origin" not in answer.headers
        other = await speaker.get("/user", session["accessToken"], origin=CLIENT_URL)
        assert allow not in other.headers


async def test_the_post_tells_what_is_wrong_in_json(serve: Serve) -> None:
    """A target that is not allowed, a provider that is not there, a name that is none, a body out of shape."""
    async with serve() as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up(ANN))["accessToken"]
        answer = await speaker.post("/link/provider/github", {"redirectTo": "https://evil.example"}, token)
        refused(answer, 400, "redirectTo-not-allowed", 'The value of "options.redirectTo" is not allowed.')
        refused(
            await speaker.post("/link/provider/spotify", {}, token),
            409,
            "disabled-endpoint",
            "This endpoint is disabled",
        )
        assert (await speaker.post("/link/provider/x", {}, token)).json()["error"] == "schema-validation-error"
        malformed(
            await speaker.post("/link/provider/github", {"a": 1}, token), 'Error at "/a": property "a" is unsupported'
        )
        assert (await speaker.post("/link/provider/github", None, token)).status_code == 200
        assert (await speaker.post("/link/provider/github", {})).status_code == 401


async def test_linked_providers_are_listed_and_unlinked(serve: Serve) -> None:
    """Under the server's own paths, in this dialect's manners; the last way in stays."""
    async with serve() as running:
        ann = Traveller(running)
        session = await signed_in(running, await ann.travel(ann.provider("github").person("1", ANN)))
        running.clock.advance(timedelta(seconds=1))
        await ann.travel(ann.provider("c:acme").person("2"), connect=session["accessToken"])
        github, acme = await _providers(running, session)
        assert [*github] == ["createdAt", "email", "id", "lastUsedAt", "provider"]
        assert (github["provider"], github["email"], acme["provider"], acme["lastUsedAt"]) == (
            *("github", ANN, "c:acme"),
            None,
        )
        unlink = _ours(running)
        answer = await unlink.post("/user/providers/unlink", {"id": github["id"]}, session["accessToken"])
        assert (answer.status_code, answer.content) == (200, OK)
        refused(
            await unlink.post("/user/providers/unlink", {"id": acme["id"]}, session["accessToken"]),
            *(400, "invalid-request", "The last way to sign in cannot be removed"),
        )
        refused(
            await unlink.post("/user/providers/unlink", {"id": github["id"]}, session["accessToken"]), *INVALID_REQUEST
        )
        assert [one["provider"] for one in await _providers(running, session)] == ["c:acme"]


async def test_an_id_token_links_as_well(serve: Serve) -> None:
    """Once: afterwards the account is linked already."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up(ANN)
        google = running.identities["google"]
        token = google.id_token(google.person("1"), running.clock.now() + timedelta(hours=1))
        body = {"provider": "google", "idToken": token}
        answer = await speaker.post("/link/idtoken", body, session["accessToken"])
        assert (answer.status_code, answer.content) == (200, OK)
        answer = await speaker.post("/link/idtoken", body, session["accessToken"])
        refused(answer, 400, LINKED_ALREADY, "This provider account is already linked to a user")
        await running.core.db.run(_DISABLED)
        refused(await speaker.post("/link/idtoken", body, session["accessToken"]), *DISABLED)


async def test_whoever_unlinks_a_provider_stays_signed_in(serve: Serve) -> None:
    """Where they do it; their other sessions end (security 29)."""
    async with serve() as running:
        ann, speaker = Traveller(running), Speaker(running)
        session = await speaker.sign_up(ANN)
        elsewhere = (await speaker.sign_in(ANN)).json()["session"]
        await ann.travel(ann.provider("github").person("1"), connect=session["accessToken"])
        [github] = await _providers(running, session)
        answer = await _ours(running).post("/user/providers/unlink", {"id": github["id"]}, session["accessToken"])
        assert answer.status_code == 200
        assert (await speaker.refresh(session["refreshToken"])).status_code == 200
        assert (await speaker.refresh(elsewhere["refreshToken"])).status_code == 401


async def test_a_link_that_names_no_target_needs_one_that_is_configured(serve: Serve) -> None:
    """There would be no way back (security 105)."""
    async with serve(policy={"client_url": ""}) as running:
        session = await Speaker(running).sign_up(ANN)
        answer = await Speaker(running).post("/link/provider/github", {}, session["accessToken"])
        refused(answer, 400, "redirectTo-not-allowed", 'The value of "options.redirectTo" is not allowed.')
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("by_post", [True, False])
async def test_a_provider_is_linked_only_while_the_session_lives_that_asked(serve: Serve, *, by_post: bool) -> None:
    """Whoever signs out there has ended it, though they are signed in elsewhere (security 10)."""
    async with serve() as running:
        ann, speaker = Traveller(running), Speaker(running)
        session = await speaker.sign_up(ANN)
        elsewhere = (await speaker.sign_in(ANN)).json()["session"]
        connect = session["accessToken"]
        state = await (_by_post(running, session, ann) if by_post else ann.departed(connect=connect))
        code = ann.provider("github").consent(state, ann.provider("github").person("1"))
        await speaker.post("/signout", {"refreshToken": session["refreshToken"]})
        assert told(await ann.come_back(state=state, code=code))[1]["error"] == "invalid-state"
        assert await _providers(running, elsewhere) == []
