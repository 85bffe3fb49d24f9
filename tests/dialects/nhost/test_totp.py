import base64
import re

import pytest

from tests.dialects.nhost.factors import INVALID_TOTP, ON, somebody, with_factor
from tests.dialects.nhost.speaking import INVALID_REFRESH, INVALID_TICKET, OK, SESSION_KEYS, part, refused
from tests.support.serving import Serve

TICKET = re.compile(r"mfaTotp:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMESPACE = "https://hasura.io/jwt/claims"


async def test_generate_answers_a_secret_and_its_picture(serve: Serve) -> None:
    """52 signs of base32 and a PNG as data URI, for nobody's cache (security 36)."""
    async with serve(ON) as running:
        person = await somebody(running)
        answer = await person.generate()
        assert answer.status_code == 200
        assert list(answer.json()) == ["imageUrl", "totpSecret"]
        assert re.fullmatch("[A-Z2-7]{52}", answer.json()["totpSecret"])
        head, _, content = answer.json()["imageUrl"].partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(content).startswith(b"\x89PNG")
        assert answer.headers["cache-control"] == "no-store"
        assert (await person.generate()).json()["totpSecret"] != answer.json()["totpSecret"]


async def test_the_second_factor_from_end_to_end(serve: Serve) -> None:
    """On, asked for after the password, shown, off again; GET /user tells which it is."""
    async with serve(ON) as running:
        person = await with_factor(running)
        assert (await person.speaker.get("/user", person.token)).json()["activeMfaType"] == "totp"
        ticket = await person.ticket()
        assert TICKET.fullmatch(ticket)
        answer = await person.show(ticket, person.application.fresh())
        assert answer.status_code == 200
        assert list(answer.json()) == ["session"]
        assert list(answer.json()["session"]) == SESSION_KEYS
        assert (await person.change(person.application.fresh(), "")).content == OK
        assert (await person.speaker.get("/user", person.token)).json()["activeMfaType"] is None
        assert list((await person.speaker.sign_in()).json()) == ["session"]


async def test_no_type_means_off(serve: Serve) -> None:
    """As in the original."""
    async with serve(ON) as running:
        person = await with_factor(running)
        assert (await person.change(person.application.fresh(), None)).content == OK
        assert list((await person.speaker.sign_in()).json()) == ["session"]


async def test_a_ticket_takes_another_code_after_a_wrong_one(serve: Serve) -> None:
    """Five of them; the original's dies at the first."""
    async with serve(ON) as running:
        person = await with_factor(running)
        ticket = await person.ticket()
        for _ in range(4):
            refused(await person.show(ticket, person.application.wrong()), *INVALID_TOTP)
        assert (await person.show(ticket, person.application.fresh())).status_code == 200
        refused(await person.show(ticket, person.application.fresh()), *INVALID_TICKET)


async def test_a_code_is_good_for_one_request(serve: Serve) -> None:
    """Neither the code of the enrolment nor that of a sign-in works again, anywhere (security 76)."""
    async with serve(ON) as running:
        person = await with_factor(running)
        ticket = await person.ticket()
        refused(await person.show(ticket, person.application.shows()), *INVALID_TOTP)
        code = person.application.fresh()
        assert (await person.show(ticket, code)).status_code == 200
        refused(await person.show(await person.ticket(), code), *INVALID_TOTP)
        refused(await person.speaker.post("/elevate/totp", {"otp": code}, person.token), *INVALID_TOTP)
        refused(await person.change(code, ""), *INVALID_TOTP)


async def test_guessing_ends_in_an_empty_429(serve: Serve) -> None:
    """After ten wrong codes, wherever they were tried; the right one is not compared then (security 77)."""
    async with serve(ON) as running:
        person = await with_factor(running)
        for _ in range(5):
            wrong = {"otp": person.application.wrong()}
            refused(await person.speaker.post("/elevate/totp", wrong, person.token), *INVALID_TOTP)
        ticket = await person.ticket()
        for _ in range(5):
            refused(await person.show(ticket, person.application.wrong()), *INVALID_TOTP)
        answer = await person.show(await person.ticket(), person.application.fresh())
        assert (answer.status_code, answer.content) == (429, b"")
        assert 0 < int(answer.headers["retry-after"]) <= 900
        told = [mail for mail in await running.mails() if mail.headers.get("X-Email-Template") == "security-changed"]
        assert len(told) == 2  # that it was turned on, and that somebody guesses


async def test_turning_it_on_ends_the_other_sessions(serve: Serve) -> None:
    """Whoever came in by the password alone, comes in anew (security 29, 31); the caller's session stays."""
    async with serve(ON) as running:
        person = await somebody(running)
        elsewhere = (await person.speaker.sign_in()).json()["session"]
        secret = (await person.generate()).json()["totpSecret"]
        application = person.application.scanning(secret, running.clock)
        assert (await person.change(application.shows())).content == OK
        refused(await person.speaker.refresh(elsewhere["refreshToken"]), *INVALID_REFRESH)
        assert (await person.speaker.refresh(person.session["refreshToken"])).status_code == 200


async def test_turning_it_off_takes_elevation_away(serve: Serve) -> None:
    """The elevated session is another one than the caller's and ends; its claim never outlives ten minutes, nor a
    refresh (security 31).
    """
    async with serve(ON) as running:
        person = await with_factor(running)
        body = {"otp": person.application.fresh()}
        elevated = (await person.speaker.post("/elevate/totp", body, person.token)).json()["session"]
        payload = part(elevated["accessToken"], 1)
        assert payload["exp"] - payload["iat"] <= 600
        refreshed = (await person.speaker.refresh(elevated["refreshToken"])).json()
        assert "x-hasura-auth-elevated" not in part(refreshed["accessToken"], 1)[NAMESPACE]
        assert (await person.change(person.application.fresh(), "")).content == OK
        refused(await person.speaker.refresh(refreshed["refreshToken"]), *INVALID_REFRESH)


async def test_the_operator_may_keep_sessions(serve: Serve) -> None:
    """VESTIBULE_MFA_CHANGE_ENDS_SESSIONS=false is what the original does."""
    async with serve({**ON, "VESTIBULE_MFA_CHANGE_ENDS_SESSIONS": "false"}) as running:
        person = await somebody(running)
        elsewhere = (await person.speaker.sign_in()).json()["session"]
        secret = (await person.generate()).json()["totpSecret"]
        assert (await person.change(person.application.scanning(secret, running.clock).shows())).content == OK
        assert (await person.speaker.refresh(elsewhere["refreshToken"])).status_code == 200


async def test_elevation_is_another_session_with_the_claim(serve: Serve) -> None:
    """The caller's own session stays, without it; Hasura compares claim and user."""
    async with serve(ON) as running:
        person = await with_factor(running)
        answer = await person.speaker.post("/elevate/totp", {"otp": person.application.fresh()}, person.token)
        assert answer.status_code == 200
        assert list(answer.json()) == ["session"]
        session = answer.json()["session"]
        claims = part(session["accessToken"], 1)[NAMESPACE]
        assert claims["x-hasura-auth-elevated"] == claims["x-hasura-user-id"] == person.session["user"]["id"]
        assert session["refreshTokenId"] != person.session["refreshTokenId"]
        assert (await person.speaker.refresh(person.session["refreshToken"])).status_code == 200


@pytest.mark.parametrize("mode", ["recommended", "required"])
async def test_another_secret_takes_elevation_where_the_operator_wants_it(serve: Serve, mode: str) -> None:
    """Whoever has no proof yet may add the first; after that a fresh one is asked for (security 89)."""
    async with serve({**ON, "AUTH_REQUIRE_ELEVATED_CLAIM": mode}) as running:
        person = await with_factor(running)  # the first one: nothing to elevate with
        answer = await person.generate()
        assert answer.status_code == 401
        assert answer.json() == {
            "error": "unauthorized",
            "reason": "elevated claim required",
            "securityScheme": "BearerAuthElevated",
        }
        body = {"otp": person.application.fresh()}
        person.session = (await person.speaker.post("/elevate/totp", body, person.token)).json()["session"]
        assert (await person.generate()).status_code == 200
