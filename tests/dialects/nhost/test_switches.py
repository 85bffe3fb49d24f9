"""The switches of sign-up, at every way to become a user: a new way is a line in `WAYS`."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import pytest

from tests.dialects.nhost.matrix.told import CODES, INVALID_REQUEST
from tests.dialects.nhost.speaking import DISABLED, OK, PASSWORD, WRONG_PASSWORD, Speaker, refused
from tests.support.authenticator import Authenticator
from tests.support.serving import Running, Serve
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.core.users import Subject
from vestibule.dialects.nhost import NhostSettings, nhost
from vestibule.dialects.nhost.errors import error_table
from vestibule.storage import Statement

NO_SIGN_UP: Final = (403, "signup-disabled", "Sign up is disabled.")
TOO_SHORT: Final = (400, "password-too-short", "Password is too short")
BAD_ROLE: Final = (400, "role-not-allowed", "Role not allowed")
BAD_DEFAULT: Final = (400, "default-role-must-be-in-allowed-roles", "Default role must be in allowed roles")
NUMBER: Final = "+6421123456"
ANN: Final = "Ann@Acme.Example"

STATUSES: Final = Statement(str, "SELECT status FROM vestibule_users")
MESSAGES: Final = Statement(int, "SELECT COUNT(*) FROM vestibule_outbox")

Register = Callable[[Speaker, str, dict[str, Any]], Awaitable[httpx2.Response]]


@dataclass(frozen=True)
class Way:
    """A way to become a user.

    `names` is what it takes to be known by: an address, a number, or nothing. `signs_in` tells a sign-in that registers
    who is unknown; `has_options` whether a newcomer may choose roles and locale.
    """

    register: Register
    names: str = "address"
    signs_in: bool = False
    has_options: bool = True


def _asking(path: str, **more: str) -> Register:
    async def register(speaker: Speaker, email: str, options: dict[str, Any]) -> httpx2.Response:
        return await speaker.post(path, {"email": email, **more, "options": options})

    return register


def _texting(path: str) -> Register:
    async def register(speaker: Speaker, _: str, options: dict[str, Any]) -> httpx2.Response:
        return await speaker.post(path, {"phoneNumber": NUMBER, "options": options})

    return register


async def _with_passkey(speaker: Speaker, email: str, options: dict[str, Any]) -> httpx2.Response:
    begun = await speaker.post("/signup/webauthn", {"email": email, "options": options})
    if begun.status_code != httpx2.codes.OK:
        return begun
    return await speaker.post("/signup/webauthn/verify", {"credential": Authenticator().create(begun.json())})


async def _anonymously(speaker: Speaker, _: str, __: dict[str, Any]) -> httpx2.Response:
    return await speaker.post("/signin/anonymous")


WAYS: Final[Mapping[str, Way]] = {
    "password": Way(_asking("/signup/email-password", password=PASSWORD)),
    "passkey": Way(_with_passkey),
    "link": Way(_asking("/signup/passwordless/email")),
    "link, signing in": Way(_asking("/signin/passwordless/email"), signs_in=True),
    "mailed code": Way(_asking("/signup/otp/email")),
    "mailed code, signing in": Way(_asking("/signin/otp/email"), signs_in=True),
    "texted code": Way(_texting("/signup/passwordless/sms"), names="number"),
    "texted code, signing in": Way(_texting("/signin/passwordless/sms"), names="number", signs_in=True),
    "nothing": Way(_anonymously, names="nothing", has_options=False),
}
# Whom a provider sends is new or not by another rule: tests/core/social/test_enter.py tries the switches there.
BY_PROVIDERS: Final = {"/signup/idtoken", "/signup/provider/{provider}"}
BY_ADDRESS: Final = {name: way for name, way in WAYS.items() if way.names == "address"}
WITH_OPTIONS: Final = {name: way for name, way in WAYS.items() if way.has_options}


async def _everybody(running: Running) -> list[str]:
    return await running.core.db.all(STATUSES)


async def _messages(running: Running) -> int:
    return await running.core.db.one(MESSAGES) or 0


async def _newcomer(running: Running) -> Subject:
    [user] = await running.core.users.page(running.project.id)
    return await running.core.users.subject(running.core.db, running.project.id, user.id)


def test_every_way_to_become_a_user_is_here() -> None:
    """By the paths that the contract gives them."""
    begin = {
        endpoint.path
        for endpoint in nhost.endpoints
        if endpoint.path.startswith("/signup/") and not endpoint.path.endswith("/verify")
    } - BY_PROVIDERS
    assert len([way for way in WAYS.values() if not way.signs_in and way.names != "nothing"]) == len(begin), begin


@pytest.mark.parametrize("name", WAYS)
async def test_nobody_new_where_sign_up_is_off(serve: Serve, name: str) -> None:
    """AUTH_DISABLE_SIGNUP closes every way: no user, no message (security 111)."""
    async with serve({"AUTH_DISABLE_SIGNUP": "true"}, policy=EVERY_WAY_IN) as running:
        refused(await WAYS[name].register(Speaker(running), ANN, {}), *NO_SIGN_UP)
        assert (await _everybody(running), await _messages(running)) == ([], 0)


@pytest.mark.parametrize("name", WAYS)
async def test_new_users_wait_for_an_operator(serve: Serve, name: str) -> None:
    """AUTH_DISABLE_NEW_USERS: the row is there, disabled, and nothing is sent; anonymous users need nobody's leave."""
    way = WAYS[name]
    async with serve({"AUTH_DISABLE_NEW_USERS": "true"}, policy=EVERY_WAY_IN) as running:
        answer = await way.register(Speaker(running), ANN, {})
        if way.names == "nothing":
            assert answer.status_code == 200
            assert await _everybody(running) == ["active"]
        else:
            refused(answer, *DISABLED)
            assert (await _everybody(running), await _messages(running)) == (["disabled"], 0)


