import re
from typing import Any

import pytest

from tests.dialects.nhost.speaking import (
    DISABLED,
    EMAIL,
    PASSWORD,
    SESSION_KEYS,
    USER_KEYS,
    Speaker,
    malformed,
    part,
    refused,
)
from tests.support.serving import Serve


async def test_a_sign_up_answers_a_session_to_the_letter(serve: Serve) -> None:
    """The keys in their order, the address as typed, `&` escaped, a newline at the end."""
    async with serve() as running:
        answer = await Speaker(running).post(
            "/signup/email-password", {"email": EMAIL, "password": PASSWORD, "options": {"metadata": {"a": 1}}}
        )
        session = answer.json()["session"]
        user = session["user"]
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content.endswith(b"}}\n")
        assert b"\\u0026r=g" in answer.content
        assert b"&" not in answer.content
        assert list(session) == SESSION_KEYS
        assert list(user) == USER_KEYS
        assert session["accessTokenExpiresIn"] == 900
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", session["refreshToken"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", user["createdAt"])
        del user["createdAt"], user["id"]
        assert user == {
            "activeMfaType": None,
            "avatarUrl": "https://www.gravatar.com/avatar/257c57037d384ae37ea27a07e8a01665?d=blank&r=g",
            "defaultRole": "user",
            "displayName": EMAIL,
            "email": EMAIL,
            "emailVerified": False,
            "isAnonymous": False,
            "locale": "en",
            "metadata": {"a": 1},
            "phoneNumberVerified": False,
            "roles": ["me", "user"],
        }


async def test_access_tokens_carry_hasura_claims(serve: Serve) -> None:
    """Header, issuer, namespace and the session's id; nothing else."""
    async with serve() as running:
        session = await Speaker(running).sign_up()
        user_id = session["user"]["id"]
        claims = part(session["accessToken"], 1)
        assert part(session["accessToken"], 0)["typ"] == "JWT"
        assert claims.pop("exp") - claims.pop("iat") == 900
        assert claims == {
            "https://hasura.io/jwt/claims": {
                "x-hasura-allowed-roles": ["me", "user"],
                "x-hasura-default-role": "user",
                "x-hasura-user-id": user_id,
                "x-hasura-user-is-anonymous": "false",
            },
            "iss": "hasura-auth",
            "sid": session["refreshTokenId"],
            "sub": user_id,
        }


async def test_metadata_is_null_when_nothing_was_given(serve: Serve) -> None:
    """`null` in sessions and in GET /user; an empty object stays one."""
    async with serve() as running:
        speaker = Speaker(running)
        without = await speaker.sign_up()
        empty = await speaker.sign_up("bob@example.com", metadata={})
        assert without["user"]["metadata"] is None
        assert (await speaker.get("/user", without["accessToken"])).json()["metadata"] is None
        assert (await speaker.get("/user", empty["accessToken"])).json()["metadata"] == {}


async def test_options_are_taken(serve: Serve) -> None:
    """Roles, name and locale; an unknown locale becomes the default one."""
    async with serve(policy={"allowed_locales": ("en", "fr")}) as running:
        speaker = Speaker(running)
        user = (await speaker.sign_up(allowedRoles=["user"], displayName="Zoë $ O'Neil", locale="fr"))["user"]
        assert (user["roles"], user["displayName"], user["locale"]) == (["user"], "Zoë $ O'Neil", "fr")
        assert (await speaker.sign_up("b@example.com", locale="xx"))["user"]["locale"] == "en"


@pytest.mark.parametrize(
    ("options", "status", "code", "message"),
    [
        (
            {"allowedRoles": ["user"], "defaultRole": "me"},
            400,
            "default-role-must-be-in-allowed-roles",
            "Default role must be in allowed roles",
        ),
        ({"allowedRoles": ["admin"], "defaultRole": "admin"}, 400, "role-not-allowed", "Role not allowed"),
        (
            {"redirectTo": "http://evil.com", "allowedRoles": ["admin"]},
            400,
            "redirectTo-not-allowed",
            'The value of "options.redirectTo" is not allowed.',
        ),
    ],
)
async def test_options_out_of_bounds_are_refused(
    serve: Serve, options: dict[str, Any], status: int, code: str, message: str
) -> None:
    """Security 11: nobody grants themselves a role; security 105: nor a redirect target."""
    async with serve() as running:
        answer = await Speaker(running).post(
            "/signup/email-password", {"email": EMAIL, "password": PASSWORD, "options": options}
        )
        refused(answer, status, code, message)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"email": EMAIL}, 'Error at "/password": property "password" is missing'),
        ({"email": EMAIL, "password": PASSWORD, "x": 1}, 'Error at "/x": property "x" is unsupported'),
        ({"email": 1, "password": PASSWORD}, 'Error at "/email": Expected `str`, got `int`'),
        ({"email": EMAIL, "password": "ab"}, 'Error at "/password": Expected `str` of length >= 3'),
        ({"email": EMAIL, "password": PASSWORD, "options": None}, 'Error at "/options": Expected `object`, got `null`'),
        (
            {"email": EMAIL, "password": PASSWORD, "options": {"displayName": "<b>"}},
            None,
        ),
        (
            {"email": EMAIL, "password": PASSWORD, "options": {"displayName": "a/b"}},
            "Error at \"/options\": displayName doesn't match ^[\\p{L}\\p{N}\\p{S} ,.'-]+$",
        ),
        (
            {"email": EMAIL, "password": PASSWORD, "options": {"displayName": "x" * 33}},
            'Error at "/options/displayName": Expected `str` of length <= 32',
        ),
        (
            {"email": EMAIL, "password": PASSWORD, "options": {"locale": "english"}},
            'Error at "/options/locale": Expected `str` of length <= 3',
        ),
        (
            {"email": EMAIL, "password": PASSWORD, "emailVerified": True},
            'Error at "/emailVerified": property "emailVerified" is unsupported',
        ),
    ],
)
async def test_a_body_out_of_shape_is_told_where(serve: Serve, body: dict[str, Any], reason: str | None) -> None:
    """The newest server's form of validation errors; `<` is a symbol, so the pattern lets it pass."""
    async with serve() as running:
        answer = await Speaker(running).post("/signup/email-password", body)
        if reason is None:
            assert answer.status_code == 200
            assert b"<" not in answer.content
        else:
            malformed(answer, reason)


