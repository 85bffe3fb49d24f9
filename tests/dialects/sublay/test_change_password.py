import pytest

from tests.dialects.sublay.speaking import GENERATIONS, LEGACY, PASSWORD, caller, key_headers, other_project
from tests.support.serving import Running, Serve
from vestibule.storage import Statement

FORGET_PASSWORDS = Statement(None, "UPDATE vestibule_credentials SET password_hash = NULL")
CHANGE = {"password": PASSWORD, "newPassword": "n3w-P@ss"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_a_user_changes_their_password(serve: Serve, generation: str) -> None:
    """200; the new one works, the old one does not."""
    async with serve() as running:
        ann = caller(running, generation)
        token = (await ann.sign_up())["accessToken"]
        answer = await ann.post("/auth/change-password", {**CHANGE, "projectId": "extra"}, **bearer(token))
        assert answer.status_code == 200
        assert answer.json() == {"success": True, "message": "Password updated successfully."}
        assert (await ann.sign_in()).status_code == 401
        assert (await ann.sign_in(password="n3w-P@ss")).status_code == 200


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_other_sessions_end_and_the_callers_own_stays(serve: Serve, generation: str) -> None:
    """Whoever knew the old password is out; the caller need not sign in again (security 29)."""
    async with serve() as running:
        ann = caller(running, generation)
        thief = (await ann.sign_up())["refreshToken"]
        own = (await ann.sign_in()).json()
        await ann.post("/auth/change-password", CHANGE, **bearer(own["accessToken"]))
        assert (await ann.refresh(thief)).json()["code"] == "auth/refresh-token-mismatch"
        assert (await ann.refresh(own["refreshToken"])).status_code == 200


async def test_a_backend_changes_a_users_password_with_the_current_one(serve: Serve) -> None:
    """The service key names the user; the password is proven all the same, and every session ends."""
    async with serve() as running:
        ann = caller(running)
        signed_up = await ann.sign_up()
        backend = await key_headers(running.core, running.project)
        change = {**CHANGE, "userId": signed_up["user"]["id"]}
        wrong = await ann.post("/auth/change-password", {**change, "password": "wrong"}, **backend)
        assert wrong.status_code == 401
        assert (await ann.post("/auth/change-password", change, **backend)).status_code == 200
        assert (await ann.refresh(signed_up["refreshToken"])).status_code == 403
        assert (await ann.sign_in(password="n3w-P@ss")).status_code == 200


async def test_a_backend_must_name_a_user_of_its_project(serve: Serve) -> None:
    """Nobody, rubbish and a user of another project are all 403 auth/no-user-found (security 122)."""
    async with serve() as running:
        ann = caller(running)
        backend = await key_headers(running.core, running.project)
        stranger = await caller(running, project=await other_project(running.core)).sign_up()
        for user_id in (None, "", "rubbish", stranger["user"]["id"]):
            answer = await ann.post("/auth/change-password", {**CHANGE, "userId": user_id}, **backend)
            assert answer.status_code == 403
            assert answer.json() == {"error": "User not found.", "code": "auth/no-user-found"}


async def test_a_users_body_cannot_name_somebody_else(serve: Serve) -> None:
    """`userId` is ignored for end users: the token says who they are (security 20)."""
    async with serve() as running:
        ann = caller(running)
        victim = await ann.sign_up("victim@example.com")
        thief = await ann.sign_up("thief@example.com")
        change = {**CHANGE, "userId": victim["user"]["id"]}
        assert (await ann.post("/auth/change-password", change, **bearer(thief["accessToken"]))).status_code == 200
        assert (await ann.sign_in("victim@example.com")).status_code == 200
        assert (await ann.sign_in("thief@example.com")).status_code == 401


async def test_the_new_password_must_differ_since_v7(serve: Serve) -> None:
    """v5 and v6 never checked."""
    async with serve() as running:
        same = {"password": PASSWORD, "newPassword": PASSWORD}
        for generation in GENERATIONS:
            ann = caller(running, generation)
            token = (await ann.sign_up(f"{generation[-1]}@example.com"))["accessToken"]
            answer = await ann.post("/auth/change-password", same, **bearer(token))
            assert answer.status_code == (200 if generation in LEGACY else 400)
            assert generation in LEGACY or answer.json()["code"] == "auth/invalid-body"


async def test_missing_passwords_are_told_after_the_guard(serve: Serve) -> None:
    """Without a token 401 comes first; with one the generation's words."""
    async with serve() as running:
        for generation in GENERATIONS:
            ann = caller(running, generation)
            assert (await ann.post("/auth/change-password", {})).status_code == 401
            token = (await ann.sign_up(f"{generation[-1]}@example.com"))["accessToken"]
            answer = await ann.post("/auth/change-password", {"password": PASSWORD}, **bearer(token))
            assert answer.status_code == 400
            if generation in LEGACY:
                assert answer.json() == {
                    "error": "Email, password, and a new password are all required.",
                    "code": "auth/missing-fields",
                }
            else:
                assert answer.json()["code"] == "auth/invalid-body"


async def test_a_user_without_a_password_is_told_so(serve: Serve) -> None:
    """400 here, while sign-in says 403 auth/invalid-credentials."""
    async with serve() as running:
        ann = caller(running)
        token = (await ann.sign_up())["accessToken"]
        await forget_password(running)
        answer = await ann.post("/auth/change-password", CHANGE, **bearer(token))
        assert answer.status_code == 400
        assert answer.json() == {
            "error": "User is not authenticated with email and password.",
            "code": "auth/not-password-authenticated",
        }
        refused = await ann.sign_in()
        assert refused.status_code == 403
        assert refused.json() == {"error": "Invalid credentials.", "code": "auth/invalid-credentials"}


async def forget_password(running: Running) -> None:
    await running.core.db.run(FORGET_PASSWORDS)
