"""Signing keys as the world sees them: published before they sign, kept while their tokens live, never fetched."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.cross.doors import Doors, doors_of
from tests.support.cores import ROOT_KEY, CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from tests.support.serving import CLIENT_ID, Serve
from vestibule.core.signing import KeyOwner, KeySets
from vestibule.core.signing.key_sets import unverified_kid
from vestibule.core.signing.rotation import JWKS_MAX_AGE
from vestibule.kernel.errors import InvalidRefreshToken
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Statement

SIGNED_BY_PUBLISHED_KEYS = ["nhost", "accountmaker"]
KEYS = Statement(int, "SELECT COUNT(*) FROM vestibule_signing_keys")


def _token(kid: object, **more: object) -> str:
    parts = ({"alg": "RS256", "typ": "JWT", "kid": kid, **more}, {"sub": "x", "cid": CLIENT_ID, "exp": 9_999_999_999})
    return ".".join(
        [*(base64.urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=") for part in parts), "c2ln"]
    )


async def _published(doors: Doors, name: str) -> set[str]:
    query = f"?client_id={CLIENT_ID}" if name == "accountmaker" else ""
    answer = await doors.nhost.send("GET", f"/v1/.well-known/jwks.json{query}")
    assert answer.headers["cache-control"] == f"public, max-age={int(JWKS_MAX_AGE.total_seconds())}"
    return {key["kid"] for key in answer.json()["keys"]}


@pytest.mark.parametrize("name", SIGNED_BY_PUBLISHED_KEYS)
async def test_a_verifier_never_meets_a_key_that_it_could_not_know(serve: Serve, name: str) -> None:
    """A new key is published for as long as anybody may hold an older key set, then signs; the old one verifies
    until its last token is dead (security 126).
    """
    async with serve() as running:
        doors, core = doors_of(running), running.core
        client = running.account_client.id if name == "accountmaker" else None
        owner = KeyOwner(running.project.id, client)
        await doors.accountmaker.sign_up()
        first = await doors[name].sign_in()
        before = await _published(doors, name)
        assert unverified_kid(first.access) in before
        await core.key_rotation.start(owner)
        core.key_sets.forget()
        announced = await _published(doors, name)
        (newcomer,) = announced - before
        assert unverified_kid((await doors[name].sign_in()).access) in before
        running.clock.advance(JWKS_MAX_AGE - timedelta(seconds=1))
        assert await core.key_rotation.promote_due() == 0
        last = await doors[name].sign_in()
        running.clock.advance(timedelta(seconds=1))
        assert await core.key_rotation.promote_due() == 1
        core.key_sets.forget()
        assert unverified_kid((await doors[name].sign_in()).access) == newcomer
        assert await doors[name].opens(last.access)
        assert before < await _published(doors, name)
        running.clock.advance(timedelta(days=1))
        core.key_sets.forget()
        assert await _published(doors, name) == {newcomer}


@pytest.mark.parametrize("name", SIGNED_BY_PUBLISHED_KEYS)
async def test_a_withdrawn_key_takes_its_tokens_along(serve: Serve, name: str) -> None:
    """Also those whose signature was checked a moment ago (security 40, 126)."""
    async with serve() as running:
        doors = doors_of(running)
        await doors.accountmaker.sign_up()
        held = await doors[name].sign_in()
        assert await doors[name].opens(held.access)
        assert await running.core.key_rotation.revoke(running.project.id, unverified_kid(held.access) or "")
        running.core.key_sets.forget()
        assert not await doors[name].opens(held.access)
        assert await doors[name].opens((await doors[name].sign_in()).access)


async def test_unknown_keys_are_not_looked_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens that name keys nobody has cost no query, no fetch and no new key, at any door (security 125)."""
    async with serve() as running:
        doors = doors_of(running)
        await doors.accountmaker.sign_up()
        held = [(door, (await door.sign_in()).access) for door in doors.every]
        for door, access in held:
            assert await door.opens(access)
        loads: list[KeyOwner] = []
        load: Callable[..., Any] = KeySets._load

        async def counting(self: KeySets, owner: KeyOwner) -> object:
            loads.append(owner)
            return await load(self, owner)

        monkeypatch.setattr(KeySets, "_load", counting)
        keys = await running.core.db.one(KEYS)
        for number in range(20):
            for door in doors.every:
                assert not await door.opens(_token(f"key_{number}"))
                assert not await door.opens(_token(number, jku="http://192.0.2.1/", x5u="http://192.0.2.1/", jwk={}))
            unknown = await doors.nhost.send("GET", f"/v1/.well-known/jwks.json?client_id=cid_{number}")
            assert unknown.status_code == 404
        for door in doors.every:
            assert await door.opens((await door.sign_in()).access)
        assert loads == []
        assert await running.core.db.one(KEYS) == keys


async def test_a_token_that_signs_itself_opens_nothing(serve: Serve) -> None:
    """No algorithm, or another one than the key has, or a cut signature: refused at every door (security 9)."""
    async with serve() as running:
        doors = doors_of(running)
        await doors.accountmaker.sign_up()
        for door in doors.every:
            access = (await door.sign_in()).access
            _, payload, _ = access.split(".")
            for header in (
                {"alg": "none"},
                {"alg": "None"},
                {"alg": "HS256"},
                {"alg": "HS256", "kid": unverified_kid(access)},
            ):
                head = base64.urlsafe_b64encode(msgspec.json.encode(header)).decode().rstrip("=")
                for signature in ("", "c2ln"):
                    assert not await door.opens(f"{head}.{payload}.{signature}")
            assert not await door.opens(access[:-4] + "AAAA")
            assert await door.opens(access)


async def test_a_token_of_an_older_root_key_dies_when_it_is_exchanged(
    database_url: str, db: Database, clock: FakeClock, under_test: CoreUnderTest
) -> None:
    """It is replaced, not joined: after the grace only the token under the current key is good (security 28)."""
    signed_in = await under_test.sign_up()
    keys = (Secret("another root key, which comes first from now on"), Secret(ROOT_KEY))
    both = await core_under_test(database_url, db, clock, root_keys=keys)
    moved = await both.refresh(signed_in.secret)
    assert moved != signed_in.secret
    clock.advance(timedelta(seconds=31))
    newest = await both.refresh(moved)
    clock.advance(timedelta(seconds=31))
    with pytest.raises(InvalidRefreshToken):
        await both.refresh(signed_in.secret)
    with pytest.raises(InvalidRefreshToken):
        await both.refresh(newest)  # whoever held the older one gave the theft away
    both.core.sign_in_with_password.hashing.close()
