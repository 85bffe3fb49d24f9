from typing import Any

import pytest

from tests.dialects.accountmaker.speaking import EMAIL, PASSWORD, Caller, assert_invalid, assert_problem
from tests.support.serving import CLIENT_ID, Serve
from vestibule.core.projects import NewProject

BODY = {"email": EMAIL, "password": PASSWORD}
WHO = "invalid_credentials"  # the client was found: the credentials are what is wrong


async def test_a_client_is_named_in_header_body_or_query(serve: Serve) -> None:
    """All three at once, if they agree."""
    async with serve() as running:
        ann = Caller(running)
        named = {**BODY, "client_id": CLIENT_ID}
        assert_problem(await ann.post("/auth/sign-in", named), 401, WHO)
        assert_problem(await ann.post("/auth/sign-in", BODY, x_client_id=CLIENT_ID), 401, WHO)
        assert_problem(await ann.post(f"/auth/sign-in?client_id={CLIENT_ID}", BODY), 401, WHO)
        every = await ann.post(f"/auth/sign-in?client_id={CLIENT_ID}", named, x_client_id=CLIENT_ID)
        assert_problem(every, 401, WHO)


async def test_a_client_must_be_named_once(serve: Serve) -> None:
    """None, two different ones and unknown ones are 400, whatever else is wrong."""
    async with serve() as running:
        ann = Caller(running)
        other = await running.new_client()
        assert_problem(await ann.post("/auth/sign-in", {}), 400, "client_required")
        assert_problem(await ann.post("/auth/sign-in"), 400, "client_required")
        both = await ann.post("/auth/sign-in", {"client_id": CLIENT_ID}, x_client_id=other.public_id)
        assert_problem(both, 400, "client_mismatch")
        twice = await ann.post(f"/auth/sign-in?client_id={CLIENT_ID}&client_id={CLIENT_ID}", BODY)
        assert_problem(twice, 400, "bad_request")
        assert_invalid(await ann.post("/auth/sign-in", {"client_id": 5}), "client_id", "type", received=5)


@pytest.mark.parametrize("name", ["cid_nobody", "", "x" * 500, "é", "a b\u0007", "cid_tests'--"])
async def test_an_unknown_client_is_a_bad_request(serve: Serve, name: str) -> None:
    """Never 404: the path is not to blame. Odd names never reach the database."""
    async with serve() as running:
        answer = await Caller(running).post("/auth/sign-in", {**BODY, "client_id": name})
        assert_problem(answer, 400, "client_not_found")


async def test_a_host_may_be_bound_to_a_client(serve: Serve) -> None:
    """Then nothing needs to name it; the Host selects and builds no link (security 100)."""
    async with serve() as running:
        client = await running.new_client(hosts=("auth.example.com",))
        ann = Caller(running, client.public_id)
        await ann.sign_up()

        answer = await ann.post("/auth/sign-in", BODY, host="auth.example.com:8443")
        assert answer.status_code == 200
        methods = await ann.post("/auth/login-methods", {}, host="auth.example.com")
        assert methods.json()["password"]["submit_url"] == "http://localhost:4000/auth/sign-in"
        assert_problem(await ann.post("/auth/sign-in", BODY, host="other.example.com"), 400, "client_required")
        assert_problem(await ann.post("/auth/sign-in", BODY, host="evil.com'--"), 400, "client_required")


async def test_a_host_of_one_application_takes_no_tokens_of_another(serve: Serve) -> None:
    """Security 122: what the host says and what the token says must not differ."""
    async with serve() as running:
        other = await running.other_project()
        await running.new_client(other, hosts=("auth.other.com",))
        ann = Caller(running)
        tokens = (await ann.sign_up())["tokens"]

        assert_problem(await ann.me(tokens["access_token"], host="auth.other.com"), 400, "client_mismatch")
        refused = await ann.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}, host="auth.other.com")
        assert_problem(refused, 400, "client_mismatch")


async def test_a_project_that_does_not_speak_accountmaker_has_no_clients_here(serve: Serve) -> None:
    """Security 111: the door is shut per project."""
    async with serve() as running:
        silent = await running.core.registry.create_project(NewProject("Silent", frozenset({"nhost"})))
        client = await running.new_client(silent)

        answer = await Caller(running).post("/auth/sign-up", {**BODY, "client_id": client.public_id})
        assert_problem(answer, 400, "client_not_found")


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_request"),
        (b"[]", "application/json", 400, "bad_request"),
        (b'"x"', "application/json", 400, "bad_request"),
        (b"\xff", "application/json", 400, "bad_request"),
        (b'{"email":"a\\u0000b"}', "application/json", 400, "bad_request"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "application/json", 400, "bad_request"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"email=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{" + b" " * 70_000 + b"}", "application/json", 413, "payload_too_large"),
    ],
)
async def test_broken_bodies_are_problems_of_their_own(
    serve: Serve, content: bytes, kind: str, status: int, code: str
) -> None:
    """Before anything else is looked at; never a 500 (security 109, 112)."""
    async with serve() as running:
        headers: dict[str, Any] = {"content-type": kind}
        answer = await running.client.post("/auth/sign-in", content=content, headers=headers)
        assert_problem(answer, status, code)


async def test_unknown_paths_and_methods_are_problems_too(serve: Serve) -> None:
    """Under /auth and /api alike."""
    async with serve() as running:
        for path in ("/auth/nothing", "/auth", "/api/accounts", "/auth/login"):
            assert_problem(await running.client.get(path), 404, "not_found")
        answer = await running.client.get("/auth/sign-in")
        assert_problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "OPTIONS, POST"
