import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.dialects.nhost.factors import ON, with_factor
from tests.dialects.nhost.speaking import (
    EMAIL,
    INVALID_REQUEST,
    OK,
    PASSWORD,
    WRONG_PASSWORD,
    Speaker,
    malformed,
    refused,
)
from tests.support.serving import Serve
from vestibule.core.passwords import ProvisionedUser

VERIFIED_FIRST = {"verified_email_required": True}


async def _signed_up(speaker: Speaker, redirect_to: str = "http://localhost:3000/x?y=1#frag") -> str:
    body = {"email": EMAIL, "password": PASSWORD, "options": {"redirectTo": redirect_to}}
    assert (await speaker.post("/signup/email-password", body)).content == b"{}\n"
    return (await speaker.newest_mail())[0]


async def test_the_link_verifies_signs_in_and_redirects(serve: Serve) -> None:
    """Query merged and sorted, fragment kept; the refresh token works; the address is proven."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        followed = await speaker.follow(await _signed_up(speaker))
        assert (followed.status_code, followed.content) == (302, b"")
        base, _, rest = followed.headers["location"].partition("refreshToken=")
        token, _, rest = rest.partition("&")
        assert (base, rest) == ("http://localhost:3000/x?", "type=verifyEmail&y=1#frag")
        session = (await speaker.refresh(token)).json()
        assert session["user"]["emailVerified"] is True
        assert (await speaker.sign_in()).status_code == 200


async def test_a_target_with_a_space_is_reached(serve: Serve) -> None:
    """Applications put a name into the query as it is; browsers read the same out of it again."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        link = await _signed_up(speaker, "http://localhost:3000/our place?name=Ann Lee#to the end")
        base, _, query = (await speaker.follow(link)).headers["location"].partition("?")
        assert base == "http://localhost:3000/our%20place"
        assert query.endswith("&type=verifyEmail#to%20the%20end")
        assert parse_qs(query.partition("#")[0])["name"] == ["Ann Lee"]


async def test_a_link_works_once(serve: Serve) -> None:
    """Eight clicks at once, one session (security 74); afterwards the ticket is invalid."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        link = await _signed_up(speaker)
        answers = await asyncio.gather(*(speaker.follow(link) for _ in range(8)))
        won = [answer for answer in answers if "refreshToken=" in answer.headers["location"]]
        lost = {answer.headers["location"] for answer in answers if answer not in won}
        assert len(won) == 1
        assert lost == {"http://localhost:3000/x?error=invalid-ticket&errorDescription=Invalid+ticket&y=1#frag"}


async def test_looking_ahead_spends_nothing(serve: Serve) -> None:
    """Security 98: HEAD and every kind of prefetch leave the ticket alone."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        link = await _signed_up(speaker)
        head = await running.client.head(link)
        assert (head.status_code, head.content) == (200, b"")
        for header, value in (
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "prefetch"),
            ("x-moz", "prefetch"),
            ("x-purpose", "preview"),
        ):
            assert (await speaker.follow(link, **{header: value})).status_code == 503
        assert "refreshToken=" in (await speaker.follow(link)).headers["location"]


