from uuid import UUID

import pytest

from tests.dialects.sublay.speaking import GENERATIONS, LEGACY, caller, other_project
from tests.support.serving import Serve


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_sign_in_answers_a_session(serve: Serve, generation: str) -> None:
    """200; the address is compared without regard to case or blanks."""
    async with serve() as running:
        ann = caller(running, generation)
        signed_up = await ann.sign_up()
        answer = await ann.sign_in(" ANN@example.com")
        body = answer.json()
        assert answer.status_code == 200
        assert list(body) == ["success", "accessToken", "refreshToken", "user"]
        assert body["user"]["id"] == signed_up["user"]["id"]
        assert body["refreshToken"] != signed_up["refreshToken"]


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_the_reasons_are_told_apart(serve: Serve, generation: str) -> None:
    """Unknown user, wrong password: clients of this API are told which."""
    async with serve() as running:
        ann = caller(running, generation)
        await ann.sign_up()
        unknown, wrong = await ann.sign_in("bob@example.com"), await ann.sign_in(password="wrong")
        assert unknown.status_code == 403
        assert unknown.json() == {"error": "User not found.", "code": "auth/no-user-found"}
        assert wrong.status_code == 401
        assert wrong.json() == {"error": "Incorrect password.", "code": "auth/wrong-password"}


async def test_missing_fields_of_sign_in(serve: Serve) -> None:
    """The text is the one that v5 and v6 clients know."""
    async with serve() as running:
        for generation in LEGACY:
            old = await caller(running, generation).post("/auth/sign-in", {"email": "ann@example.com"})
            assert old.status_code == 400
            assert old.json() == {"error": "Email, and password are required.", "code": "auth/missing-fields"}
        new = await caller(running).post("/auth/sign-in", {"email": "ann@example.com"})
        assert (new.status_code, new.json()["code"]) == (400, "auth/invalid-body")


async def test_a_suspended_user_is_told_so_only_with_the_right_password(serve: Serve) -> None:
    """The state of a user shows after the password, and no token is given (security 18)."""
    async with serve() as running:
        ann = caller(running)
        signed_up = await ann.sign_up()
        async with running.core.db.write() as tx:
            user_id = UUID(signed_up["user"]["id"])
            await running.core.users.set_status(tx, running.project.id, user_id, "disabled", actor="test")
        assert (await ann.sign_in(password="wrong")).json()["code"] == "auth/wrong-password"
        for refused in (await ann.sign_in(), await ann.refresh(signed_up["refreshToken"])):
            assert refused.status_code == 403
            assert refused.json() == {"error": "This user is suspended.", "code": "user/suspended"}


async def test_an_unverified_user_waits_where_the_project_says_so(serve: Serve) -> None:
    """403 auth/email-not-verified, after the right password only."""
    async with serve() as running:
        project = await other_project(running.core, verified_email_required=True)
        ann = caller(running, project=project)
        await ann.post("/auth/sign-up", {"email": "ann@example.com", "password": "s3cur3P@ss"})
        assert (await ann.sign_in(password="wrong")).status_code == 401
        refused = await ann.sign_in()
        assert (refused.status_code, refused.json()["code"]) == (403, "auth/email-not-verified")


async def test_guessing_ends_for_a_while(serve: Serve) -> None:
    """After thirty tries the right password is refused too, as bare text with Retry-After (security 78, 80)."""
    async with serve() as running:
        ann = caller(running)
        await ann.sign_up()
        for _ in range(30):
            assert (await ann.sign_in(password="wrong")).status_code == 401
        refused = await ann.sign_in()
        assert refused.status_code == 429
        assert refused.text == "Too many sign in attempts, please wait 5 minutes"
        assert refused.headers["content-type"] == "text/html; charset=utf-8"
        assert int(refused.headers["retry-after"]) > 0


async def test_the_same_email_in_two_projects_is_two_people(serve: Serve) -> None:
    """Users of one project do not exist in another (security 122)."""
    async with serve() as running:
        here, there = caller(running), caller(running, project=await other_project(running.core))
        ann = await here.sign_up()
        assert (await there.sign_in()).json()["code"] == "auth/no-user-found"
        assert (await there.sign_up())["user"]["id"] != ann["user"]["id"]
