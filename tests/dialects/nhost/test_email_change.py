from urllib.parse import parse_qs, urlsplit

from tests.dialects.nhost.speaking import (
    EMAIL,
    INVALID_REFRESH,
    OK,
    WRONG_PASSWORD,
    Speaker,
    refused,
)
from tests.dialects.nhost.test_passwordless import brought
from tests.support.serving import Serve
from vestibule.storage import Statement

NEW = "Ann.Smith@example.com"
CHANGE = "/user/email/change"
PROVEN = Statement(None, "UPDATE vestibule_credentials SET verified_at = :now")


async def test_an_address_is_changed_by_its_link(serve: Serve) -> None:
    """The mail goes to the new address; then that one signs in, the old one does not, and hears of it (security 14)."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        await running.core.db.run(PROVEN, now=running.clock.now())
        body = {"newEmail": NEW, "options": {"redirectTo": "http://localhost:3000/me"}}
        asked = await speaker.post(CHANGE, body, session["accessToken"])
        assert (asked.status_code, asked.content) == (200, OK)
        mail = (await running.mails())[0]
        assert (mail.template, mail.recipient, mail.code) == ("email-confirm-change", NEW, "")
        assert mail.ticket.startswith("emailConfirmChange:")
        assert parse_qs(urlsplit(mail.link).query)["type"] == ["emailConfirmChange"]
        before = (await speaker.get("/user", session["accessToken"])).json()
        assert before["email"] == EMAIL

        parameters = brought(await speaker.follow(mail.link))

        assert parameters["type"] == "emailConfirmChange"
        user = (await speaker.refresh(parameters["refreshToken"])).json()["user"]
        assert (user["id"], user["email"], user["emailVerified"]) == (session["user"]["id"], NEW, True)
        assert (await speaker.sign_in(NEW)).status_code == 200
        refused(await speaker.sign_in(EMAIL), *WRONG_PASSWORD)
        told = (await running.mails())[0]
        assert (told.template, told.recipient) == ("email-changed", EMAIL)


async def test_asking_proves_nothing_about_the_old_address(serve: Serve) -> None:
    """The original marks it verified at once."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        await speaker.post(CHANGE, {"newEmail": NEW}, session["accessToken"])
        assert (await speaker.get("/user", session["accessToken"])).json()["emailVerified"] is False


async def test_the_session_that_asked_stays_and_the_others_end(serve: Serve) -> None:
    """Security 29."""
    async with serve() as running:
        speaker = Speaker(running)
        elsewhere = await speaker.sign_up()
        here = (await speaker.sign_in()).json()["session"]
        await speaker.post(CHANGE, {"newEmail": NEW}, here["accessToken"])
        await speaker.follow((await speaker.newest_mail())[0])
        assert (await speaker.refresh(here["refreshToken"])).status_code == 200
        refused(await speaker.refresh(elsewhere["refreshToken"]), *INVALID_REFRESH)


async def test_the_original_behaviour_is_one_setting_away(serve: Serve) -> None:
    """Nhost Auth keeps every session."""
    async with serve({"VESTIBULE_EMAIL_CHANGE_ENDS_SESSIONS": "false"}) as running:
        speaker = Speaker(running)
        elsewhere = await speaker.sign_up()
        here = (await speaker.sign_in()).json()["session"]
        await speaker.post(CHANGE, {"newEmail": NEW}, here["accessToken"])
        await speaker.follow((await speaker.newest_mail())[0])
        assert (await speaker.refresh(elsewhere["refreshToken"])).status_code == 200


async def test_an_address_that_was_taken_meanwhile_is_told_at_the_target(serve: Serve) -> None:
    """With the code of the year."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        await speaker.post(CHANGE, {"newEmail": NEW}, session["accessToken"])
        link, _ = await speaker.newest_mail()
        await speaker.sign_up(NEW.lower())
        assert brought(await speaker.follow(link)) == {
            "error": "email-already-in-use",
            "errorDescription": "Email already in use",
        }
        assert (await speaker.sign_in()).status_code == 200


async def test_a_project_may_want_a_fresh_proof_first(serve: Serve) -> None:
    """AUTH_REQUIRE_ELEVATED_CLAIM: an ordinary session changes neither address nor password."""
    async with serve({"AUTH_REQUIRE_ELEVATED_CLAIM": "required"}) as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        answer = await speaker.post(CHANGE, {"newEmail": NEW}, token)
        assert (answer.status_code, answer.json()) == (
            401,
            {
                "error": "unauthorized",
                "reason": "elevated claim required",
                "securityScheme": "BearerAuthElevated",
            },
        )
        changed = await speaker.post("/user/password", {"newPassword": "another password"}, token)
        refused(changed, 400, "invalid-request", "The request payload is incorrect")
        assert len(await running.mails()) == 0


async def test_a_ticket_changes_the_password_whatever_the_session_is(serve: Serve) -> None:
    """A session that is not elevated counts as none; the letter is proof enough."""
    async with serve({"AUTH_REQUIRE_ELEVATED_CLAIM": "required"}) as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        await speaker.post("/user/password/reset", {"email": EMAIL})
        _, ticket = await speaker.newest_mail()
        body = {"newPassword": "another password", "ticket": ticket}
        assert (await speaker.post("/user/password", body, token)).content == OK
        assert (await speaker.sign_in(password="another password")).status_code == 200
