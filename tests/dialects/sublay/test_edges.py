import msgspec
import pytest

from tests.dialects.sublay.speaking import GENERATIONS, PASSWORD, caller
from tests.support.serving import Serve
from vestibule.dialects.sublay.dialect import sublay
from vestibule.kernel import errors as kernel
from vestibule.kernel.errors import Refusal
from vestibule.kernel.ids import parse_uuid

BROKEN = [
    b"{",
    b"[]",
    b'"x"',
    b"[" * 5_000,
    b'{"email": "\xff"}',
    b'{"email": "a@example.com", "password": "\\u0000x"}',
    b'{"email": "a@example.com", "password": "\\ud800x"}',
]


@pytest.mark.parametrize("path", ["/v5/x", "/v7/default/nothing", "/api/v5/default/auth", "/api/v7", "/internal/x"])
async def test_unknown_paths_are_answered_in_json(serve: Serve, path: str) -> None:
    """404 in this dialect's shape for everything under its prefixes."""
    async with serve() as running:
        answer = await running.client.get(path)
        assert answer.status_code == 404
        assert answer.json() == {"error": "Not found", "code": "request/not-found"}


async def test_wrong_methods_are_answered_in_json(serve: Serve) -> None:
    """405 with Allow."""
    async with serve() as running:
        answer = await running.client.get(caller(running).base + "/auth/sign-in")
        assert answer.status_code == 405
        assert answer.json() == {"error": "Method not allowed", "code": "request/method-not-allowed"}
        assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_other_media_types_are_refused(serve: Serve, generation: str) -> None:
    """Multipart and forms are 415; nothing is guessed (security 112)."""
    async with serve() as running:
        url = caller(running, generation).base + "/auth/sign-up"
        body = {"email": "ann@example.com", "password": PASSWORD}
        for answer in (
            await running.client.post(url, data=body),
            await running.client.post(url, data=body, files={"avatarFile": b"x"}),
            await running.client.post(url, content=b"{}", headers={"content-type": "text/plain"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (415, "request/unsupported-media-type")


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_broken_bodies_are_invalid(serve: Serve, generation: str) -> None:
    """Broken JSON, depth, encoding, NUL: 400 in JSON, never a 500 (security 112)."""
    async with serve() as running:
        url = caller(running, generation).base + "/auth/sign-in"
        for content in BROKEN:
            answer = await running.client.post(url, content=content, headers={"content-type": "application/json"})
            assert (answer.status_code, answer.json()["code"]) == (400, "auth/invalid-body"), content


async def test_large_bodies_are_refused(serve: Serve) -> None:
    """64 KiB at most."""
    async with serve() as running:
        answer = await caller(running).post("/auth/sign-in", {"email": "x" * 70_000, "password": "x"})
        assert (answer.status_code, answer.json()["code"]) == (413, "request/too-large")


def test_every_refusal_has_a_form_here() -> None:
    """Nothing that the core may say is left without words."""
    kinds = [kind for kind in vars(kernel).values() if isinstance(kind, type) and issubclass(kind, Refusal)]
    assert sublay.missing_errors([kind for kind in kinds if kind is not Refusal]) == []


async def test_an_unexpected_failure_tells_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 auth/server-error; v5 and v6 carry `details`, without a word of what went wrong."""
    async with serve() as running:
        monkeypatch.setattr(type(running.core.sign_up_with_password), "__call__", None)  # as a bug would have it
        new = await caller(running).post("/auth/sign-up", {"email": "a@example.com", "password": PASSWORD})
        old = await caller(running, "/api/v6").post("/auth/sign-up", {"email": "b@example.com", "password": PASSWORD})
        assert new.status_code == old.status_code == 500
        assert new.json() == {"error": "Internal server error", "code": "auth/server-error"}
        assert old.json() == {**new.json(), "details": "unexpected failure"}


async def test_ids_are_plain_uuids(serve: Serve) -> None:
    """As these clients expect them, and lower case."""
    async with serve() as running:
        assert parse_uuid((await caller(running).sign_up())["user"]["id"]) is not None


async def test_answers_are_json(serve: Serve) -> None:
    """With the media type that clients parse."""
    async with serve() as running:
        answer = await caller(running).sign_in()
        assert answer.headers["content-type"].startswith("application/json")
        assert msgspec.json.decode(answer.content)["code"]
