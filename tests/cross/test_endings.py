"""What ends, ends at every door: a changed password, a user shut out or deleted, an address that changed hands."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import httpx2
import msgspec
import pytest

from tests.cross.doors import (
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    WRONG_PASSWORD,
    Doors,
    Held,
    claims,
    doors_of,
)
from tests.cross.paths import PATHS, hands_out_tokens
from tests.cross.scenes import Scene
from tests.support.serving import Running, Serve
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.core.sessions.standing import Standing
from vestibule.storage import Statement

SET_STATUS: Final = Statement(None, "UPDATE vestibule_users SET status = :status WHERE id = :user_id")
DUE_SECOND_FACTOR: Final = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE id = :user_id")
PROVEN: Final = Statement(None, "UPDATE vestibule_credentials SET verified_at = :now WHERE user_id = :user_id")
COUNTS: Final = {
    table: Statement(int, f"SELECT COUNT(*) FROM vestibule_{table}")  # noqa: S608 - of these names
    for table in ("sessions", "tickets", "credentials", "users", "memberships")
}


async def _sessions(doors: Doors) -> dict[str, Held]:
    """Sign up once and come in by every door."""
    first = await doors.accountmaker.sign_up()
    return {
        "accountmaker": first,
        "nhost": await doors.nhost.sign_in(),
        "sublay": await doors.sublay.sign_in(),
        "replyke": await doors.replyke.sign_in(),
    }


async def _alive(doors: Doors, held: dict[str, Held]) -> set[str]:
    return {name for name, session in held.items() if await doors[name].lives(session.refresh)}


async def _reset(doors: Doors, held: dict[str, Held]) -> None:
    ticket = await doors.nhost.reset_ticket()
    answer = await doors.nhost.send("POST", "/v1/user/password", {"newPassword": NEW_PASSWORD, "ticket": ticket})
    assert answer.status_code == 200


async def _by_backend(doors: Doors, held: dict[str, Held]) -> None:
    key = await doors.sublay.running.service_key()
    body = {"password": PASSWORD, "newPassword": NEW_PASSWORD, "userId": str(held["sublay"].user_id)}
    headers = {
        "authorization": f"Bearer {key.secret.reveal()}",
        "x_sublay_project_id": doors.sublay.project.public_id,
    }
    assert (await doors.sublay.post("/auth/change-password", body, **headers)).status_code == 200


# Every way to set a new password, and the one session that may survive it.
CHANGES: Final[dict[str, tuple[Callable[[Doors, dict[str, Held]], Awaitable[None]], set[str]]]] = {
    "nhost, signed in": (lambda doors, held: doors.nhost.change_password(held["nhost"]), {"nhost"}),
    "nhost, by ticket": (_reset, set()),
    "sublay, signed in": (lambda doors, held: doors.sublay.change_password(held["sublay"]), {"sublay"}),
    "replyke, signed in": (lambda doors, held: doors.replyke.change_password(held["replyke"]), {"replyke"}),
    "sublay, by a backend": (_by_backend, set()),
}


@pytest.mark.parametrize("way", CHANGES)
async def test_a_new_password_ends_the_sessions_of_every_door(serve: Serve, way: str) -> None:
    """Whoever knew the old one is out, wherever they came in; who changed it stays (security 29)."""
    change, kept = CHANGES[way]
    async with serve() as running:
        doors = doors_of(running)
        held = await _sessions(doors)
        assert await _alive(doors, held) == set(held)
        held = {name: await doors[name].sign_in() for name in held}
        await change(doors, held)
        assert await _alive(doors, held) == kept
        for door in doors.every:
            assert (await door.try_to_sign_in(EMAIL, PASSWORD)).status_code >= 400
            assert (await door.try_to_sign_in(EMAIL, NEW_PASSWORD)).status_code == 200


async def test_an_operator_may_keep_sessions_over_a_password_change(serve: Serve) -> None:
    """The original's behaviour is one setting away, never the default (security 29)."""
    async with serve(policy={"password_change_ends_other_sessions": False}) as running:
        doors = doors_of(running)
        held = await _sessions(doors)
        await doors.nhost.change_password(held["nhost"])
        assert await _alive(doors, held) == set(held)


