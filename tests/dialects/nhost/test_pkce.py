from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.dialects.nhost.speaking import (
    EMAIL,
    INVALID_REQUEST,
    OK,
    PASSWORD,
    SESSION_KEYS,
    Speaker,
    refused,
)
from tests.dialects.nhost.test_passwordless import brought
from tests.support.linking import CHALLENGE, VERIFIER
from tests.support.serving import Running, Serve
from vestibule.core.links import LinkWish
from vestibule.core.projects import Visit
from vestibule.dialects.nhost import NhostSettings
from vestibule.dialects.nhost.links import letter_form
from vestibule.storage import Statement

VERIFIED_FIRST = {"verified_email_required": True, "sign_in_links_enabled": True}
LINKS = {"sign_in_links_enabled": True}
DUE_SECOND_FACTOR = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp'")


async def _sign_up(speaker: Speaker, body: dict[str, Any]) -> None:
    answer = await speaker.post("/signup/email-password", {"email": EMAIL, "password": PASSWORD, **body})
    assert answer.status_code == 200, answer.text


async def _ask(speaker: Speaker, way: str, challenge: dict[str, str]) -> None:
    """Ask for the mail of this way, as somebody for whom it is sent."""
    if way == "/signup/email-password":
        await _sign_up(speaker, challenge)
        return
    token = None
    body: dict[str, Any] = {"email": EMAIL}
    if way == "/user/email/send-verification-email":
        await _sign_up(speaker, challenge)
    elif way in {"/user/email/change", "/user/password/reset"}:
        await _sign_up(speaker, challenge)
        followed = brought(await speaker.follow((await speaker.newest_mail())[0]))
        token = await _access(speaker, followed)
        body = {"newEmail": "new@example.com"} if way == "/user/email/change" else body
    answer = await speaker.post(way, {**body, **challenge}, token)
    assert answer.content == OK, answer.text


async def _access(speaker: Speaker, followed: dict[str, str]) -> str:
    if "code" in followed:
        body = {"code": followed["code"], "codeVerifier": VERIFIER}
        return str((await speaker.post("/token/exchange", body)).json()["session"]["accessToken"])
    return str((await speaker.refresh(followed["refreshToken"])).json()["accessToken"])


