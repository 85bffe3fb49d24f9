import asyncio
from datetime import timedelta

import pytest

from tests.dialects.sublay.speaking import GENERATIONS, LEGACY, caller, claims, other_project
from tests.support.serving import Serve

GRACE = timedelta(seconds=30)


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_no_token_means_nobody_and_no_error(serve: Serve, generation: str) -> None:
    """200 with two nulls and nothing else: clients ask at every start."""
    async with serve() as running:
        for body in (None, {}, {"refreshToken": None}, {"refreshToken": ""}):
            answer = await caller(running, generation).post("/auth/request-new-access-token", body)
            assert answer.status_code == 200
            assert answer.json() == {"user": None, "accessToken": None}


@pytest.mark.parametrize("generation", LEGACY)
async def test_old_generations_never_rotate(serve: Serve, generation: str) -> None:
    """The same token works again and again, and no new one is answered."""
    async with serve() as running:
        ann = caller(running, generation)
        signed_up = await ann.sign_up()
        for _ in range(3):
            running.clock.advance(timedelta(hours=1))
            answer = await ann.refresh(signed_up["refreshToken"])
            assert answer.status_code == 200
            assert list(answer.json()) == ["success", "accessToken", "user"]
        running.clock.advance(timedelta(days=30))
        assert (await ann.refresh(signed_up["refreshToken"])).json()["code"] == "auth/refresh-token-invalid"


async def test_v7_rotates_at_each_use(serve: Serve) -> None:
    """Every answer carries the next token, with thirty fresh days; the user is the `sub` of it."""
    async with serve() as running:
        ann = caller(running)
        signed_up = await ann.sign_up()
        running.clock.advance(timedelta(days=20))
        answer = (await ann.refresh(signed_up["refreshToken"])).json()
        assert list(answer) == ["success", "accessToken", "refreshToken", "user"]
        assert answer["refreshToken"] != signed_up["refreshToken"]
        running.clock.advance(timedelta(days=20))
        again = (await ann.refresh(answer["refreshToken"])).json()
        told = claims(again["refreshToken"])
        assert told["exp"] - told["iat"] == 30 * 24 * 3600
        assert told["sub"] == again["user"]["id"]