async def test_a_reset_link_signs_in_and_spends_the_ticket(serve: Serve) -> None:
    """As in the original: after /verify the ticket is no good for /user/password; the session is."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        await speaker.post("/user/password/reset", {"email": EMAIL})
        link, ticket = await speaker.newest_mail()
        followed = await speaker.follow(link)
        query = parse_qs(urlsplit(followed.headers["location"]).query)
        assert query["type"] == ["passwordReset"]
        answer = await speaker.post("/user/password", {"newPassword": "another one", "ticket": ticket})
        refused(answer, 401, "invalid-ticket", "Invalid ticket")
        session = (await speaker.refresh(query["refreshToken"][0])).json()
        changed = await speaker.post("/user/password", {"newPassword": "another one"}, session["accessToken"])
        assert changed.content == OK


@pytest.mark.parametrize("keeps", [True, False])
async def test_a_first_proof_may_keep_what_was_there(serve: Serve, *, keeps: bool) -> None:
    """VESTIBULE_RECLAIM_ON_FIRST_PROOF=false: a reset link asks for the second factor that its user has (security 88).

    By default the factor is gone with everything that was there before the address was proven (security 2).
    """
    async with serve({**ON, **({"VESTIBULE_RECLAIM_ON_FIRST_PROOF": "false"} if keeps else {})}) as running:
        person = await with_factor(running, email_is_proven=False)
        await person.speaker.post("/user/password/reset", {"email": EMAIL})
        link, _ = await person.speaker.newest_mail()
        query = parse_qs(urlsplit((await person.speaker.follow(link)).headers["location"]).query)
        assert query["type"] == ["passwordReset"]
        assert ("mfaTicket" in query, "refreshToken" in query) == (keeps, not keeps)
        if keeps:
            shown = await person.show(query["mfaTicket"][0], person.application.fresh())
            assert shown.json()["session"]["user"]["emailVerified"] is True
            assert list((await person.speaker.sign_in()).json()) == ["mfa"]
        else:
            refused(await person.speaker.sign_in(), *WRONG_PASSWORD)


@pytest.mark.parametrize("ticket", ["foo:1", "mfaTotp:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24", "123456", "verifyEmail:x"])
async def test_an_unknown_ticket_is_told_at_the_target(serve: Serve, ticket: str) -> None:
    """The error travels in the query of the allowed target."""
    async with serve() as running:
        answer = await Speaker(running).get(f"/verify?ticket={ticket}&redirectTo=http://localhost:3000/z")
        assert answer.status_code == 302
        assert answer.content == b""
        expected = "http://localhost:3000/z?error=invalid-ticket&errorDescription=Invalid+ticket"
        assert answer.headers["location"] == expected


async def test_a_foreign_target_is_told_at_the_client_url(serve: Serve) -> None:
    """Security 105: nobody is sent anywhere else, and no slash is added."""
    async with serve() as running:
        answer = await Speaker(running).get("/verify?ticket=foo:1&redirectTo=http://evil.com/z")
        assert answer.status_code == 302
        assert answer.headers["location"] == (
            "http://localhost:3000?error=redirectTo-not-allowed&errorDescription="
            "The+value+of+%22options.redirectTo%22+is+not+allowed."
        )


async def test_what_is_no_url_is_a_plain_invalid_request(serve: Serve) -> None:
    """There is nowhere to send the error to."""
    async with serve() as running:
        answer = await Speaker(running).get("/verify?ticket=foo:1&redirectTo=http%3A%2F%2Fx%2F%25zz")
        refused(answer, *INVALID_REQUEST)


async def test_missing_parameters_are_a_malformed_request(serve: Serve) -> None:
    """Missing or empty alike; a wrong `type` is out of shape."""
    async with serve() as running:
        speaker = Speaker(running)
        for query in (
            "",
            "?ticket=a:b",
            "?redirectTo=http://localhost:3000",
            "?ticket=&redirectTo=http://localhost:3000",
        ):
            answer = await speaker.get(f"/verify{query}")
            assert (answer.status_code, answer.json()["error"]) == (400, "request-validation-error")
        answer = await speaker.get("/verify?ticket=a:b&redirectTo=http://localhost:3000&type=nonsense")
        assert answer.json()["error"] == "schema-validation-error"


async def test_another_mail_replaces_the_ticket(serve: Serve) -> None:
    """One live link at a time; after 30 days it is dead."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        first = await _signed_up(speaker)
        running.clock.advance(timedelta(seconds=1))
        body = {"email": "ann@EXAMPLE.com", "options": {"redirectTo": "http://localhost:3000/again"}}
        assert (await speaker.post("/user/email/send-verification-email", body)).content == OK
        second, _ = await speaker.newest_mail()
        assert "type=emailVerify" in second
        assert "error=invalid-ticket" in (await speaker.follow(first)).headers["location"]
        running.clock.advance(timedelta(days=30))
        assert "error=invalid-ticket" in (await speaker.follow(second)).headers["location"]


async def test_asking_for_another_mail_has_its_refusals(serve: Serve) -> None:
    """Unknown is told as wrong credentials, verified as verified."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        await speaker.follow(await _signed_up(speaker))
        ask = "/user/email/send-verification-email"
        refused(await speaker.post(ask, {"email": "nobody@example.com"}), *WRONG_PASSWORD)
        refused(
            await speaker.post(ask, {"email": EMAIL}), 400, "email-already-verified", "User's email is already verified"
        )
        malformed(await speaker.post(ask, {}), 'Error at "/email": property "email" is missing')


async def test_who_is_kept_out_gets_no_mail(serve: Serve) -> None:
    """The access lists are asked again, and told as wrong credentials."""
    async with serve(policy={**VERIFIED_FIRST, "blocked_email_domains": ("example.com",)}) as running:
        await running.core.provision_user(running.project, ProvisionedUser(email=EMAIL), actor="test")
        answer = await Speaker(running).post("/user/email/send-verification-email", {"email": EMAIL})
        refused(answer, *WRONG_PASSWORD)
        assert len(await running.mails()) == 0


async def test_a_mailbox_is_not_filled(serve: Serve) -> None:
    """After some letters an empty 429 that says when to come again; a reset says nothing (security 96)."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        await _signed_up(speaker)
        ask = "/user/email/send-verification-email"
        answers = [await speaker.post(ask, {"email": EMAIL}) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429]
        assert (answers[-1].content, answers[-1].headers["retry-after"]) == (b"", "3600")
        assert (await speaker.post("/user/password/reset", {"email": EMAIL})).content == OK
        assert len(await running.mails()) == 7


async def test_a_user_disabled_meanwhile_is_sent_away_with_the_reason(serve: Serve) -> None:
    """Security 18: the user is read again in the transaction of the sign-in."""
    async with serve(policy=VERIFIED_FIRST) as running:
        speaker = Speaker(running)
        link = await _signed_up(speaker)
        user = (await running.core.users.page(running.project.id))[0]
        async with running.core.db.write() as tx:
            await running.core.users.set_status(tx, running.project.id, user.id, "disabled", actor="test")
        location = (await speaker.follow(link)).headers["location"]
        assert location == "http://localhost:3000/x?error=disabled-user&errorDescription=User+is+disabled&y=1#frag"
