from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest

from tests.dialects.nhost.speaking import (
    DISABLED,
    EMAIL,
    INVALID_TICKET,
    OK,
    SESSION_KEYS,
    Speaker,
    part,
    refused,
)
from tests.support.serving import Serve
from vestibule.storage import Statement

CLAIMS = "https://hasura.io/jwt/claims"
ON = {"email_codes_enabled": True}
WRONG = {"email": EMAIL, "otp": "no code"}
MFA = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp'")


async def ask(speaker: Speaker, **options: Any) -> str:
    """Ask for a code and return the one that was mailed."""
    answer = await speaker.post("/signin/otp/email", {"email": EMAIL, "options": options})
    assert (answer.status_code, answer.content) == (200, OK)
    return (await speaker.newest_mail())[1]


async def come(speaker: Speaker, code: str) -> dict[str, Any]:
    """Come in with a code and return the answer."""
    answer = await speaker.post("/signin/otp/email/verify", {"email": EMAIL, "otp": code})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_mailed_code_signs_in(serve: Serve) -> None:
    """2.16 and 2.17: six digits in the mail, as the ticket header of Nhost's test suites; a session for them."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        code = await ask(speaker, displayName="Ann", redirectTo="http://localhost:3000/in")
        [mail] = await running.mails()
        assert (mail.template, mail.headers["X-Redirect-To"]) == ("signin-otp", "http://localhost:3000/in")
        assert (mail.link, mail.code) == ("", code)

        session = (await come(speaker, code))["session"]

        assert list(session) == SESSION_KEYS
        assert (session["user"]["displayName"], session["user"]["emailVerified"]) == ("Ann", True)
        assert (await speaker.refresh(session["refreshToken"])).status_code == 200


async def test_signing_up_apart_from_signing_in(serve: Serve) -> None:
    """2.6: the sign-up registers; where signing in does not, both answer OK whoever is there (security 82, 83)."""
    async with serve(policy={**ON, "auto_sign_up_enabled": False}) as running:
        speaker = Speaker(running)
        for path in ("/signin/otp/email", "/signup/otp/email", "/signup/otp/email"):
            answer = await speaker.post(path, {"email": EMAIL})
            assert (answer.status_code, answer.content) == (200, OK)
        assert len(await running.mails()) == 1
        assert "session" in await come(speaker, (await speaker.newest_mail())[1])


async def test_a_second_factor_is_asked_for(serve: Serve) -> None:
    """A challenge stands in the session's place (security 88)."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        await come(speaker, await ask(speaker))
        await running.core.db.run(MFA)

        answer = await come(speaker, await ask(speaker))

        assert list(answer) == ["mfa"]
        assert answer["mfa"]["ticket"].startswith("mfaTotp:")


OTP = (400, "invalid-otp", "Invalid or expired OTP")
BURNT = (400, "otp-too-many-attempts", "Too many incorrect attempts, please request a new OTP")


@pytest.mark.parametrize(
    ("environ", "answers"),
    [
        ({}, [INVALID_TICKET] * 6),
        ({"VESTIBULE_NHOST_CODES": "2026"}, [OTP] * 4 + [BURNT] * 2),
    ],
)
async def test_wrong_codes_are_told_as_the_operator_wants(
    serve: Serve, environ: Mapping[str, str], answers: list[tuple[int, str, str]]
) -> None:
    """As of October 2025, or as the newest server, which says when a code is burnt (security 73)."""
    async with serve(environ, policy=ON) as running:
        speaker = Speaker(running)
        await ask(speaker)
        for answer in answers:
            refused(await speaker.post("/signin/otp/email/verify", WRONG), *answer)


@pytest.mark.parametrize("year", ["2025", "2026"])
async def test_nobody_is_told_apart_from_somebody(serve: Serve, year: str) -> None:
    """Guess by guess, byte for byte, whether there is a code, a user or neither (security 82)."""
    async with serve({"VESTIBULE_NHOST_CODES": year}, policy={**ON, "auto_sign_up_enabled": False}) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        told = []
        for email, is_asked in ((EMAIL, True), ("bob@example.com", True), ("cy@example.com", False)):
            if is_asked:
                await speaker.post("/signin/otp/email", {"email": email})
            guesses = [await speaker.post("/signin/otp/email/verify", {**WRONG, "email": email}) for _ in range(21)]
            told.append([(guess.status_code, guess.content) for guess in guesses])
        assert told[0] == told[1] == told[2]
        assert told[0][-1] == (429, b"")


async def test_a_code_elevates_its_owner(serve: Serve) -> None:
    """2.48 and 2.49: a session with the claim, for ten minutes at most; a sign-in code does not do (security 75)."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        session = (await come(speaker, await ask(speaker)))["session"]
        signs_in = await ask(speaker)
        access, user_id = session["accessToken"], session["user"]["id"]
        assert (await speaker.post("/elevate/otp/email", None, access)).content == OK
        _, code = await speaker.newest_mail()
        refused(await speaker.post("/elevate/otp/email/verify", {"otp": signs_in}, access), *INVALID_TICKET)

        elevated = (await speaker.post("/elevate/otp/email/verify", {"otp": code}, access)).json()["session"]

        assert part(elevated["accessToken"], 1)[CLAIMS]["x-hasura-auth-elevated"] == user_id
        assert elevated["accessTokenExpiresIn"] == 600
        refreshed = (await speaker.refresh(elevated["refreshToken"])).json()
        assert "x-hasura-auth-elevated" not in part(refreshed["accessToken"], 1)[CLAIMS]


async def test_who_is_shut_out_learns_it_by_the_right_code_only(serve: Serve) -> None:
    """Not before, and no session comes of it (security 18, 82)."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        code = await ask(speaker)
        await running.core.change_standing(running.project.id, UUID(session["user"]["id"]), "disabled", actor="test")

        refused(await speaker.post("/signin/otp/email/verify", WRONG), *INVALID_TICKET)
        refused(await speaker.post("/signin/otp/email/verify", {"email": EMAIL, "otp": code}), *DISABLED)


async def test_limits_are_those_of_the_newest_server(serve: Serve) -> None:
    """Asking is counted with the mails, guessing with what is guessed (9.1; security 73, 96)."""
    limits = {
        "AUTH_RATE_LIMIT_ENABLE": "true",
        "AUTH_RATE_LIMIT_EMAIL_BURST": "2",
        "VESTIBULE_WORKERS": "1",  # they share an amount
    }
    async with serve({**limits, "VESTIBULE_RATE_LIMITS": "true"}, policy=ON) as running:
        speaker = Speaker(running)
        for number in range(2):
            assert (await speaker.post("/signin/otp/email", {"email": f"{number}@example.com"})).status_code == 200
        assert (await speaker.post("/signup/otp/email", {"email": "3@example.com"})).status_code == 429
        statuses = [(await speaker.post("/signin/otp/email/verify", WRONG)).status_code for _ in range(11)]
        assert statuses == [401] * 8 + [429] * 3
