from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.dialects.nhost.speaking import INVALID_REQUEST, OK, SESSION_KEYS, Speaker, part, refused
from tests.support.serving import Serve

_A_MOMENT = timedelta(seconds=1)  # so that the newest text is the newest
CLAIMS = "https://hasura.io/jwt/claims"
ON = {"text_codes_enabled": True}
NUMBER = "+4915123456789"
WRONG = {"phoneNumber": NUMBER, "otp": "no code"}
CANNOT_SEND = (400, "cannot-send-sms", "Cannot send SMS, check your phone number is correct")
OTP = (400, "invalid-otp", "Invalid or expired OTP")
BURNT = (400, "otp-too-many-attempts", "Too many incorrect attempts, please request a new OTP")


async def ask(speaker: Speaker, number: str = NUMBER, **options: Any) -> str:
    """Ask for a code and return the one that was sent."""
    answer = await speaker.post("/signin/passwordless/sms", {"phoneNumber": number, "options": options})
    assert (answer.status_code, answer.content) == (200, OK), answer.text
    return (await speaker.running.texts())[0].code


async def come(speaker: Speaker, code: str, number: str = NUMBER) -> dict[str, Any]:
    """Come in with a code and return the session."""
    answer = await speaker.post("/signin/passwordless/sms/otp", {"phoneNumber": number, "otp": code})
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()["session"]
    return session


async def test_a_texted_code_signs_in(serve: Serve) -> None:
    """2.18 and 2.19: a user without an address, whose number is proven."""
    async with serve(policy={**ON, "verified_email_required": True}) as running:
        speaker = Speaker(running)
        code = await ask(speaker, "+49 151 23456789", displayName="Ann")
        [text] = await running.texts()
        assert (text.recipient, text.template) == (NUMBER, "signin-passwordless-sms")
        assert code in text.text

        session = await come(speaker, code)

        assert list(session) == SESSION_KEYS
        user = session["user"]
        assert (user["phoneNumber"], user["phoneNumberVerified"], user["displayName"]) == (NUMBER, True, "Ann")
        assert (user.get("email", "none"), user["avatarUrl"]) == ("none", "")
        assert (await speaker.get("/user", session["accessToken"])).json()["phoneNumber"] == NUMBER
        assert (await speaker.refresh(session["refreshToken"])).status_code == 200


async def test_signing_up_apart_from_signing_in(serve: Serve) -> None:
    """2.7: the sign-up registers; where signing in does not, both answer OK whoever is there (security 82, 83)."""
    async with serve(policy={**ON, "auto_sign_up_enabled": False}) as running:
        speaker = Speaker(running)
        for path in ("/signin/passwordless/sms", "/signup/passwordless/sms", "/signup/passwordless/sms"):
            answer = await speaker.post(path, {"phoneNumber": NUMBER})
            assert (answer.status_code, answer.content) == (200, OK)
        [text] = await running.texts()
        await come(speaker, text.code)


@pytest.mark.parametrize("number", ["", "no number", "0151 23456789", "+49 900 1234567", "+1"])
async def test_what_is_no_number_of_a_person_gets_no_text(serve: Serve, number: str) -> None:
    """Not even a try (security 95)."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        refused(await speaker.post("/signin/passwordless/sms", {"phoneNumber": number}), *CANNOT_SEND)
        assert not await running.texts()


@pytest.mark.parametrize(
    ("environ", "answers"),
    [
        ({}, [INVALID_REQUEST] * 6),
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
            refused(await speaker.post("/signin/passwordless/sms/otp", WRONG), *answer)


@pytest.mark.parametrize("year", ["2025", "2026"])
async def test_nobody_is_told_apart_from_somebody(serve: Serve, year: str) -> None:
    """Guess by guess, byte for byte, whether there is a code, a user or neither (security 82)."""
    async with serve({"VESTIBULE_NHOST_CODES": year}, policy=ON) as running:
        speaker = Speaker(running)
        await come(speaker, await ask(speaker))
        await ask(speaker)
        told = []
        for number in (NUMBER, "+4915223456789"):
            body = {**WRONG, "phoneNumber": number}
            guesses = [await speaker.post("/signin/passwordless/sms/otp", body) for _ in range(21)]
            told.append([(guess.status_code, guess.content) for guess in guesses])
        assert told[0] == told[1]
        assert told[0][-1] == (429, b"")


async def test_a_code_elevates_its_owner(serve: Serve) -> None:
    """2.51: a session with the claim; a sign-in code does not do (security 75)."""
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        session = await come(speaker, await ask(speaker))
        signs_in = await ask(speaker)
        access, user_id = session["accessToken"], session["user"]["id"]
        running.clock.advance(_A_MOMENT)
        assert (await speaker.post("/elevate/otp/sms", None, access)).content == OK
        code = (await running.texts())[0].code
        refused(await speaker.post("/elevate/otp/sms/verify", {"otp": signs_in}, access), *INVALID_REQUEST)

        elevated = (await speaker.post("/elevate/otp/sms/verify", {"otp": code}, access)).json()["session"]

        assert part(elevated["accessToken"], 1)[CLAIMS]["x-hasura-auth-elevated"] == user_id


async def test_a_number_changes_with_the_code_that_came_to_it(serve: Serve) -> None:
    """2.53: the other sessions end, this one stays (security 29)."""
    new = "+14165550123"
    async with serve(policy=ON) as running:
        speaker = Speaker(running)
        elsewhere = await come(speaker, await ask(speaker))
        here = await come(speaker, await ask(speaker))
        running.clock.advance(_A_MOMENT)
        access = here["accessToken"]
        body = {"newPhoneNumber": "+1 (416) 555-0123"}
        assert (await speaker.post("/user/phone-number/change", body, access)).content == OK
        text = (await running.texts())[0]
        assert text.recipient == new

        changed = await speaker.post("/user/phone-number/change/verify", {**body, "otp": text.code}, access)

        assert changed.content == OK
        assert (await speaker.get("/user", access)).json()["phoneNumber"] == new
        assert (await speaker.refresh(here["refreshToken"])).status_code == 200
        assert (await speaker.refresh(elsewhere["refreshToken"])).status_code == 401


async def test_a_number_changes_after_a_fresh_proof_where_the_project_wants_one(serve: Serve) -> None:
    """A stolen token does not carry the account away (security 89)."""
    async with serve(policy={**ON, "elevation": "required"}) as running:
        speaker = Speaker(running)
        session = await come(speaker, await ask(speaker))
        running.clock.advance(_A_MOMENT)
        body = {"newPhoneNumber": "+14165550123"}
        refusal = await speaker.post("/user/phone-number/change", body, session["accessToken"])
        assert (refusal.status_code, refusal.json()["reason"]) == (401, "elevated claim required")

        await speaker.post("/elevate/otp/sms", None, session["accessToken"])
        code = {"otp": (await running.texts())[0].code}
        elevated = await speaker.post("/elevate/otp/sms/verify", code, session["accessToken"])
        access = elevated.json()["session"]["accessToken"]
        assert (await speaker.post("/user/phone-number/change", body, access)).content == OK
