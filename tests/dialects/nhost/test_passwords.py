from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from tests.dialects.nhost.speaking import (
    EMAIL,
    INVALID_REFRESH,
    INVALID_REQUEST,
    INVALID_TICKET,
    OK,
    WRONG_PASSWORD,
    Speaker,
    malformed,
    refused,
)
from tests.support.serving import Serve

NEW = "another password"


async def test_a_signed_in_user_changes_the_password_and_keeps_the_session(serve: Serve) -> None:
    """Security 29: the caller's session stays, the user's others end."""
    async with serve() as running:
        speaker = Speaker(running)
        elsewhere = await speaker.sign_up()
        here = (await speaker.sign_in()).json()["session"]
        answer = await speaker.post("/user/password", {"newPassword": NEW}, here["accessToken"])
        assert (answer.status_code, answer.content) == (200, OK)
        refused(await speaker.refresh(elsewhere["refreshToken"]), *INVALID_REFRESH)
        assert (await speaker.refresh(here["refreshToken"])).status_code == 200
        refused(await speaker.sign_in(), *WRONG_PASSWORD)
        assert (await speaker.sign_in(password=NEW)).status_code == 200


async def test_the_original_behaviour_is_one_setting_away(serve: Serve) -> None:
    """Nhost Auth of 2025 kept all sessions."""
    async with serve(policy={"password_change_ends_other_sessions": False}) as running:
        speaker = Speaker(running)
        elsewhere = await speaker.sign_up()
        here = (await speaker.sign_in()).json()["session"]
        await speaker.post("/user/password", {"newPassword": NEW}, here["accessToken"])
        assert (await speaker.refresh(elsewhere["refreshToken"])).status_code == 200


async def test_a_mailed_ticket_changes_the_password_once(serve: Serve) -> None:
    """Security 98: one live ticket, spent by the change, with all sessions ended."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        assert (await speaker.post("/user/password/reset", {"email": "ANN@example.com"})).content == OK
        _, older = await speaker.newest_mail()
        running.clock.advance(timedelta(seconds=1))
        await speaker.post("/user/password/reset", {"email": EMAIL})
        _, ticket = await speaker.newest_mail()
        assert ticket.startswith("passwordReset:")
        refused(await speaker.post("/user/password", {"newPassword": NEW, "ticket": older}), *INVALID_TICKET)
        assert (await speaker.post("/user/password", {"newPassword": NEW, "ticket": ticket})).content == OK
        refused(await speaker.post("/user/password", {"newPassword": NEW, "ticket": ticket}), *INVALID_TICKET)
        refused(await speaker.refresh(session["refreshToken"]), *INVALID_REFRESH)
        assert (await speaker.sign_in(password=NEW)).status_code == 200


async def test_a_bad_new_password_does_not_burn_the_ticket(serve: Serve) -> None:
    """A ticket is looked at together with the new password and spent last."""
    async with serve(environ={"AUTH_PASSWORD_MIN_LENGTH": "9"}) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        await speaker.post("/user/password/reset", {"email": EMAIL})
        _, ticket = await speaker.newest_mail()
        answer = await speaker.post("/user/password", {"newPassword": "short", "ticket": ticket})
        refused(answer, 400, "password-too-short", "Password is too short")
        assert (await speaker.post("/user/password", {"newPassword": NEW, "ticket": ticket})).content == OK


async def test_a_ticket_dies_after_an_hour(serve: Serve) -> None:
    """Expiry is in the predicate (security 127)."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        await speaker.post("/user/password/reset", {"email": EMAIL})
        _, ticket = await speaker.newest_mail()
        running.clock.advance(timedelta(hours=1))
        refused(await speaker.post("/user/password", {"newPassword": NEW, "ticket": ticket}), *INVALID_TICKET)


async def test_a_ticket_for_another_purpose_changes_no_password(serve: Serve) -> None:
    """Security 75: the prefix is decoration; a verification ticket dressed as a reset is refused."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        await speaker.post("/user/email/send-verification-email", {"email": EMAIL})
        _, ticket = await speaker.newest_mail()
        dressed = "passwordReset:" + ticket.removeprefix("verifyEmail:")
        refused(await speaker.post("/user/password", {"newPassword": NEW, "ticket": dressed}), *INVALID_TICKET)
        answer = await speaker.post("/user/password", {"newPassword": NEW, "ticket": ticket})
        malformed(answer, r'Error at "/ticket": Expected `str` matching regex ' + r"'^passwordReset\\:.*$'")


async def test_without_session_and_ticket_nothing_changes(serve: Serve) -> None:
    """A bad bearer counts as none."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        refused(await speaker.post("/user/password", {"newPassword": NEW}), *INVALID_REQUEST)
        refused(await speaker.post("/user/password", {"newPassword": NEW}, "bad"), *INVALID_REQUEST)
        refused(
            await speaker.post("/user/password", {"newPassword": NEW, "ticket": "passwordReset:123456"}),
            *INVALID_TICKET,
        )


async def test_a_reset_never_tells_who_exists(serve: Serve) -> None:
    """Security 82: unknown and known addresses get the same answer."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        known = await speaker.post("/user/password/reset", {"email": EMAIL})
        unknown = await speaker.post("/user/password/reset", {"email": "nobody@example.com"})
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (200, OK)
        assert len(await running.mails()) == 1


async def test_the_link_comes_from_configuration_whatever_the_host_says(serve: Serve) -> None:
    """Security 100: Host and forwarded headers build no link; its parameters are sorted."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        body = {"email": EMAIL, "options": {"redirectTo": "http://localhost:3000/reset?x=1&y=2#f"}}
        lies = {"host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher"}
        await speaker.post("/user/password/reset", body, **lies)
        link, ticket = await speaker.newest_mail()
        parts = urlsplit(link)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://localhost:4000/v1/verify"
        assert list(parse_qs(parts.query)) == ["redirectTo", "ticket", "type"]
        assert parse_qs(parts.query) == {
            "redirectTo": ["http://localhost:3000/reset?x=1&y=2#f"],
            "ticket": [ticket],
            "type": ["passwordReset"],
        }


async def test_a_reset_to_a_foreign_target_is_refused(serve: Serve) -> None:
    """Security 105, before anything is looked up."""
    async with serve() as running:
        body = {"email": EMAIL, "options": {"redirectTo": "http://localhost:3000@evil.example"}}
        answer = await Speaker(running).post("/user/password/reset", body)
        refused(answer, 400, "redirectTo-not-allowed", 'The value of "options.redirectTo" is not allowed.')
