from typing import Any

import pytest

from tests.dialects.sublay.speaking import GENERATIONS, LEGACY, PASSWORD, caller, claims, other_project
from tests.support.serving import Serve
from vestibule.dialects.sublay.dialect import sublay

USER_FIELDS = {
    "id",
    "projectId",
    "foreignId",
    "role",
    "email",
    "name",
    "username",
    "avatar",
    "avatarFileId",
    "bannerFileId",
    "avatarFile",
    "bannerFile",
    "bio",
    "birthdate",
    "location",
    "metadata",
    "reputation",
    "isVerified",
    "isActive",
    "lastActive",
    "suspensions",
    "authMethods",
    "createdAt",
    "updatedAt",
}
WRONG: list[dict[str, Any]] = [
    {"email": 1},
    {"email": "not an address"},
    {"password": ["x"]},
    {"password": "x"},
    {"password": "x" * 1025},
    {"name": "nul\0"},
    {"name": {}},
    {"username": "x" * 256},
    {"avatar": "x" * 2049},
    {"bio": "x" * 301},
    {"birthdate": "the first of May"},
    {"birthdate": "0001-01-01T00:00:00+14:00"},
    {"location": {"latitude": 91, "longitude": 0}},
    {"location": {"latitude": 1}},
    {"location": "Berlin"},
    {"metadata": []},
    {"metadata": {"x": "y" * 10_240}},
    {"secureMetadata": {"x": "y" * 10_240}},
]
MISSING: list[Any] = [{}, {"email": "a@example.com"}, {"email": "", "password": ""}, {"email": None}, None]


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_sign_up_answers_a_session_and_the_whole_user(serve: Serve, generation: str) -> None:
    """201 with both tokens and every documented field of the user, in every generation."""
    async with serve() as running:
        answer = await caller(running, generation).post(
            "/auth/sign-up",
            {
                "email": " Ann@Example.com ",
                "password": PASSWORD,
                "name": " Ann ",
                "username": " AnnB ",
                "avatar": "https://example.com/a.png",
                "bio": " hi ",
                "location": {"latitude": 52.5, "longitude": 13},
                "birthdate": "1990-05-01",
                "metadata": {"plan": "free"},
                "secureMetadata": {"score": 7},
                "projectId": "extra keys are ignored",
            },
        )
        body = answer.json()
        assert answer.status_code == 201
        assert list(body) == ["success", "accessToken", "refreshToken", "user"]
        assert body["success"] is True
        user = body["user"]
        assert set(user) == USER_FIELDS
        expected = {
            "projectId": running.project.public_id,
            "foreignId": None,
            "role": "visitor",
            "email": "ann@example.com",
            "name": "Ann",
            "username": "annb",
            "avatar": "https://example.com/a.png",
            "bio": "hi",
            "location": {"type": "Point", "coordinates": [13.0, 52.5]},
            "birthdate": "1990-05-01T00:00:00.000Z",
            "metadata": {"plan": "free"},
            "reputation": 0,
            "isVerified": False,
            "isActive": True,
            "suspensions": [],
            "authMethods": ["password"],
        }
        assert {name: user[name] for name in expected} == expected
        assert claims(body["accessToken"])["sub"] == claims(body["refreshToken"])["sub"] == user["id"]
        assert user["createdAt"].endswith("Z")
        assert len(user["createdAt"]) == len("2026-01-01T00:00:00.000Z")


async def test_absent_texts_are_null(serve: Serve) -> None:
    """What was not told, or was blank, is null; metadata is an empty object."""
    async with serve() as running:
        user = (await caller(running).sign_up(name="  ", username="", bio=None, metadata=None, avatar=""))["user"]
        assert [user[name] for name in ("name", "username", "bio", "avatar", "location", "birthdate")] == [None] * 6
        assert user["metadata"] == {}


