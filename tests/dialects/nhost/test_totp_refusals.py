"""How the second factor says no, and in which order."""

from typing import Any

import pytest

from tests.dialects.nhost.factors import (
    ALREADY_ACTIVE,
    DISABLED_ENDPOINT,
    INVALID_TOTP,
    NO_SECRET,
    NOT_ACTIVE,
    ON,
    somebody,
    with_factor,
)
from tests.dialects.nhost.speaking import DISABLED, INVALID_TICKET, OK, Speaker, malformed, refused
from tests.support.serving import Serve
from vestibule.storage import Statement

MADE_UP = "mfaTotp:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"
DISABLE = Statement(None, "UPDATE vestibule_users SET status = 'disabled'")
FORGET = Statement(None, "DELETE FROM vestibule_totp")
ENDPOINTS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/mfa/totp/generate", None),
    ("POST", "/user/mfa", {"code": "123456", "activeMfaType": "totp"}),
    ("POST", "/user/mfa", {"code": "123456"}),
    ("POST", "/elevate/totp", {"otp": "123456"}),
    ("POST", "/signin/mfa/totp", {"ticket": MADE_UP, "otp": "123456"}),
    ("POST", "/signin/mfa/totp", {"ticket": "mfaTotp:", "otp": ""}),
]


@pytest.mark.parametrize(("method", "path", "body"), ENDPOINTS)
async def test_switched_off_is_told_before_anything_else(
    serve: Serve, method: str, path: str, body: dict[str, Any] | None
) -> None:
    """Without AUTH_MFA_ENABLED, also to somebody who has a second factor, and for tickets that do not exist."""
    async with serve() as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        answer = await (speaker.get(path, token) if method == "GET" else speaker.post(path, body, token))
        refused(answer, *DISABLED_ENDPOINT)


async def test_switching_it_off_opens_no_account(serve: Serve) -> None:
    """Who has a second factor is still asked for it, as in the original."""
    async with serve() as running:
        speaker = Speaker(running)
        await speaker.sign_up()
        await running.core.db.run(Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp'"))
        ticket = (await speaker.sign_in()).json()["mfa"]["ticket"]
        refused(await speaker.post("/signin/mfa/totp", {"ticket": ticket, "otp": "1"}), *DISABLED_ENDPOINT)


async def test_the_order_in_which_a_sign_in_is_refused(serve: Serve) -> None:
    """Ticket, user, factor, secret, code: what is earlier is told, as the contract has it."""
    async with serve(ON) as running:
        person = await with_factor(running)
        ticket = await person.ticket()
        refused(await person.show(MADE_UP, "wrong"), *INVALID_TICKET)
        refused(await person.show("mfaTotp:nonsense", "wrong"), *INVALID_TICKET)
        refused(await person.show(ticket, "wrong"), *INVALID_TOTP)
        await running.core.db.run(FORGET)
        refused(await person.show(ticket, "wrong"), *NO_SECRET)
        await running.core.db.run(Statement(None, "UPDATE vestibule_users SET mfa_type = NULL"))
        refused(await person.show(ticket, "wrong"), *NOT_ACTIVE)
        await running.core.db.run(DISABLE)
        refused(await person.show(ticket, "wrong"), *DISABLED)


async def test_the_order_in_which_a_change_is_refused(serve: Serve) -> None:
    """User, state of the factor, secret, code."""
    async with serve(ON) as running:
        person = await somebody(running)
        refused(await person.change("wrong", ""), *NOT_ACTIVE)
        refused(await person.change("wrong"), *NO_SECRET)
        secret = (await person.generate()).json()["totpSecret"]
        refused(await person.change("wrong"), *INVALID_TOTP)
        application = person.application.scanning(secret, running.clock)
        assert (await person.change(application.shows())).content == OK
        refused(await person.change("wrong"), *ALREADY_ACTIVE)
        refused(await person.change("wrong", ""), *INVALID_TOTP)
        refused(await person.speaker.post("/elevate/totp", {"otp": "wrong"}, person.token), *INVALID_TOTP)
        await running.core.db.run(FORGET)
        refused(await person.change("wrong", ""), *NO_SECRET)
        refused(await person.speaker.post("/elevate/totp", {"otp": "wrong"}, person.token), *NO_SECRET)
        await running.core.db.run(DISABLE)
        for answer in (
            await person.change("wrong"),
            await person.change("wrong", ""),
            await person.generate(),
            await person.speaker.post("/elevate/totp", {"otp": "wrong"}, person.token),
        ):
            refused(answer, *DISABLED)


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/user/mfa", {"activeMfaType": "totp"}, 'Error at "/code": property "code" is missing'),
        ("/user/mfa", {"code": "1", "x": 1}, 'Error at "/x": property "x" is unsupported'),
        ("/elevate/totp", {}, 'Error at "/otp": property "otp" is missing'),
        ("/signin/mfa/totp", {"ticket": MADE_UP}, 'Error at "/otp": property "otp" is missing'),
        ("/signin/mfa/totp", {"otp": "123456"}, 'Error at "/ticket": property "ticket" is missing'),
    ],
)
async def test_what_is_out_of_shape_is_told_first(serve: Serve, path: str, body: dict[str, Any], reason: str) -> None:
    """Before the switch is looked at."""
    async with serve() as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        malformed(await speaker.post(path, body, token), reason)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/user/mfa", {"code": 123456}),
        ("/user/mfa", {"code": "1", "activeMfaType": "sms"}),
        ("/user/mfa", {"code": "1", "activeMfaType": None}),
        ("/signin/mfa/totp", {"ticket": "passwordReset:x", "otp": "1"}),
        ("/signin/mfa/totp", {"ticket": None, "otp": "1"}),
        ("/elevate/totp", {"otp": None}),
    ],
)
async def test_another_type_or_word_is_out_of_shape(serve: Serve, path: str, body: dict[str, Any]) -> None:
    """The pattern of tickets and the words for the factor are part of the shape."""
    async with serve(ON) as running:
        speaker = Speaker(running)
        token = (await speaker.sign_up())["accessToken"]
        answer = await speaker.post(path, body, token)
        assert (answer.status_code, answer.json()["error"]) == (400, "schema-validation-error")


async def test_what_is_concealed_looks_like_any_bad_request(serve: Serve) -> None:
    """AUTH_CONCEAL_ERRORS."""
    async with serve({**ON, "AUTH_CONCEAL_ERRORS": "true"}) as running:
        person = await somebody(running)
        for answer in (await person.change("1", ""), await person.change("1"), await person.show(MADE_UP, "1")):
            refused(answer, 400, "invalid-request", "The request payload is incorrect")
