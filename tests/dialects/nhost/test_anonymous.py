import re
from datetime import timedelta

import pytest

from tests.dialects.nhost.speaking import (
    CLIENT_URL,
    DISABLED,
    EMAIL,
    INVALID_REFRESH,
    INVALID_REQUEST,
    OK,
    PASSWORD,
    SESSION_KEYS,
    UNVERIFIED,
    WRONG_PASSWORD,
    Speaker,
    malformed,
    part,
    refused,
)
from tests.dialects.nhost.test_passwordless import brought
from tests.support.linking import CHALLENGE, VERIFIER
from tests.support.serving import Serve

ON = {"AUTH_ANONYMOUS_USERS_ENABLED": "true"}
VERIFIED_FIRST = {"AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "true"}
FORBIDDEN = (403, "forbidden-anonymous", "Forbidden, user is anonymous.")
NOT_ANONYMOUS = (400, "user-not-anonymous", "Logged in user is not anonymous")
TAKEN = (409, "email-already-in-use", "Email already in use")
NAMED = {"signInMethod": "email-password", "email": EMAIL, "password": PASSWORD}
LINKED = {"signInMethod": "passwordless", "email": EMAIL}


async def test_an_anonymous_session_to_the_letter(serve: Serve) -> None:
    """Without an address, with the one role, and told as anonymous in body and token."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        answer = await speaker.post("/signin/anonymous")
        session = answer.json()["session"]
        user = session["user"]
        assert (answer.status_code, list(answer.json()), list(session)) == (200, ["session"], SESSION_KEYS)
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", user.pop("id"))
        del user["createdAt"]
        assert user == {
            "activeMfaType": None,
            "avatarUrl": "",
            "defaultRole": "anonymous",
            "displayName": "Anonymous User",
            "emailVerified": False,
            "isAnonymous": True,
            "locale": "en",
            "metadata": None,
            "phoneNumberVerified": False,
            "roles": ["anonymous"],
        }
        claims = part(session["accessToken"], 1)["https://hasura.io/jwt/claims"]
        assert claims["x-hasura-user-is-anonymous"] == "true"
        assert claims["x-hasura-allowed-roles"] == ["anonymous"]
        assert claims["x-hasura-default-role"] == "anonymous"
        refreshed = await speaker.refresh(session["refreshToken"])
        assert refreshed.json()["user"]["isAnonymous"] is True


async def test_a_body_is_optional_and_may_name_things(serve: Serve) -> None:
    """Any name will do, also one that a sign-up would refuse; a locale that is not allowed is the default one."""
    async with serve(environ={**ON, "AUTH_LOCALE_ALLOWED_LOCALES": "en,fr"}) as running:
        speaker = Speaker(running)
        body = {"displayName": "a/b & c", "locale": "fr", "metadata": {"a": 1}}
        user = (await speaker.anonymous(**body))["user"]
        assert (user["displayName"], user["locale"], user["metadata"]) == ("a/b & c", "fr", {"a": 1})
        assert (await speaker.anonymous(locale="xx"))["user"]["locale"] == "en"
        answer = await speaker.post("/signin/anonymous", {"displayName": "x" * 256})
        malformed(answer, 'Error at "/displayName": Expected `str` of length <= 255')
        answer = await speaker.post("/signin/anonymous", {"email": EMAIL})
        malformed(answer, 'Error at "/email": property "email" is unsupported')
        answer = await speaker.post("/signin/anonymous", {"metadata": {"a": "x" * 20_000}})
        malformed(answer, 'Error at "/metadata": more than 10240 bytes')


async def test_what_is_for_named_users_is_closed_to_anonymous_ones(serve: Serve) -> None:
    """They refresh, sign out and get a name; the rest says why not."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous()
        token = session["accessToken"]
        refused(await speaker.get("/user", token), *FORBIDDEN)
        refused(await speaker.get("/elevate", token), *FORBIDDEN)
        refused(await speaker.post("/token/verify", {}, token), *FORBIDDEN)
        refused(await speaker.post("/pat", {"expiresAt": "2099-01-01T00:00:00Z"}, token), *FORBIDDEN)
        assert (await speaker.post("/token/verify", {"token": token})).content == OK
        refreshed = (await speaker.refresh(session["refreshToken"])).json()
        assert (await speaker.post("/signout", {"refreshToken": refreshed["refreshToken"]})).content == OK
        refused(await speaker.refresh(refreshed["refreshToken"]), *INVALID_REFRESH)


async def test_where_addresses_are_verified_first_they_cannot_refresh(serve: Serve) -> None:
    """As in the original: with both switches on, an anonymous session lasts as long as its access token."""
    async with serve(environ={**ON, **VERIFIED_FIRST}) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous()
        refused(await speaker.refresh(session["refreshToken"]), *UNVERIFIED)
        refused(await speaker.get("/user", session["accessToken"]), *UNVERIFIED)
        assert (await speaker.post("/user/deanonymize", NAMED, session["accessToken"])).content == OK


async def test_one_network_makes_only_so_many(serve: Serve) -> None:
    """Each is a row: an empty 429 also with rate limits off (security 96)."""
    async with serve(environ={**ON, "VESTIBULE_ANONYMOUS_USERS_PER_HOUR": "3"}) as running:
        speaker = Speaker(running)
        answers = [await speaker.post("/signin/anonymous") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert (answers[3].content, answers[3].headers["retry-after"]) == (b"", "3600")
        running.clock.advance(timedelta(hours=1))
        assert (await speaker.post("/signin/anonymous")).status_code == 200


async def test_a_name_with_a_password_keeps_the_session(serve: Serve) -> None:
    """The id stays; the refresh token now brings the roles of a named user, and no mail is sent."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous(metadata={"cart": [1]})
        answer = await speaker.post("/user/deanonymize", NAMED, session["accessToken"])
        assert (answer.status_code, answer.content) == (200, OK)
        refreshed = (await speaker.refresh(session["refreshToken"])).json()
        user = refreshed["user"]
        assert user["id"] == session["user"]["id"]
        assert (user["isAnonymous"], user["email"], user["emailVerified"]) == (False, EMAIL, False)
        assert (user["roles"], user["defaultRole"]) == (["me", "user"], "user")
        assert (user["displayName"], user["metadata"]) == (EMAIL, {"cart": [1]})
        claims = part(refreshed["accessToken"], 1)["https://hasura.io/jwt/claims"]
        assert claims["x-hasura-user-is-anonymous"] == "false"
        assert (await speaker.sign_in()).status_code == 200
        assert list(await running.mails()) == []


async def test_a_name_to_be_verified_ends_the_session(serve: Serve) -> None:
    """The link of the mail verifies and signs in."""
    async with serve(environ={**ON, **VERIFIED_FIRST}) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous()
        body = {**NAMED, "options": {"redirectTo": f"{CLIENT_URL}/welcome"}}
        assert (await speaker.post("/user/deanonymize", body, session["accessToken"])).content == OK
        refused(await speaker.refresh(session["refreshToken"]), *INVALID_REFRESH)
        refused(await speaker.sign_in(), *UNVERIFIED)
        link, ticket = await speaker.newest_mail()
        assert ticket.startswith("verifyEmail:")
        assert "type=emailVerify" in link
        location = (await speaker.follow(link)).headers["location"]
        assert location.startswith(f"{CLIENT_URL}/welcome?refreshToken=")
        assert (await speaker.sign_in()).status_code == 200


async def test_a_name_without_a_password_comes_in_by_its_link(serve: Serve) -> None:
    """Also where signing in by links is off: it is how this user gets their first named session."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous()
        body = {**LINKED, "password": "not looked at", "connection": "nor this"}
        assert (await speaker.post("/user/deanonymize", body, session["accessToken"])).content == OK
        refused(await speaker.refresh(session["refreshToken"]), *INVALID_REFRESH)
        refused(await speaker.sign_in(password="not looked at"), *WRONG_PASSWORD)
        link, ticket = await speaker.newest_mail()
        assert ticket.startswith("passwordlessEmail:")
        assert "type=signinPasswordless" in link
        followed = (await speaker.follow(link)).headers["location"]
        assert followed.startswith(f"{CLIENT_URL}?refreshToken=")
        assert followed.endswith("&type=passwordlessEmail")
        token = followed.partition("refreshToken=")[2].partition("&")[0]
        user = (await speaker.refresh(token)).json()["user"]
        assert (user["id"], user["emailVerified"]) == (session["user"]["id"], True)
        assert "error=invalid-ticket" in (await speaker.follow(link)).headers["location"]


async def test_a_link_dies_after_an_hour(serve: Serve) -> None:
    """Expiry is in the predicate (security 127)."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous()
        await speaker.post("/user/deanonymize", LINKED, session["accessToken"])
        link, _ = await speaker.newest_mail()
        running.clock.advance(timedelta(hours=1))
        assert "error=invalid-ticket" in (await speaker.follow(link)).headers["location"]


@pytest.mark.parametrize("body", [NAMED, LINKED])
async def test_a_challenge_makes_the_link_bring_a_code(serve: Serve, body: dict[str, str]) -> None:
    """The session is for the browser that asked, wherever the mail is read (security 99)."""
    async with serve(environ={**ON, **VERIFIED_FIRST}) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous()
        asked = {**body, "codeChallenge": CHALLENGE}
        assert (await speaker.post("/user/deanonymize", asked, session["accessToken"])).content == OK
        followed = brought(await speaker.follow((await speaker.newest_mail())[0]))
        assert followed.keys() == {"code", "type"}
        exchange = {"code": followed["code"], "codeVerifier": VERIFIER}
        user = (await speaker.post("/token/exchange", exchange)).json()["session"]["user"]
        assert (user["id"], user["isAnonymous"]) == (session["user"]["id"], False)


async def test_where_links_bring_codes_only_a_letter_wants_a_challenge(serve: Serve) -> None:
    """And what sends no letter needs none."""
    async with serve(environ={**ON, "VESTIBULE_NHOST_PKCE_ONLY": "true"}) as running:
        speaker = Speaker(running)
        token = (await speaker.anonymous())["accessToken"]
        refused(await speaker.post("/user/deanonymize", LINKED, token), *INVALID_REQUEST)
        assert (await speaker.post("/user/deanonymize", NAMED, token)).content == OK


@pytest.mark.parametrize(("body", "ends_session"), [(NAMED, False), (LINKED, True)])
async def test_an_old_token_names_nobody_twice(serve: Serve, body: dict[str, str], ends_session: bool) -> None:  # noqa: FBT001 - a column
    """The access token still says anonymous; the row does not, or its session has ended (security 19)."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        token = (await speaker.anonymous())["accessToken"]
        assert (await speaker.post("/user/deanonymize", body, token)).content == OK
        for again in (NAMED, LINKED):
            answer = await speaker.post("/user/deanonymize", {**again, "email": "eve@example.com"}, token)
            if ends_session:
                assert answer.content == (await speaker.post("/user/deanonymize", again, "no.token.atall")).content
            else:
                refused(answer, *NOT_ANONYMOUS)
        found = await running.core.users.subject_by_email(running.core.db, running.project.id, "eve@example.com")
        assert found is None


async def test_the_method_is_one_of_two(serve: Serve) -> None:
    """And must be named."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        token = (await speaker.anonymous())["accessToken"]
        answer = await speaker.post("/user/deanonymize", {**NAMED, "signInMethod": "sms"}, token)
        malformed(answer, "Error at \"/signInMethod\": Invalid enum value 'sms'")
        answer = await speaker.post("/user/deanonymize", {"email": EMAIL}, token)
        malformed(answer, 'Error at "/signInMethod": property "signInMethod" is missing')


async def test_the_newest_code_for_a_taken_address(serve: Serve) -> None:
    """By VESTIBULE_NHOST_CODES."""
    async with serve(environ={**ON, "VESTIBULE_NHOST_CODES": "2026"}) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        token = (await speaker.anonymous())["accessToken"]
        answer = await speaker.post("/user/deanonymize", LINKED, token)
        refused(answer, 409, "user-already-exists", "User already exists")


async def test_a_user_who_was_shut_out_gets_no_name(serve: Serve) -> None:
    """Nor one who is gone (security 17, 18)."""
    async with serve(environ=ON) as running:
        speaker = Speaker(running)
        session = await speaker.anonymous()
        user_id = (await running.core.users.page(running.project.id))[0].id
        await running.core.change_standing(running.project.id, user_id, "disabled", actor="test")
        refused(await speaker.post("/user/deanonymize", NAMED, session["accessToken"]), *DISABLED)
        await running.core.users.delete(running.project.id, user_id, actor="test")
        refused(await speaker.post("/user/deanonymize", NAMED, session["accessToken"]), *WRONG_PASSWORD)