async def test_a_new_password_kills_older_reset_links(serve: Serve) -> None:
    """However the password was changed; and a newer link replaces an older one (security 98)."""
    async with serve() as running:
        doors = doors_of(running)
        held = await doors.nhost.sign_up()
        older = await doors.nhost.reset_ticket()
        running.clock.advance(timedelta(seconds=1))
        newer = await doors.nhost.reset_ticket()
        body = {"newPassword": NEW_PASSWORD}
        assert (await doors.nhost.send("POST", "/v1/user/password", {**body, "ticket": older})).status_code == 401
        await doors.nhost.change_password(held)
        assert (await doors.nhost.send("POST", "/v1/user/password", {**body, "ticket": newer})).status_code == 401


async def _tickets(doors: Doors) -> dict[str, str]:
    mailed = await doors.accountmaker.mailed_token()
    running = doors.nhost.running
    # What a first proof takes from whoever was there before has tests of its own.
    user_id = (await doors.nhost.sign_in()).user_id
    await running.core.db.run(PROVEN, user_id=user_id, now=running.clock.now())
    code = await doors.nhost.authorization_code()
    reset = await doors.nhost.reset_ticket()
    bearer = f"Bearer {(await doors.nhost.sign_in()).access}"
    made = await doors.nhost.send("POST", "/v1/pat", {"expiresAt": "2099-01-01T00:00:00Z"}, authorization=bearer)
    personal = made.json()["personalAccessToken"]
    return {"accountmaker": mailed, "reset": reset, "personal": personal, "code": code}


# Their session had all that was asked for when it began; they are a second factor; or it is somebody new.
NOT_ASKED_AGAIN: Final = {
    *(f"nhost {name}" for name in ("refreshToken", "signInPAT", "createPAT", "signInAnonymous")),
    *(f"nhost {name}" for name in ("getProviderTokens", "refreshProviderToken")),
    *(f"nhost verifyElevate{what}" for what in ("Webauthn", "OTPEmail", "OTPSms")),
    *(f"nhost {name}" for name in ("elevateTotp", "verifySignInMfaTotp", "signInWithRecoveryCode")),
    *(f"sublay v{version}_request_new_access_token" for version in (5, 6, 7)),
    "accountmaker refresh",
}
assert PATHS.keys() >= NOT_ASKED_AGAIN


async def _operations_that_answer_tokens(running: Running) -> set[str]:
    found = set()
    for name in ("nhost", "sublay", "accountmaker"):
        document = (await running.client.get(f"/openapi/{name}.json")).json()
        schemas = document["components"]["schemas"]

        def names(schema: object, schemas: dict[str, object] = schemas) -> str:
            text = msgspec.json.encode(schema).decode()
            for _ in range(4):
                for component, described in schemas.items():
                    reference = f'"#/components/schemas/{component}"'
                    text = text.replace(reference, msgspec.json.encode(described).decode())
            return text

        for methods in document["paths"].values():
            for operation in methods.values():
                good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
                if any(word in names(good) for word in ('"refreshToken"', '"accessToken"', '"access_token"')):
                    found.add(f"{name} {operation['operationId'].rstrip('_0123456789')}")
    return found


async def test_the_ways_to_a_token_are_all_known(serve: Serve) -> None:
    """What a document shows to answer tokens is a path of the matrix (security 18)."""
    async with serve() as running:
        answering = await _operations_that_answer_tokens(running)
        assert {"nhost signInEmailPassword", "sublay v7_sign_in", "accountmaker sign_in"} <= answering <= PATHS.keys()


@pytest.mark.parametrize("standing", ["suspended", "disabled", "deleted"])
async def test_a_user_who_is_shut_out_opens_nothing(serve: Serve, standing: str) -> None:
    """Neither with tokens that are still alive, nor with a letter (security 18)."""
    async with serve() as running:
        doors = doors_of(running)
        held = await _sessions(doors)
        ticket = await doors.nhost.reset_ticket()
        await running.core.db.run(SET_STATUS, user_id=held["nhost"].user_id, status=standing)
        assert not await doors.nhost.opens(held["nhost"].access)
        assert not await doors.sublay.opens(held["sublay"].access)
        assert not await doors.accountmaker.opens(held["accountmaker"].access)
        body = {"newPassword": NEW_PASSWORD, "ticket": ticket}
        assert (await doors.nhost.send("POST", "/v1/user/password", body)).status_code >= 400