# Every way to have a link mailed, and the type that its redirect names.
WAYS = {
    "/signup/email-password": "verifyEmail",
    "/signin/passwordless/email": "passwordlessEmail",
    "/signup/passwordless/email": "passwordlessEmail",
    "/user/email/send-verification-email": "verifyEmail",
    "/user/email/change": "emailConfirmChange",
    "/user/password/reset": "passwordReset",
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_link_that_was_asked_with_a_challenge_brings_a_code(serve: Serve, way: str) -> None:
    """And the code, with its verifier, the session: to nobody else (security 99)."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        await _ask(speaker, way, {"codeChallenge": CHALLENGE})
        link, _ = await speaker.newest_mail()
        assert next(iter(parse_qs(urlsplit(link).query).items())) == ("codeChallenge", [CHALLENGE])

        followed = brought(await speaker.follow(link))

        assert followed.keys() == {"code", "type"}
        assert (len(followed["code"]), followed["type"]) == (43, WAYS[way])
        answer = await speaker.post("/token/exchange", {"code": followed["code"], "codeVerifier": VERIFIER})
        assert answer.status_code == 200
        assert list(answer.json()) == ["session"]
        assert list(answer.json()["session"]) == SESSION_KEYS
        assert answer.json()["session"]["user"]["emailVerified"] is True


async def _code(running: Running) -> str:
    speaker = Speaker(running)
    await speaker.post("/signin/passwordless/email", {"email": EMAIL, "codeChallenge": CHALLENGE})
    return brought(await speaker.follow((await speaker.newest_mail())[0]))["code"]


async def test_a_code_works_once_and_with_its_verifier_only(serve: Serve) -> None:
    """One answer for every reason (security 46)."""
    async with serve(policy=LINKS) as running:
        speaker = Speaker(running)
        code = await _code(running)
        for wrong in (
            {"code": code, "codeVerifier": "x" * 43},
            {"code": code[:-1], "codeVerifier": VERIFIER},
            {"code": "", "codeVerifier": VERIFIER},
            {"code": "ä" * 43, "codeVerifier": VERIFIER},
            {"code": code.swapcase(), "codeVerifier": VERIFIER},
        ):
            refused(await speaker.post("/token/exchange", wrong), *INVALID_REQUEST)
        right = {"code": code, "codeVerifier": VERIFIER}
        assert (await speaker.post("/token/exchange", right)).status_code == 200
        refused(await speaker.post("/token/exchange", right), *INVALID_REQUEST)


async def test_a_code_dies_after_five_minutes(serve: Serve) -> None:
    """Security 127."""
    async with serve(policy=LINKS) as running:
        code = await _code(running)
        running.clock.advance(timedelta(minutes=5))
        answer = await Speaker(running).post("/token/exchange", {"code": code, "codeVerifier": VERIFIER})
        refused(answer, *INVALID_REQUEST)


async def test_the_second_factor_is_asked_for_at_the_exchange(serve: Serve) -> None:
    """With the challenge that every sign-in answers (security 88)."""
    async with serve(policy=LINKS) as running:
        await _code(running)
        await running.core.db.run(DUE_SECOND_FACTOR)
        code = await _code(running)
        answer = await Speaker(running).post("/token/exchange", {"code": code, "codeVerifier": VERIFIER})
        assert list(answer.json()) == ["mfa"]
        assert answer.json()["mfa"]["ticket"].startswith("mfaTotp:")


async def test_a_link_that_was_tampered_with_hands_out_nothing(serve: Serve) -> None:
    """Without the challenge it still brings a code; with another one an error, and stays good (security 99)."""
    async with serve(policy=LINKS) as running:
        speaker = Speaker(running)
        await speaker.post("/signin/passwordless/email", {"email": EMAIL, "codeChallenge": CHALLENGE})
        link, ticket = await speaker.newest_mail()
        other = await speaker.follow(link.replace(CHALLENGE, "x" * 43))
        assert brought(other)["error"] == "invalid-request"
        dropped = await speaker.get(f"/verify?ticket={ticket}&redirectTo=http://localhost:3000")
        assert brought(dropped).keys() == {"code", "type"}


@pytest.mark.parametrize("challenge", ["", "short", "x" * 44, "+" * 43])
async def test_a_challenge_out_of_shape_is_told_at_the_target(serve: Serve, challenge: str) -> None:
    """As the newest server does, before the ticket is looked at."""
    async with serve(policy=LINKS) as running:
        speaker = Speaker(running)
        await speaker.post("/signin/passwordless/email", {"email": EMAIL})
        link, _ = await speaker.newest_mail()
        followed = brought(await speaker.follow(f"{link}&codeChallenge={challenge}"))
        assert followed == {"error": "invalid-request", "errorDescription": "The request payload is incorrect"}
        assert "refreshToken" in brought(await speaker.follow(link))


@pytest.mark.parametrize("way", WAYS)
async def test_one_setting_makes_it_the_only_way(serve: Serve, way: str) -> None:
    """No mail without a challenge, so that no redirect ever carries a refresh token (security 37)."""
    async with serve({"VESTIBULE_NHOST_PKCE_ONLY": "true"}, policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        token = None
        if way == "/user/email/change":
            await _sign_up(speaker, {"codeChallenge": CHALLENGE})
            token = await _access(speaker, brought(await speaker.follow((await speaker.newest_mail())[0])))
        body = {"newEmail": "new@example.com"} if token else {"email": EMAIL}
        password = {"password": PASSWORD} if way == "/signup/email-password" else {}
        before = len(await running.mails())
        refused(await speaker.post(way, {**body, **password}, token), *INVALID_REQUEST)
        assert len(await running.mails()) == before


async def test_a_link_from_before_the_setting_leads_nowhere(serve: Serve) -> None:
    """Unless the application adds a challenge of its own (security 37)."""
    async with serve({"VESTIBULE_NHOST_PKCE_ONLY": "true"}, policy=LINKS) as running:
        before = NhostSettings(server_url="http://localhost:4000/v1")
        letter = letter_form(before, running.project, "passwordlessEmail", "http://localhost:3000")
        visit = Visit(running.project, "nhost", "192.0.2.1", "req-1")
        await running.core.request_sign_in_link(visit, LinkWish(email=EMAIL, letter=letter))
        speaker = Speaker(running)
        link, _ = await speaker.newest_mail()
        assert brought(await speaker.follow(link))["error"] == "invalid-request"
        assert brought(await speaker.follow(f"{link}&codeChallenge={CHALLENGE}")).keys() == {"code", "type"}


async def test_where_no_mail_is_sent_no_challenge_is_asked_for(serve: Serve) -> None:
    """A sign-up that answers its session has no link to protect."""
    async with serve({"VESTIBULE_NHOST_PKCE_ONLY": "true"}) as running:
        assert (await Speaker(running).sign_up())["user"]["email"] == EMAIL