@pytest.mark.parametrize("name", WAYS)
async def test_signing_in_registers_nobody_where_that_is_off(serve: Serve, name: str) -> None:
    """AUTH_DISABLE_AUTO_SIGNUP: sign-ins by link or code answer as ever and do nothing; the rest goes on."""
    way = WAYS[name]
    async with serve({"AUTH_DISABLE_AUTO_SIGNUP": "true"}, policy=EVERY_WAY_IN) as running:
        answer = await way.register(Speaker(running), ANN, {})
        assert answer.status_code == 200, answer.text
        if way.signs_in:
            assert answer.content == OK
            assert (await _everybody(running), await _messages(running)) == ([], 0)
        else:
            assert await _everybody(running) == ["active"]


# The lists, and whether ANN is kept out by them; spellings do not matter.
LISTS: Final[list[tuple[dict[str, str], bool]]] = [
    ({"BLOCKED_EMAILS": "ann@acme.example"}, True),
    ({"BLOCKED_EMAILS": "bob@acme.example"}, False),
    ({"BLOCKED_EMAIL_DOMAINS": "ACME.example"}, True),
    ({"BLOCKED_EMAIL_DOMAINS": "example"}, False),
    ({"ALLOWED_EMAILS": "bob@acme.example"}, True),
    ({"ALLOWED_EMAILS": "ANN@acme.example"}, False),
    ({"ALLOWED_EMAIL_DOMAINS": "corp.example"}, True),
    ({"ALLOWED_EMAIL_DOMAINS": "acme.example"}, False),
    ({"BLOCKED_EMAILS": "ann@acme.example", "ALLOWED_EMAILS": "ann@acme.example"}, True),
    ({"BLOCKED_EMAIL_DOMAINS": "acme.example", "ALLOWED_EMAILS": "ann@acme.example"}, False),
    ({"BLOCKED_EMAIL_DOMAINS": "acme.example", "ALLOWED_EMAIL_DOMAINS": "acme.example"}, True),
    ({"ALLOWED_EMAILS": "bob@acme.example", "ALLOWED_EMAIL_DOMAINS": "acme.example"}, False),
]