async def test_secure_metadata_is_never_answered(serve: Serve) -> None:
    """Backend metadata shows in no answer of any endpoint."""
    async with serve() as running:
        ann = caller(running)
        signed_up = await ann.sign_up(secureMetadata={"canary": "c4n4ry"})
        signed_in = await ann.sign_in()
        refreshed = await ann.refresh(signed_up["refreshToken"])
        assert signed_in.status_code == refreshed.status_code == 200
        assert "c4n4ry" not in f"{signed_up}{signed_in.text}{refreshed.text}"


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_a_taken_email_or_username_is_a_conflict(serve: Serve, generation: str) -> None:
    """409 with the field, the email before the username, in every generation."""
    async with serve() as running:
        ann = caller(running, generation)
        await ann.sign_up(username="ann")
        both = {"email": "ANN@example.com", "password": PASSWORD, "username": "Ann"}
        same_email = await ann.post("/auth/sign-up", both)
        same_name = await ann.post("/auth/sign-up", {**both, "email": "bob@example.com"})
        assert (same_email.status_code, same_name.status_code) == (409, 409)
        assert same_email.json() == {"error": "Email already in use", "code": "DUPLICATE_EMAIL", "field": "email"}
        assert same_name.json() == {
            "error": "Username already taken",
            "code": "DUPLICATE_USERNAME",
            "field": "username",
        }


async def test_missing_fields_in_each_generations_words(serve: Serve) -> None:
    """v5 and v6 say auth/missing-fields to whatever is absent, null or empty; v7 says auth/invalid-body."""
    async with serve() as running:
        for body in MISSING:
            for generation in LEGACY:
                old = await caller(running, generation).post("/auth/sign-up", body)
                assert old.status_code == 400
                assert old.json() == {"error": "Missing required fields", "code": "auth/missing-fields"}
            new = await caller(running).post("/auth/sign-up", body)
            assert (new.status_code, new.json()["code"]) == (400, "auth/invalid-body")


async def test_wrong_fields_are_refused_everywhere(serve: Serve) -> None:
    """Anything ill-formed is 400 auth/invalid-body, never a 500 (security 112)."""
    async with serve() as running:
        for generation in GENERATIONS:
            for wrong in WRONG:
                body = {"email": "ann@example.com", "password": PASSWORD, **wrong}
                answer = await caller(running, generation).post("/auth/sign-up", body)
                assert (answer.status_code, answer.json()["code"]) == (400, "auth/invalid-body"), (generation, wrong)


async def test_oversized_metadata_is_explained_to_old_clients(serve: Serve) -> None:
    """v5 and v6 clients log `details`."""
    async with serve() as running:
        big = {"email": "ann@example.com", "password": PASSWORD, "metadata": {"x": "y" * 10_240}}
        old = await caller(running, "/api/v6").post("/auth/sign-up", big)
        assert old.json()["details"] == "Metadata exceeds the size limit of 10240 bytes."
        assert "details" not in (await caller(running).post("/auth/sign-up", big)).json()


async def test_the_projects_policy_holds_here_too(serve: Serve) -> None:
    """Closed sign-up, blocked addresses, unverified and new-but-disabled users, each with a code of its own."""
    async with serve() as running:
        cases: list[tuple[dict[str, Any], str]] = [
            ({"sign_up_enabled": False}, "auth/sign-up-disabled"),
            ({"blocked_email_domains": ["example.com"]}, "auth/email-not-allowed"),
            ({"verified_email_required": True}, "auth/email-not-verified"),
            ({"new_users_disabled": True}, "user/suspended"),
        ]
        for settings, code in cases:
            project = await other_project(running.core, **settings)
            body = {"email": "ann@example.com", "password": PASSWORD}
            answer = await caller(running, project=project).post("/auth/sign-up", body)
            assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_every_generation_has_every_endpoint() -> None:
    """The six bases serve the same five endpoints."""
    declared = {(base, endpoint.path) for endpoint in sublay.endpoints for base in endpoint.bases or ()}
    paths = ("sign-up", "sign-in", "sign-out", "request-new-access-token", "change-password")
    for base in ("/api/v5", "/api/v6", "/api/v7", "/v7", "/v8"):
        assert all((base + "/{project}", "/auth/" + path) in declared for path in paths)
