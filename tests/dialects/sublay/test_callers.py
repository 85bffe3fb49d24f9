from datetime import timedelta

import jwt
import pytest

from tests.dialects.sublay.speaking import GENERATIONS, PASSWORD, caller, claims, key_headers, other_project
from tests.support.serving import Running, Serve
from vestibule.core.projects import NewProject

CHANGE = {"password": PASSWORD, "newPassword": "n3w-P@ss"}


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_the_guard_speaks_plain_text(serve: Serve, generation: str) -> None:
    """401 Unauthorized without the header, 403 Forbidden with an unusable one; clients refresh on 403 only."""
    async with serve() as running:
        ann = caller(running, generation)
        nobody = await ann.post("/auth/change-password", CHANGE)
        assert (nobody.status_code, nobody.text) == (401, "Unauthorized")
        assert nobody.headers["content-type"] == "text/plain; charset=utf-8"
        for header in ("Bearer null", "Bearer", "Bearer ", "Bearer  x", "x", "Bearer a.b.c", "Bearer vsk_rubbish"):
            refused = await ann.post("/auth/change-password", CHANGE, authorization=header)
            assert (refused.status_code, refused.text) == (403, "Forbidden"), header
            assert refused.headers["content-type"] == "text/plain; charset=utf-8"


async def test_the_scheme_word_is_not_looked_at(serve: Serve) -> None:
    """The second word is the token."""
    async with serve() as running:
        ann = caller(running)
        token = (await ann.sign_up())["accessToken"]
        assert (await ann.post("/auth/change-password", CHANGE, authorization=f"JWT {token}")).status_code == 200


async def test_an_expired_access_token_is_forbidden(serve: Serve) -> None:
    """After half an hour 403, also when the token was remembered as good a moment before."""
    async with serve() as running:
        ann = caller(running)
        token = (await ann.sign_up())["accessToken"]
        told = claims(token)
        assert told["exp"] - told["iat"] == 1800
        wrong = {"password": "wrong", "newPassword": "n3w"}
        running.clock.advance(timedelta(seconds=1799))
        assert (await ann.post("/auth/change-password", wrong, authorization=f"Bearer {token}")).status_code == 401
        running.clock.advance(timedelta(seconds=1))
        expired = await ann.post("/auth/change-password", wrong, authorization=f"Bearer {token}")
        assert (expired.status_code, expired.text) == (403, "Forbidden")


async def test_access_tokens_say_what_clients_read(serve: Serve) -> None:
    """HS256, the documented claims and the session's id; the audience is the generation's."""
    async with serve() as running:
        for generation, audience in (("/api/v6", "replyke.com"), ("/v7", "sublay.io")):
            body = await caller(running, generation).sign_up(f"{audience[0]}@example.com")
            assert jwt.get_unverified_header(body["accessToken"]) == {"alg": "HS256", "typ": "JWT"}
            told = claims(body["accessToken"])
            assert set(told) == {"sub", "projectId", "role", "sid", "aud", "iss", "iat", "exp"}
            assert (told["role"], told["aud"], told["iss"]) == ("user", audience, audience)
            assert told["projectId"] == running.project.public_id
            refresh = claims(body["refreshToken"])
            assert set(refresh) == {"sub", "projectId", "sid", "aud", "iss", "jti", "iat", "exp"}
            assert refresh["exp"] - refresh["iat"] == 2_592_000


async def test_tokens_are_good_in_every_generation_of_their_project_only(serve: Serve) -> None:
    """Refresh tokens are no access tokens, and another project's tokens are none either (security 38, 122, 134)."""
    async with serve() as running:
        old = await caller(running, "/api/v6").sign_up()
        other = caller(running, project=await other_project(running.core))
        wrong = {"password": "wrong", "newPassword": "n3w"}
        good = await caller(running).post("/auth/change-password", wrong, authorization=f"Bearer {old['accessToken']}")
        assert good.status_code == 401
        for here, token in ((caller(running), old["refreshToken"]), (other, old["accessToken"])):
            refused = await here.post("/auth/change-password", wrong, authorization=f"Bearer {token}")
            assert (refused.status_code, refused.text) == (403, "Forbidden")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_forged_tokens_are_forbidden(serve: Serve) -> None:
    """No algorithm, another key, another purpose's key: all 403 (security 9)."""
    async with serve() as running:
        ann = caller(running)
        token = (await ann.sign_up())["accessToken"]
        told = claims(token)
        keyring = running.core.keyring
        forged = [
            jwt.encode(told, "", algorithm="none"),
            jwt.encode(told, "k" * 32, algorithm="HS256"),
            jwt.encode(told, keyring.key("sublay refresh"), algorithm="HS256"),
            jwt.encode(told, keyring.key(f"sublay access {running.project.id}"), algorithm="HS512"),
            jwt.encode({**told, "aud": "x"}, keyring.key(f"sublay access {running.project.id}"), algorithm="HS256"),
        ]
        for bad in forged:
            refused = await ann.post("/auth/change-password", CHANGE, authorization=f"Bearer {bad}")
            assert (refused.status_code, refused.text) == (403, "Forbidden")