@pytest.mark.engine("sqlite")  # lists are compared before the database is asked
@pytest.mark.parametrize(("lists", "is_out"), LISTS)
async def test_the_lists_say_who_may_come(serve: Serve, lists: dict[str, str], is_out: bool) -> None:  # noqa: FBT001 - a column
    """Told as a wrong password, at every way that takes an address; whoever has none is on no list."""
    environ = {f"AUTH_ACCESS_CONTROL_{name}": entries for name, entries in lists.items()}
    async with serve(environ, policy=EVERY_WAY_IN) as running:
        for name, way in WAYS.items():
            answer = await way.register(Speaker(running), ANN, {})
            if is_out and way.names == "address":
                refused(answer, *WRONG_PASSWORD)
                assert await _everybody(running) == [], name
            else:
                assert answer.status_code == 200, (name, answer.text)
                await running.core.users.delete(running.project.id, (await _newcomer(running)).id, actor="test")


ROLES: Final = {"AUTH_USER_DEFAULT_ROLE": "member", "AUTH_USER_DEFAULT_ALLOWED_ROLES": "reader,editor"}


@pytest.mark.parametrize("name", WITH_OPTIONS)
async def test_new_users_have_the_roles_of_the_project(serve: Serve, name: str) -> None:
    """The default role is added to the allowed ones; no more than those can be asked for (security 11)."""
    way = WAYS[name]
    async with serve(ROLES, policy=EVERY_WAY_IN) as running:
        speaker = Speaker(running)
        refused(await way.register(speaker, ANN, {"allowedRoles": ["reader", "admin"]}), *BAD_ROLE)
        refused(await way.register(speaker, ANN, {"allowedRoles": ["user"], "defaultRole": "user"}), *BAD_ROLE)
        refused(await way.register(speaker, ANN, {"defaultRole": "user"}), *BAD_DEFAULT)
        without_default: list[dict[str, Any]] = [
            {"allowedRoles": ["reader"]},
            {"allowedRoles": []},
            {"defaultRole": ""},
        ]
        for options in without_default:
            refused(await way.register(speaker, ANN, options), *BAD_DEFAULT)
        assert await _everybody(running) == []
        assert (await way.register(speaker, ANN, {})).status_code == 200
        user = await _newcomer(running)
        assert (user.default_role, user.roles) == ("member", ["reader", "editor", "member"])


@pytest.mark.parametrize("name", WITH_OPTIONS)
async def test_new_users_have_the_roles_that_they_asked_for(serve: Serve, name: str) -> None:
    """Among those of the project."""
    async with serve(ROLES, policy=EVERY_WAY_IN) as running:
        options = {"allowedRoles": ["editor", "reader"], "defaultRole": "reader"}
        assert (await WAYS[name].register(Speaker(running), ANN, options)).status_code == 200
        user = await _newcomer(running)
        assert (user.default_role, user.roles) == ("reader", ["editor", "reader"])


LOCALES: Final = {"AUTH_LOCALE_DEFAULT": "fr", "AUTH_LOCALE_ALLOWED_LOCALES": "de"}


@pytest.mark.parametrize("name", WITH_OPTIONS)
async def test_new_users_have_a_locale_of_the_project(serve: Serve, name: str) -> None:
    """One that is not allowed is replaced by the default one, without a word."""
    async with serve(LOCALES, policy=EVERY_WAY_IN) as running:
        for asked, given in ((None, "fr"), ("de", "de"), ("en", "fr")):
            options = {} if asked is None else {"locale": asked}
            assert (await WAYS[name].register(Speaker(running), ANN, options)).status_code == 200
            user = await _newcomer(running)
            assert user.locale == given
            await running.core.users.delete(running.project.id, user.id, actor="test")


