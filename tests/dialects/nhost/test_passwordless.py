from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
import pytest

from tests.dialects.nhost.speaking import EMAIL, OK, PASSWORD, WRONG_PASSWORD, Speaker, malformed, refused
from tests.support.serving import Serve
from vestibule.storage import Statement

LINKS = {"sign_in_links_enabled": True}
SIGN_IN = "/signin/passwordless/email"
SIGN_UP = "/signup/passwordless/email"
DUE_SECOND_FACTOR = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp'")


def brought(followed: httpx2.Response) -> dict[str, str]:
    """Return the parameters that a redirect carries."""
    assert (followed.status_code, followed.content) == (302, b""), followed.text
    return {name: values[0] for name, values in parse_qs(urlsplit(followed.headers["location"]).query).items()}


@pytest.mark.parametrize("path", [SIGN_IN, SIGN_UP])
async def test_a_link_registers_and_signs_in(serve: Serve, path: str) -> None:
    """From the question to the session; with the options of a sign-up, the address proven."""
    async with serve(policy={**LINKS, "verified_email_required": True}) as running:
        speaker = Speaker(running)
        options = {"displayName": "Ann", "locale": "en", "redirectTo": "http://localhost:3000/in?y=1"}
        asked = await speaker.post(path, {"email": EMAIL, "options": options})
        assert (asked.status_code, asked.content) == (200, OK)
        link, ticket = await speaker.newest_mail()
        assert ticket.startswith("passwordlessEmail:")
        assert parse_qs(urlsplit(link).query)["type"] == ["signinPasswordless"]

        followed = await speaker.follow(link)

        parameters = brought(followed)
        assert followed.headers["location"].startswith("http://localhost:3000/in?refreshToken=")
        assert (parameters["type"], parameters["y"]) == ("passwordlessEmail", "1")
        session = (await speaker.refresh(parameters["refreshToken"])).json()
        assert (session["user"]["email"], session["user"]["displayName"]) == (EMAIL, "Ann")
        assert session["user"]["emailVerified"] is True


async def test_the_mail_has_a_code_as_well(serve: Serve) -> None:
    """Six digits in plain sight, for who reads mail elsewhere (security 99)."""
    async with serve(policy=LINKS) as running:
        speaker = Speaker(running)
        await speaker.post(SIGN_IN, {"email": EMAIL})
        mail = (await running.mails())[0]
        assert (mail.template, mail.recipient) == ("signin-passwordless", EMAIL)
        assert mail.code.isdigit()
        assert mail.code in mail.text
        assert mail.code in mail.html


async def test_signing_up_tells_nobody_who_is_registered(serve: Serve) -> None:
    """One answer, and a mail only to who is new (security 83)."""
    async with serve(policy=LINKS) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        for email, mails in ((EMAIL, 0), ("bob@example.com", 1)):
            answer = await speaker.post(SIGN_UP, {"email": email})
            assert (answer.status_code, answer.content) == (200, OK)
            assert len(await running.mails()) == mails


async def test_where_signing_up_is_apart_signing_in_tells_nobody_either(serve: Serve) -> None:
    """AUTH_DISABLE_AUTO_SIGNUP: known, unknown and disabled addresses get one answer (security 82)."""
    environ = {"AUTH_EMAIL_PASSWORDLESS_ENABLED": "true", "AUTH_DISABLE_AUTO_SIGNUP": "true"}
    async with serve(environ) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        away = await speaker.sign_up("away@example.com")
        await running.core.change_standing(running.project.id, UUID(away["user"]["id"]), "disabled", actor="test")
        for email in (EMAIL, "away@example.com", "nobody@example.com"):
            answer = await speaker.post(SIGN_IN, {"email": email})
            assert (answer.status_code, answer.content) == (200, OK)
        assert [mail.recipient for mail in await running.mails()] == [EMAIL]


async def test_both_are_off_until_somebody_turns_them_on(serve: Serve) -> None:
    """As in the original."""
    async with serve() as running:
        for path in (SIGN_IN, SIGN_UP):
            answer = await Speaker(running).post(path, {"email": EMAIL})
            refused(answer, 409, "disabled-endpoint", "This endpoint is disabled")


async def test_a_second_factor_that_is_due_travels_as_a_ticket(serve: Serve) -> None:
    """So that the application can ask for it; no token, and no error either (security 88)."""
    async with serve(policy=LINKS) as running:
        speaker = Speaker(running)
        await speaker.post(SIGN_IN, {"email": EMAIL})
        await speaker.follow((await speaker.newest_mail())[0])
        await running.core.db.run(DUE_SECOND_FACTOR)
        await speaker.post(SIGN_IN, {"email": EMAIL})

        parameters = brought(await speaker.follow((await speaker.newest_mail())[0]))

        assert parameters.keys() == {"mfaTicket", "type"}
        assert parameters["mfaTicket"].startswith("mfaTotp:")


async def test_a_squatted_address_goes_to_its_owner(serve: Serve) -> None:
    """Whoever registered it before, and with which password, is out when the owner follows a link (security 2)."""
    async with serve(policy=LINKS) as running:
        speaker = Speaker(running)
        squatter = await speaker.sign_up()
        await speaker.post(SIGN_IN, {"email": EMAIL})
        owner = brought(await speaker.follow((await speaker.newest_mail())[0]))
        assert (await speaker.refresh(owner["refreshToken"])).json()["user"]["id"] == squatter["user"]["id"]
        assert (await speaker.refresh(squatter["refreshToken"])).status_code == 401
        refused(await speaker.sign_in(password=PASSWORD), *WRONG_PASSWORD)


@pytest.mark.parametrize("path", [SIGN_IN, SIGN_UP])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, 'Error at "/email": property "email" is missing'),
        ({"email": EMAIL, "password": "x"}, 'Error at "/password": property "password" is unsupported'),
        ({"email": EMAIL, "options": {"x": 1}}, 'Error at "/options/x": property "x" is unsupported'),
    ],
)
async def test_bodies_out_of_shape(serve: Serve, path: str, body: dict[str, Any], reason: str) -> None:
    """As every body of this dialect."""
    async with serve(policy=LINKS) as running:
        malformed(await Speaker(running).post(path, body), reason)


async def test_asking_is_limited(serve: Serve) -> None:
    """Every mail is counted, as in the original (security 96)."""
    environ = {
        "AUTH_RATE_LIMIT_ENABLE": "true",
        "AUTH_RATE_LIMIT_EMAIL_BURST": "2",
        "VESTIBULE_RATE_LIMITS": "true",
        "VESTIBULE_WORKERS": "1",  # they share an amount
    }
    async with serve(environ, policy=LINKS) as running:
        speaker = Speaker(running)
        answers = [await speaker.post(SIGN_IN, {"email": f"{number}@example.com"}) for number in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert (await speaker.post(SIGN_UP, {"email": "3@example.com"})).status_code == 429