@pytest.mark.parametrize("header", ["X-Sublay-Project-ID", "X-Replyke-Project-ID"])
async def test_a_backend_verifies_its_key(serve: Serve, header: str) -> None:
    """The SDK's first call, under either name of the header."""
    async with serve() as running:
        headers = await key_headers(running.core, running.project, header)
        answer = await running.client.get("/internal/service/verify", headers={**headers, "X-Sublay-Internal": "true"})
        assert answer.status_code == 200
        assert answer.json() == {"ok": True, "projectId": running.project.public_id}


async def test_a_key_is_good_for_its_own_project_only(serve: Serve) -> None:
    """No key, no project, another project, two projects, a revoked key: 401 JSON (security 122)."""
    async with serve() as running:
        core, project = running.core, running.project
        good = await key_headers(core, project)
        other = await other_project(core)
        issued = await core.service_keys.issue(project, "gone")
        await core.service_keys.revoke(project, issued.public_id)
        attempts = [
            {},
            {"Authorization": good["Authorization"]},
            {"X-Sublay-Project-ID": project.public_id},
            {**good, "X-Sublay-Project-ID": other.public_id},
            {**good, "X-Sublay-Project-ID": "nowhere"},
            {**good, "X-Replyke-Project-ID": other.public_id},
            {**good, "Authorization": f"Bearer {issued.secret.reveal()}"},
            await narrow_key(running),
        ]
        for headers in attempts:
            answer = await running.client.get("/internal/service/verify", headers=headers)
            assert answer.status_code == 401, headers
            assert answer.json() == {"error": "Invalid API key or project ID.", "code": "auth/unauthorized"}


async def narrow_key(running: Running) -> dict[str, str]:
    issued = await running.core.service_keys.issue(running.project, "narrow", scopes=("something-else",))
    return {"Authorization": f"Bearer {issued.secret.reveal()}", "X-Sublay-Project-ID": running.project.public_id}


async def test_a_key_that_is_not_good_opens_no_guard(serve: Serve) -> None:
    """The header must name the path's project too; else the key is an access token that cannot be read."""
    async with serve() as running:
        ann = caller(running)
        user_id = (await ann.sign_up())["user"]["id"]
        good = await key_headers(running.core, running.project)
        other = await other_project(running.core)
        for headers in (
            {"Authorization": good["Authorization"]},
            {**good, "X-Sublay-Project-ID": other.public_id},
            await key_headers(running.core, other),
        ):
            refused = await ann.post("/auth/change-password", {**CHANGE, "userId": user_id}, **headers)
            assert (refused.status_code, refused.text) == (403, "Forbidden")


@pytest.mark.parametrize("path", ["/v7/{}/projects/lean", "/internal/projects/{}/lean", "/v8/{}/projects/lean"])
async def test_clients_ask_for_the_lean_project(serve: Serve, path: str) -> None:
    """Public, under both paths."""
    async with serve() as running:
        answer = await running.client.get(path.format(running.project.public_id))
        assert answer.status_code == 200
        assert answer.json() == {"id": running.project.public_id, "name": running.project.name, "integrations": []}


async def test_unknown_projects_are_not_found(serve: Serve) -> None:
    """Also those that do not speak this dialect."""
    async with serve() as running:
        mute = await running.core.registry.create_project(NewProject("Mute", frozenset({"nhost"})))
        for public_id in ("nowhere", mute.public_id):
            for path in (f"/v7/{public_id}/auth/sign-in", f"/api/v5/{public_id}/auth/sign-in"):
                answer = await running.client.post(path, json={})
                assert answer.status_code == 404
                assert answer.json() == {"error": "Project not found", "code": "project/not-found"}