@pytest.mark.parametrize("name", BY_ADDRESS)
async def test_new_users_have_a_picture_by_their_address(serve: Serve, name: str) -> None:
    """In lower case, as Gravatar wants it; with the default and rating of the project."""
    async with serve({"AUTH_GRAVATAR_DEFAULT": "retro", "AUTH_GRAVATAR_RATING": "pg"}, policy=EVERY_WAY_IN) as running:
        assert (await WAYS[name].register(Speaker(running), ANN, {})).status_code == 200
        digest = hashlib.md5(ANN.lower().encode(), usedforsecurity=False).hexdigest()
        assert (await _newcomer(running)).avatar_url == f"https://www.gravatar.com/avatar/{digest}?d=retro&r=pg"


@pytest.mark.engine("sqlite")  # nothing here depends on it
async def test_new_users_have_no_picture_where_that_is_off(serve: Serve) -> None:
    """AUTH_GRAVATAR_ENABLED; whoever has no address has none in any case."""
    async with serve({"AUTH_GRAVATAR_ENABLED": "false"}, policy=EVERY_WAY_IN) as running:
        for way in WAYS.values():
            assert (await way.register(Speaker(running), ANN, {})).status_code == 200
            user = await _newcomer(running)
            assert user.avatar_url == ""
            await running.core.users.delete(running.project.id, user.id, actor="test")


async def _sign_up(speaker: Speaker, password: str) -> httpx2.Response:
    return await speaker.post("/signup/email-password", {"email": ANN, "password": password})


async def _get_a_name(speaker: Speaker, password: str) -> httpx2.Response:
    token = (await speaker.anonymous())["accessToken"]
    body = {"signInMethod": "email-password", "email": ANN, "password": password}
    return await speaker.post("/user/deanonymize", body, token)


async def _change(speaker: Speaker, password: str) -> httpx2.Response:
    token = (await speaker.verified())["accessToken"]
    return await speaker.post("/user/password", {"newPassword": password}, token)


async def _reset(speaker: Speaker, password: str) -> httpx2.Response:
    session = await speaker.verified()
    await speaker.post("/user/password/reset", {"email": session["user"]["email"]})
    _, ticket = await speaker.newest_mail()
    return await speaker.post("/user/password", {"newPassword": password, "ticket": ticket})


@pytest.mark.parametrize("set_password", [_sign_up, _get_a_name, _change, _reset])
@pytest.mark.parametrize(("password", "is_long"), [("123456", False), ("ééééééé", True), ("1234567", True)])
async def test_a_new_password_has_so_many_characters(
    serve: Serve,
    set_password: Callable[[Speaker, str], Awaitable[httpx2.Response]],
    password: str,
    is_long: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """AUTH_PASSWORD_MIN_LENGTH, wherever one is set; signs are counted, not bytes."""
    async with serve({"AUTH_PASSWORD_MIN_LENGTH": "7"}, policy=EVERY_WAY_IN) as running:
        answer = await set_password(Speaker(running), password)
        if is_long:
            assert answer.status_code == 200, answer.text
        else:
            refused(answer, *TOO_SHORT)


def test_what_tells_something_about_a_user_is_concealed() -> None:
    """AUTH_CONCEAL_ERRORS, code by code, in the codes of either year; all others stay as they are."""
    for year in ("2025", "2026"):
        plain = error_table(NhostSettings(codes="2026" if year == "2026" else "2025"))
        concealing = error_table(NhostSettings(codes="2026" if year == "2026" else "2025", conceal_errors=True))
        assert plain.keys() == concealing.keys()
        for kind, error in plain.items():
            told = CODES.get(error.code)
            expected = INVALID_REQUEST if told is not None and told.conceals else error.code
            assert concealing[kind].code == expected, kind
