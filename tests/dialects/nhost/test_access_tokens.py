from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.dialects.nhost.speaking import (
    DISABLED,
    EMAIL,
    INVALID_REFRESH,
    OK,
    SESSION_KEYS,
    UNVERIFIED,
    WRONG_PASSWORD,
    Speaker,
    malformed,
    refused,
)
from tests.support.serving import Running, Serve
from vestibule.core.access_tokens import NewAccessToken
from vestibule.core.passwords import ProvisionedUser
from vestibule.core.projects import Visit
from vestibule.storage import Statement

INVALID_PAT = (401, "invalid-pat", "Invalid or expired personal access token")
NO_TIME = {"errors": "bad-request", "message": "expiresAt: the time has no offset"}
METADATA = Statement(dict, "SELECT metadata FROM vestibule_access_tokens")
EXPIRY = Statement(datetime, "SELECT expires_at FROM vestibule_access_tokens ORDER BY created_at DESC LIMIT 1")
UNPROVEN = Statement(None, "UPDATE vestibule_credentials SET verified_at = NULL")


def _in_a_day(running: Running) -> str:
    return (running.clock.now() + timedelta(days=1)).isoformat()


async def _create(speaker: Speaker, token: str, **body: Any) -> str:
    answer = await speaker.post("/pat", {"expiresAt": _in_a_day(speaker.running), **body}, token)
    assert answer.status_code == 200, answer.text
    pat: str = answer.json()["personalAccessToken"]
    return pat


async def _sign_in(speaker: Speaker, pat: str) -> dict[str, Any]:
    answer = await speaker.post("/signin/pat", {"personalAccessToken": pat})
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()["session"]
    return session


async def test_a_program_signs_in_with_its_token(serve: Serve) -> None:
    """Made by a user who is signed in, shown once, good as often as one likes."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        body = {"expiresAt": _in_a_day(running), "metadata": {"used-by": "my-app-cli"}}
        answer = await speaker.post("/pat", body, session["accessToken"])
        assert (answer.status_code, list(answer.json())) == (200, ["id", "personalAccessToken"])
        assert UUID(answer.json()["personalAccessToken"]).version == 4
        assert answer.json()["id"] != answer.json()["personalAccessToken"]
        assert await running.core.db.one(METADATA) == {"used-by": "my-app-cli"}
        pat = answer.json()["personalAccessToken"]
        first, second = await _sign_in(speaker, pat), await _sign_in(speaker, pat)
        assert list(first) == SESSION_KEYS
        assert first["user"] == session["user"]
        assert first["refreshTokenId"] != second["refreshTokenId"]
        assert (await speaker.refresh(first["refreshToken"])).status_code == 200


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2099-01-02T03:04:05Z", datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2099-01-02T03:04:05.678+02:00", datetime(2099, 1, 2, 1, 4, 5, 678_000, tzinfo=UTC)),
        ("1969-01-02T03:04:05-05:30", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
async def test_any_time_with_an_offset_is_taken(serve: Serve, written: str, meant: datetime) -> None:
    """RFC 3339; the past is accepted, as in the original, and good for nothing; "never" is as late as we can tell."""
    async with serve() as running:
        speaker = Speaker(running)
        pat = await _create(speaker, (await speaker.sign_up())["accessToken"], expiresAt=written)
        assert await running.core.db.one(EXPIRY) == meant
        answer = await speaker.post("/signin/pat", {"personalAccessToken": pat})
        assert (answer.status_code == 200) == (meant > running.clock.now())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, 'Error at "/expiresAt": property "expiresAt" is missing'),
        ({"expiresAt": "tomorrow"}, 'Error at "/expiresAt": Invalid RFC3339 encoded datetime'),
        ({"expiresAt": "2099-13-01T00:00:00Z"}, 'Error at "/expiresAt": Invalid RFC3339 encoded datetime'),
        ({"expiresAt": 4102444800}, 'Error at "/expiresAt": Expected `datetime`, got `int`'),
        ({"expiresAt": "2099-01-02T03:04:05"}, NO_TIME),
        ({"expiresAt": "9999-12-31T23:59:59-14:00"}, NO_TIME),
        ({"expiresAt": "0001-01-01T00:00:00+14:00"}, NO_TIME),
        ({"expiresAt": "2099-01-02T03:04:05Z", "metadata": []}, 'Error at "/metadata": Expected `object`, got `array`'),
        (
            {"expiresAt": "2099-01-02T03:04:05Z", "metadata": {"a": "x" * 20_000}},
            'Error at "/metadata": more than 10240 bytes',
        ),
        (
            {"expiresAt": "2099-01-02T03:04:05Z", "userId": "00000000-0000-4000-8000-000000000000"},
            'Error at "/userId": property "userId" is unsupported',
        ),
    ],
)
async def test_what_is_no_request_for_a_token(serve: Serve, body: dict[str, Any], said: str | dict[str, str]) -> None:
    """Told where; a time without an offset in the original's own form."""
    async with serve() as running:
        speaker = Speaker(running)
        answer = await speaker.post("/pat", body, (await speaker.sign_up())["accessToken"])
        if isinstance(said, str):
            malformed(answer, said)
        else:
            assert (answer.status_code, answer.json()) == (400, said)