@pytest.mark.parametrize("standing", ["suspended", "disabled"])
async def test_shutting_somebody_out_ends_their_sessions_for_good(serve: Serve, standing: Standing) -> None:
    """Letting them in again revives nothing (security 18, 25)."""
    async with serve() as running:
        doors = doors_of(running)
        held = await _sessions(doors)
        await running.core.change_standing(running.project.id, held["nhost"].user_id, standing, actor="test")
        await running.core.change_standing(running.project.id, held["nhost"].user_id, "active", actor="test")
        assert await _alive(doors, held) == set()
        assert (await doors.nhost.try_to_sign_in(EMAIL, PASSWORD)).status_code == 200


@pytest.mark.parametrize("name", sorted(PATHS.keys() - NOT_ASKED_AGAIN))
async def test_a_due_second_factor_is_not_walked_around(serve: Serve, name: str) -> None:
    """No door and no path starts a session on the first factor alone (security 30, 88)."""
    path = PATHS[name]
    async with serve(policy=EVERY_WAY_IN) as running:
        scene = await Scene.begin(running, EMAIL, name.partition(" ")[0])
        proof = await path.prove(scene)
        sessions = await scene.sessions()
        await running.core.db.run(DUE_SECOND_FACTOR, user_id=scene.user_id)
        assert not hands_out_tokens(await path.attempt(scene, proof))
        assert await scene.sessions() == sessions


async def test_a_deleted_user_leaves_nothing_that_signs_in(serve: Serve) -> None:
    """Sessions, tickets and addresses go in the same moment; a namesake who comes later inherits nothing (security
    17).
    """
    async with serve(policy=EVERY_WAY_IN) as running:
        doors = doors_of(running)
        held = await _sessions(doors)
        tickets = await _tickets(doors)
        await running.core.users.delete(running.project.id, held["nhost"].user_id, actor="test")
        for table, count in COUNTS.items():
            assert await running.core.db.one(count) == 0, table
        for later in (False, True):
            if later:
                await doors.nhost.sign_up(EMAIL, WRONG_PASSWORD)
            assert await _alive(doors, held) == set()
            for name, session in held.items():
                assert not await doors[name].opens(session.access), name
            assert "error=" in (await doors.nhost.follow(tickets["reset"])).headers["location"]
            body = {"newPassword": NEW_PASSWORD, "ticket": tickets["reset"]}
            assert (await doors.nhost.send("POST", "/v1/user/password", body)).status_code == 401
            verified = await doors.accountmaker.send("POST", "/auth/verify", {"token": tickets["accountmaker"]})
            assert verified.status_code == 400
            for door in doors.every:
                assert (await door.try_to_sign_in(EMAIL, PASSWORD)).status_code >= 400


async def test_a_deletion_wins_against_requests_that_run_beside_it(serve: Serve) -> None:
    """Whatever was under way, no session is left of a user who is gone (security 17)."""
    async with serve() as running:
        doors = doors_of(running)
        held = await _sessions(doors)
        busy = [door.try_to_sign_in(EMAIL, PASSWORD) for door in doors.every for _ in range(3)]
        busy += [doors[name].try_to_refresh(session.refresh) for name, session in held.items()]
        gone = running.core.users.delete(running.project.id, held["nhost"].user_id, actor="test")
        answers = await asyncio.gather(*busy[:6], gone, *busy[6:])
        assert all(answer.status_code < 500 for answer in answers if isinstance(answer, httpx2.Response))
        assert await running.core.db.one(COUNTS["sessions"]) == 0


async def test_access_tokens_are_short_and_name_their_session(serve: Serve) -> None:
    """What sign-out cannot take back is over soon, and tells which session it came from (security 40)."""
    async with serve() as running:
        doors = doors_of(running)
        held = await _sessions(doors)
        for name, session in held.items():
            said = claims(session.access)
            assert said["sid"], name
            assert said["exp"] - said["iat"] <= 3600, name
        running.clock.advance(timedelta(seconds=3600))
        for name, session in held.items():
            assert not await doors[name].opens(session.access), name