async def test_racing_tabs_get_the_same_successor(serve: Serve) -> None:
    """Twenty simultaneous refreshes of one token leave one live token, the same text for all (security 21, 26)."""
    async with serve() as running:
        ann = caller(running)
        token = (await ann.sign_up())["refreshToken"]
        answers = await asyncio.gather(*(ann.refresh(token) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        successors = {answer.json()["refreshToken"] for answer in answers}
        assert len(successors) == 1
        assert (await ann.refresh(successors.pop())).status_code == 200


async def test_an_older_token_within_the_grace_answers_the_current_one(serve: Serve) -> None:
    """Also several steps back, and byte for byte the token that its owner has (security 22, 24)."""
    async with serve() as running:
        ann = caller(running)
        first = (await ann.sign_up())["refreshToken"]
        second = (await ann.refresh(first)).json()["refreshToken"]
        running.clock.advance(timedelta(seconds=2))
        third = (await ann.refresh(second)).json()["refreshToken"]
        running.clock.advance(timedelta(seconds=2))
        assert (await ann.refresh(first)).json()["refreshToken"] == third
        assert (await ann.refresh(second)).json()["refreshToken"] == third


async def test_reuse_after_the_grace_ends_the_family(serve: Serve) -> None:
    """401 auth/token-reuse-detected once, and the thief's and the owner's tokens are both dead (security 23)."""
    async with serve() as running:
        ann = caller(running)
        first = (await ann.sign_up())["refreshToken"]
        second = (await ann.refresh(first)).json()["refreshToken"]
        other_device = (await ann.sign_in()).json()["refreshToken"]
        running.clock.advance(GRACE)
        reused = await ann.refresh(first)
        assert reused.status_code == 401
        assert reused.json() == {
            "error": "Token reuse detected. All sessions in this family have been revoked.",
            "code": "auth/token-reuse-detected",
        }
        for dead in (first, second):
            gone = await ann.refresh(dead)
            assert gone.status_code == 403
            assert gone.json() == {"error": "Refresh token not recognized.", "code": "auth/refresh-token-mismatch"}
        assert (await ann.refresh(other_device)).status_code == 200


async def test_a_v7_session_is_refused_by_older_generations(serve: Serve) -> None:
    """They could not hand on the next token, so the session would be lost to its owner; it stays alive at v7."""
    async with serve() as running:
        token = (await caller(running).sign_up())["refreshToken"]
        for generation in LEGACY:
            refused = await caller(running, generation).refresh(token)
            assert (refused.status_code, refused.json()["code"]) == (403, "auth/refresh-token-mismatch")
        assert (await caller(running).refresh(token)).status_code == 200


async def test_an_older_session_goes_on_at_v7_unchanged(serve: Serve) -> None:
    """v7 answers the very token that was sent, since it never changes."""
    async with serve() as running:
        token = (await caller(running, "/api/v6").sign_up())["refreshToken"]
        running.clock.advance(timedelta(days=1))
        assert (await caller(running).refresh(token)).json()["refreshToken"] == token
        assert (await caller(running, "/api/v5").refresh(token)).status_code == 200


async def test_malformed_and_expired_tokens_in_each_generations_words(serve: Serve) -> None:
    """403 with the generation's code; v5 and v6 add details."""
    async with serve() as running:
        for generation in GENERATIONS:
            ann = caller(running, generation)
            token = (await ann.sign_up(f"{generation[-1]}@example.com"))["refreshToken"]
            head, body, signature = token.split(".")
            access = (await ann.refresh(token)).json()["accessToken"]
            for bad in ("x", "a.b.c", f"{head}.{body}.{signature[::-1]}", f"{head}.{body}.", access, "vsk_" + "A" * 43):
                answer = await ann.refresh(bad)
                assert answer.status_code == 403, bad
                if generation in LEGACY:
                    assert set(answer.json()) == {"error", "code", "details"}
                    assert answer.json()["code"] == "auth/refresh-token-invalid"
                else:
                    assert answer.json() == {
                        "error": "Refresh token is expired or malformed.",
                        "code": "auth/refresh-token-malformed",
                    }


async def test_a_token_of_another_project_is_refused(serve: Serve) -> None:
    """Each generation says so in its own words, and the session stays as it was (security 122)."""
    async with serve() as running:
        other = await other_project(running.core)
        new, old = caller(running), caller(running, "/api/v6")
        token, old_token = (await new.sign_up("a@example.com"))["refreshToken"], (await old.sign_up())["refreshToken"]
        refused = await caller(running, project=other).refresh(token)
        assert refused.status_code == 403
        assert refused.json() == {
            "error": "Refresh token does not match this project.",
            "code": "auth/refresh-token-project-mismatch",
        }
        refused = await caller(running, "/api/v6", other).refresh(old_token)
        assert refused.status_code == 403
        assert refused.json() == {"error": "Invalid refresh token.", "code": "auth/invalid-refresh-token"}
        assert (await new.refresh(token)).status_code == (await old.refresh(old_token)).status_code == 200


async def test_a_deleted_users_token_is_not_recognised(serve: Serve) -> None:
    """Sessions go with their user (security 17)."""
    async with serve() as running:
        ann = caller(running)
        signed_up = await ann.sign_up()
        page = await running.core.users.page(running.project.id)
        await running.core.users.delete(running.project.id, page[0].id, actor="test")
        gone = await ann.refresh(signed_up["refreshToken"])
        assert (gone.status_code, gone.json()["code"]) == (403, "auth/refresh-token-mismatch")


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_wrong_types_are_invalid_bodies(serve: Serve, generation: str) -> None:
    """A token that is no text is 400 auth/invalid-body."""
    async with serve() as running:
        answer = await caller(running, generation).post("/auth/request-new-access-token", {"refreshToken": 7})
        assert (answer.status_code, answer.json()["code"]) == (400, "auth/invalid-body")