async def test_a_token_is_for_whoever_asks(serve: Serve) -> None:
    """Nothing in the request says for whom: the credential does (security 20)."""
    async with serve() as running:
        speaker = Speaker(running)
        ann, bob = await speaker.sign_up(), await speaker.sign_up("bob@example.com")
        owner = ann["user"]["id"]
        body = {"expiresAt": _in_a_day(running)}
        for member in ("userId", "user_id", "sub", "id"):
            malformed(
                await speaker.post("/pat", {**body, member: owner}, bob["accessToken"]),
                f'Error at "/{member}": property "{member}" is unsupported',
            )
        pats = [
            await _create(speaker, bob["accessToken"], metadata={"userId": owner, "sub": owner}),
            (await speaker.post(f"/pat?userId={owner}", body, bob["accessToken"])).json()["personalAccessToken"],
            (
                await speaker.post("/pat", body, bob["accessToken"], **{"x-hasura-user-id": owner, "x-user-id": owner})
            ).json()["personalAccessToken"],
        ]
        for pat in pats:
            assert (await _sign_in(speaker, pat))["user"]["email"] == "bob@example.com"


async def test_without_a_good_bearer_there_is_no_token(serve: Serve) -> None:
    """401 before the body is looked at."""
    async with serve() as running:
        speaker = Speaker(running)
        for headers in ({}, {"authorization": "Bearer bad"}):
            answer = await speaker.post("/pat", {"x": 1}, **headers)
            assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


@pytest.mark.parametrize("pat", ["nope", "", "0B1C7B0E-6A4B-4F0B-8F43-2C2B0A6D8C11"])
async def test_a_token_of_another_shape_is_a_validation_error(serve: Serve, pat: str) -> None:
    """The pattern wants lower-case hexadecimal."""
    async with serve() as running:
        answer = await Speaker(running).post("/signin/pat", {"personalAccessToken": pat})
        assert (answer.status_code, answer.json()["error"]) == (400, "schema-validation-error")


async def test_unknown_expired_and_decorated_tokens_are_refused(serve: Serve) -> None:
    """A refresh token is none either, nor the id (security 38, 127)."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        body = {"expiresAt": _in_a_day(running)}
        made = (await speaker.post("/pat", body, session["accessToken"])).json()
        pat = made["personalAccessToken"]
        for wrong in ("2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24", f" {pat} ", session["refreshToken"], made["id"]):
            refused(await speaker.post("/signin/pat", {"personalAccessToken": wrong}), *INVALID_PAT)
        running.clock.advance(timedelta(days=1))
        refused(await speaker.post("/signin/pat", {"personalAccessToken": pat}), *INVALID_PAT)


async def test_it_is_no_refresh_token(serve: Serve) -> None:
    """`/token` refuses it, and it is none the worse for that (security 38)."""
    async with serve() as running:
        speaker = Speaker(running)
        pat = await _create(speaker, (await speaker.sign_up())["accessToken"])
        refused(await speaker.refresh(pat), *INVALID_REFRESH)
        await _sign_in(speaker, pat)


async def test_signing_out_with_it_revokes_it(serve: Serve) -> None:
    """That one; the session that it began lives on until it is signed out itself."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        revoked, kept = [await _create(speaker, session["accessToken"]) for _ in range(2)]
        began = await _sign_in(speaker, revoked)
        assert (await speaker.post("/signout", {"refreshToken": revoked})).content == OK
        refused(await speaker.post("/signin/pat", {"personalAccessToken": revoked}), *INVALID_PAT)
        await _sign_in(speaker, kept)
        assert (await speaker.refresh(began["refreshToken"])).status_code == 200


