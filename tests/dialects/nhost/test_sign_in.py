from datetime import timedelta

import pytest

from tests.dialects.nhost.speaking import (
    DISABLED,
    EMAIL,
    PASSWORD,
    SESSION_KEYS,
    UNVERIFIED,
    WRONG_PASSWORD,
    Speaker,
    malformed,
    refused,
)
from tests.support.serving import Running, Serve


async def _disable(running: Running, user_id: str) -> None:
    page = await running.core.users.page(running.project.id)
    found = next(user for user in page if str(user.id) == user_id)
    async with running.core.db.write() as tx:
        await running.core.users.set_status(tx, running.project.id, found.id, "disabled", actor="test")


async def test_signing_in_answers_another_session(serve: Serve) -> None:
    """Only `session` is there, and it is never an old one (security 34)."""
    async with serve() as running:
        speaker = Speaker(running)
        first = await speaker.sign_up()
        answer = await speaker.sign_in("ann@example.com")
        body = answer.json()
        assert answer.status_code == 200
        assert list(body) == ["session"]
        assert list(body["session"]) == SESSION_KEYS
        assert body["session"]["refreshTokenId"] != first["refreshTokenId"]
        assert body["session"]["user"]["email"] == EMAIL


async def test_unknown_address_and_wrong_password_look_the_same(serve: Serve) -> None:
    """Security 82: same status, same bytes, same headers."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        wrong = await speaker.sign_in(password="wrong password")
        unknown = await speaker.sign_in("nobody@example.com")
        refused(wrong, *WRONG_PASSWORD)
        refused(unknown, *WRONG_PASSWORD)
        assert {k for k in wrong.headers if k != "x-request-id"} == {k for k in unknown.headers if k != "x-request-id"}


async def test_a_users_state_shows_only_after_the_right_password(serve: Serve) -> None:
    """Disabled is told to whoever knows the password, not to guessers."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        await _disable(running, session["user"]["id"])
        refused(await speaker.sign_in(password="wrong password"), *WRONG_PASSWORD)
        refused(await speaker.sign_in(), *DISABLED)


async def test_a_disabled_user_has_no_way_in(serve: Serve) -> None:
    """Security 18: refresh, GET /user, token/verify, password change and reset are all closed."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        token = session["accessToken"]
        assert (await speaker.get("/user", token)).status_code == 200
        await _disable(running, session["user"]["id"])
        refused(await speaker.refresh(session["refreshToken"]), *DISABLED)
        refused(await speaker.get("/user", token), *DISABLED)
        refused(await speaker.post("/token/verify", {}, token), *DISABLED)
        refused(await speaker.post("/user/password", {"newPassword": "another one"}, token), *DISABLED)
        assert (await speaker.post("/user/password/reset", {"email": EMAIL})).content == b'"OK"\n'
        assert list(await running.mails()) == []


async def test_an_unverified_user_is_told_after_the_right_password(serve: Serve) -> None:
    """AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED: sign-up answers `{}`, sign-in `unverified-user`."""
    async with serve(policy={"verified_email_required": True}) as running:
        speaker = Speaker(running)
        answer = await speaker.post("/signup/email-password", {"email": EMAIL, "password": PASSWORD})
        assert (answer.status_code, answer.content) == (200, b"{}\n")
        refused(await speaker.sign_in(password="wrong password"), *WRONG_PASSWORD)
        refused(await speaker.sign_in(), *UNVERIFIED)


async def test_an_address_on_the_lists_is_kept_out(serve: Serve) -> None:
    """AUTH_ACCESS_CONTROL_*: at sign-up and at sign-in, in the words of a wrong password."""
    async with serve(policy={"blocked_email_domains": ("example.com",)}) as running:
        speaker = Speaker(running)
        refused(await speaker.post("/signup/email-password", {"email": EMAIL, "password": PASSWORD}), *WRONG_PASSWORD)


async def test_guessing_ends_in_an_empty_429(serve: Serve) -> None:
    """Security 74, 79: guesses are counted in the database even with rate limits off."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        answers = [await speaker.sign_in(password="wrong password") for _ in range(31)]
        assert [answer.status_code for answer in answers] == [401] * 30 + [429]
        assert answers[-1].content == b""
        running.clock.advance(timedelta(seconds=1))
        assert (await speaker.sign_in()).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_of_another_site_signs_nobody_in(serve: Serve, content_type: str) -> None:
    """Security 106: only JSON is read, which a browser sends across sites after a preflight only."""
    async with serve() as running:
        answer = await Speaker(running).post(
            "/signin/email-password", {"email": EMAIL}, **{"content-type": content_type}
        )
        malformed(answer, "header Content-Type has an unexpected value", "request-validation-error")


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b'{"email":"\xff"}', b"[" * 5000, b'{"email":"a\\u0000"}'])
async def test_an_unreadable_body_is_told_as_such(serve: Serve, body: bytes) -> None:
    """Security 109, 112: broken JSON, bad encodings, deep nesting and NUL end as one clear 400."""
    async with serve() as running:
        answer = await running.client.post(
            "/v1/signin/email-password", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
        assert answer.json()["error"] in {"request-validation-error", "schema-validation-error"}
        assert list(answer.json()) == ["error", "reason"]