async def test_what_is_no_address_fails_at_binding(serve: Serve) -> None:
    """`errors`, not `error`: the original's own form for values that pass the schema."""
    async with serve() as running:
        for email in ("notanemail", "a@b", "a@@b.com", "ann@exa mple.com", ""):
            answer = await Speaker(running).post("/signup/email-password", {"email": email, "password": PASSWORD})
            assert answer.status_code == 400
            assert answer.json() == {"errors": "bad-request", "message": "email: failed to pass regex validation"}


async def test_a_taken_address_is_a_conflict_in_any_spelling(serve: Serve) -> None:
    """One address, one user; the code is the seed's unless the operator wants the newest one (security 13)."""
    taken = "ANN@example.COM"
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        answer = await speaker.post("/signup/email-password", {"email": taken, "password": PASSWORD})
        refused(answer, 409, "email-already-in-use", "Email already in use")


async def test_the_code_for_a_taken_address_follows_the_setting(serve: Serve) -> None:
    """Clients of the newest server know it as `user-already-exists`."""
    async with serve(environ={"VESTIBULE_NHOST_CODES": "2026"}) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        answer = await speaker.post("/signup/email-password", {"email": EMAIL, "password": PASSWORD})
        refused(answer, 409, "user-already-exists", "User already exists")


async def test_switches_close_the_door(serve: Serve) -> None:
    """AUTH_DISABLE_SIGNUP, AUTH_DISABLE_NEW_USERS, the access lists and the shortest password."""
    body = {"email": EMAIL, "password": PASSWORD}
    async with serve(environ={"AUTH_DISABLE_SIGNUP": "true"}) as running:
        answer = await Speaker(running).post("/signup/email-password", body)
        refused(answer, 403, "signup-disabled", "Sign up is disabled.")


async def test_new_users_may_start_disabled(serve: Serve) -> None:
    """The user exists and cannot come in; no mail is sent."""
    async with serve(environ={"AUTH_DISABLE_NEW_USERS": "true"}) as running:
        speaker = Speaker(running)
        body = {"email": EMAIL, "password": PASSWORD}
        refused(await speaker.post("/signup/email-password", body), *DISABLED)
        refused(await speaker.sign_in(), *DISABLED)
        assert list(await running.mails()) == []


async def test_a_short_password_is_refused(serve: Serve) -> None:
    """AUTH_PASSWORD_MIN_LENGTH counts when setting a password."""
    async with serve(environ={"AUTH_PASSWORD_MIN_LENGTH": "9"}) as running:
        answer = await Speaker(running).post("/signup/email-password", {"email": EMAIL, "password": "12345678"})
        refused(answer, 400, "password-too-short", "Password is too short")


async def test_a_password_may_have_1024_bytes_and_no_more(serve: Serve) -> None:
    """Security 84: long passwords work, absurd ones are refused before they are hashed."""
    async with serve() as running:
        speaker = Speaker(running)
        long = "p" * 1024
        await speaker.sign_up(password=long)
        assert (await speaker.sign_in(password=long)).status_code == 200
        assert (await speaker.sign_in(password=long[:-1])).status_code == 401
        answer = await speaker.post("/signup/email-password", {"email": "b@example.com", "password": "é" * 1024})
        malformed(answer, "the password is longer than 1024 bytes")
        answer = await speaker.post("/signup/email-password", {"email": "b@example.com", "password": "p" * 1025})
        malformed(answer, 'Error at "/password": Expected `str` of length <= 1024')


async def test_concealed_errors_look_like_any_other(serve: Serve) -> None:
    """AUTH_CONCEAL_ERRORS: 400 `invalid-request` for every code that would tell something."""
    async with serve(environ={"AUTH_CONCEAL_ERRORS": "true"}) as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        body = {"email": EMAIL, "password": PASSWORD}
        concealed = (400, "invalid-request", "The request payload is incorrect")
        refused(await speaker.post("/signup/email-password", body), *concealed)
        refused(await speaker.sign_in(password="wrong"), *concealed)
        refused(await speaker.refresh("00000000-0000-4000-8000-000000000000"), *concealed)
        followed = await speaker.get("/verify?ticket=foo:1&redirectTo=http://localhost:3000/z")
        assert followed.headers["location"].startswith("http://localhost:3000/z?error=invalid-request&")