async def test_signing_out_everywhere_revokes_all_of_ones_own(serve: Serve) -> None:
    """Sessions and tokens of the caller, and of nobody else."""
    async with serve() as running:
        speaker = Speaker(running)
        ann, bob = await speaker.sign_up(), await speaker.sign_up("bob@example.com")
        hers, his = [await _create(speaker, one["accessToken"]) for one in (ann, bob)]
        assert (await speaker.post("/signout", {"all": True}, ann["accessToken"])).content == OK
        refused(await speaker.post("/signin/pat", {"personalAccessToken": hers}), *INVALID_PAT)
        await _sign_in(speaker, his)


async def test_another_password_keeps_them(serve: Serve) -> None:
    """As in the newest original: programs go on."""
    async with serve() as running:
        speaker = Speaker(running)
        session = await speaker.sign_up()
        pat = await _create(speaker, session["accessToken"])
        changed = await speaker.post("/user/password", {"newPassword": "another one"}, session["accessToken"])
        assert changed.content == OK
        await _sign_in(speaker, pat)


async def test_who_may_not_come_in_does_not_with_a_token(serve: Serve) -> None:
    """Disabled, unproven, kept out, deleted: each in its own words (security 17, 18)."""
    async with serve(environ={"AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "true"}) as running:
        speaker = Speaker(running)
        session = await speaker.verified()
        pat = await _create(speaker, session["accessToken"])
        user_id, project_id = UUID(session["user"]["id"]), running.project.id
        await running.core.change_standing(project_id, user_id, "disabled", actor="test")
        refused(await speaker.post("/signin/pat", {"personalAccessToken": pat}), *DISABLED)
        refused(await speaker.post("/pat", {"expiresAt": _in_a_day(running)}, session["accessToken"]), *DISABLED)
        await running.core.change_standing(project_id, user_id, "active", actor="test")
        session = await _sign_in(speaker, pat)
        await running.core.db.run(UNPROVEN)
        refused(await speaker.post("/signin/pat", {"personalAccessToken": pat}), *UNVERIFIED)
        refused(await speaker.post("/pat", {"expiresAt": _in_a_day(running)}, session["accessToken"]), *UNVERIFIED)
        await running.core.users.delete(project_id, user_id, actor="test")
        refused(await speaker.post("/signin/pat", {"personalAccessToken": pat}), *INVALID_PAT)
        refused(await speaker.post("/pat", {"expiresAt": _in_a_day(running)}, session["accessToken"]), *WRONG_PASSWORD)


async def test_somebody_on_the_lists_is_kept_out_with_a_token_too(serve: Serve) -> None:
    """In the words of a wrong password."""
    async with serve(environ={"AUTH_ACCESS_CONTROL_BLOCKED_EMAILS": EMAIL}) as running:
        core, project = running.core, running.project
        before = Visit(replace(project, policy=replace(project.policy, blocked_emails=())), "nhost", "192.0.2.1", "1")
        user = await core.provision_user(project, ProvisionedUser(email=EMAIL), actor="test")
        issued = await core.create_access_token(
            before, NewAccessToken(user.id, running.clock.now() + timedelta(days=1))
        )
        answer = await Speaker(running).post("/signin/pat", {"personalAccessToken": str(UUID(bytes=issued.secret))})
        refused(answer, *WRONG_PASSWORD)


async def test_the_hundred_and_first_is_refused(serve: Serve) -> None:
    """Nobody fills the table by themselves; with one revoked there is room again."""
    async with serve() as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        pats = [await _create(speaker, token) for _ in range(100)]
        answer = await speaker.post("/pat", {"expiresAt": _in_a_day(running)}, token)
        refused(answer, 403, "invalid-request", "The request payload is incorrect")
        await speaker.post("/signout", {"refreshToken": pats[0]})
        await _create(speaker, token)
