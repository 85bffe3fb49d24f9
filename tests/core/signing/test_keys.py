"""The keys of an owner: made, sealed, rotated without a verifier noticing, revoked at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from tests.support.cores import CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from vestibule.assembly.start import StartRefused
from vestibule.core.projects import NewClient
from vestibule.core.signing import Algorithm, KeyOwner, KeySet, KeyState
from vestibule.core.signing.rotation import JWKS_MAX_AGE
from vestibule.kernel.errors import InvalidAccessToken
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Statement, database_from_url

ISSUER = "https://auth.example.com"
STORED = Statement(bytes, "SELECT private_key FROM vestibule_signing_keys")
FORGET_KEYS = Statement(None, "DELETE FROM vestibule_signing_keys")
NEXT_POLL = timedelta(seconds=5)


@pytest.fixture
async def neighbour(under_test: CoreUnderTest, database_url: str, clock: FakeClock) -> AsyncIterator[CoreUnderTest]:
    """Another worker on the same database."""
    db = database_from_url(database_url)
    await db.open()
    one = await core_under_test(database_url, db, clock)
    yield one
    one.core.sign_in_with_password.hashing.close()
    await db.close()


@pytest.fixture
def owner(under_test: CoreUnderTest) -> KeyOwner:
    """The default project."""
    return KeyOwner(under_test.project.id)


def token(keys: KeySet, under_test: CoreUnderTest, life: timedelta = timedelta(minutes=15)) -> str:
    now = under_test.core.key_sets.now_seconds()
    return keys.sign({"iss": ISSUER, "sub": "ann", "iat": now, "exp": now + int(life.total_seconds())})


def verified(keys: KeySet, text: str, under_test: CoreUnderTest) -> dict[str, Any]:
    return keys.verify(text, issuer=ISSUER, now_seconds=under_test.core.key_sets.now_seconds())


async def after_the_poll(*workers: CoreUnderTest) -> None:
    """Let the workers look whether something changed."""
    for worker in workers:
        await worker.core.catalog.refresh()


async def test_every_worker_has_the_same_keys(
    under_test: CoreUnderTest, neighbour: CoreUnderTest, owner: KeyOwner
) -> None:
    """What one signs the other verifies."""
    here, there = await under_test.core.key_sets.of(owner), await neighbour.core.key_sets.of(owner)

    assert verified(there, token(here, under_test), under_test)["sub"] == "ann"
    assert here.jwks() == there.jwks()


async def test_owners_have_keys_of_their_own(under_test: CoreUnderTest, owner: KeyOwner) -> None:
    """A project, another project and a client are nothing to each other (security 122)."""
    other = await under_test.other_project()
    client = await under_test.core.registry.create_client(under_test.project, NewClient("App"))
    owners = (owner, KeyOwner(other.id), KeyOwner(under_test.project.id, client.id))
    sets = [await under_test.core.key_sets.of(one) for one in owners]

    for signing in sets:
        text = token(signing, under_test)
        for verifying in sets:
            if verifying is signing:
                verified(verifying, text, under_test)
            else:
                with pytest.raises(InvalidAccessToken):
                    verified(verifying, text, under_test)


async def test_a_private_key_is_sealed_at_rest(under_test: CoreUnderTest, owner: KeyOwner) -> None:
    """A copy of the database signs nothing (security 39)."""
    await under_test.core.key_sets.of(owner)

    for stored in await under_test.db.all(STORED):
        assert b"PRIVATE KEY" not in stored
        with pytest.raises(ValueError, match=r"."):
            load_der_private_key(stored, None)


async def test_a_sealed_key_cannot_be_put_under_another_name(under_test: CoreUnderTest, owner: KeyOwner) -> None:
    """Its `kid` is part of the seal."""
    sets = under_test.core.key_sets
    [row] = await sets.live(owner)

    with pytest.raises(Exception, match="cannot open"):
        sets._open(replace(row, kid="key_of_somebody_else"))


async def test_a_new_key_is_published_before_it_signs(
    under_test: CoreUnderTest, neighbour: CoreUnderTest, owner: KeyOwner
) -> None:
    """For as long as anybody may keep our JWKS (security 126)."""
    old = await under_test.core.key_sets.of(owner)
    await under_test.core.key_rotation.start(owner)
    await after_the_poll(under_test, neighbour)

    published = await neighbour.core.key_sets.of(owner)
    assert len(published.jwks()) == 2
    assert published.signer.kid == old.signer.kid

    under_test.clock.advance(JWKS_MAX_AGE - timedelta(seconds=1))
    assert await under_test.core.key_rotation.promote_due() == 0
    under_test.clock.advance(timedelta(seconds=1))
    assert await under_test.core.key_rotation.promote_due() == 1
    assert await under_test.core.key_rotation.promote_due() == 0


async def test_after_a_rotation_the_new_key_signs_and_old_tokens_live_on(
    under_test: CoreUnderTest, neighbour: CoreUnderTest, owner: KeyOwner
) -> None:
    """Nobody is signed out; the retired key goes when its last token is dead (security 126)."""
    old = await under_test.core.key_sets.of(owner)
    last = token(old, under_test, timedelta(days=1))
    await under_test.core.key_rotation.start(owner)
    under_test.clock.advance(JWKS_MAX_AGE)
    last = token(old, under_test, timedelta(days=1))
    await under_test.core.key_rotation.promote_due()
    await after_the_poll(under_test, neighbour)

    rotated = await neighbour.core.key_sets.of(owner)
    assert rotated.signer.kid != old.signer.kid
    assert verified(rotated, last, under_test)["sub"] == "ann"
    assert {jwk["kid"] for jwk in rotated.jwks()} == {old.signer.kid, rotated.signer.kid}

    under_test.clock.advance(timedelta(days=1))
    neighbour.core.key_sets.forget()
    remaining = await neighbour.core.key_sets.of(owner)
    assert [jwk["kid"] for jwk in remaining.jwks()] == [rotated.signer.kid]


async def test_a_leaked_key_is_replaced_at_once(under_test: CoreUnderTest, owner: KeyOwner) -> None:
    """`at_once` signs with the new key right away; `revoke` then ends the old one and its tokens."""
    leaked = await under_test.core.key_sets.of(owner)
    assert leaked.signer.kid is not None
    text = token(leaked, under_test)

    await under_test.core.key_rotation.start(owner, at_once=True)
    assert await under_test.core.key_rotation.revoke(under_test.project.id, leaked.signer.kid)
    await after_the_poll(under_test)

    keys = await under_test.core.key_sets.of(owner)
    with pytest.raises(InvalidAccessToken):
        verified(keys, text, under_test)
    assert leaked.signer.kid not in {jwk["kid"] for jwk in keys.jwks()}
    assert verified(keys, token(keys, under_test), under_test)


async def test_another_worker_forgets_a_revoked_key_at_the_next_look(
    under_test: CoreUnderTest, neighbour: CoreUnderTest, owner: KeyOwner
) -> None:
    """By the generation in the database: no message between processes is needed (security 25)."""
    keys = await neighbour.core.key_sets.of(owner)
    assert keys.signer.kid is not None
    text = token(keys, under_test)
    before = neighbour.core.key_sets.generation
    await under_test.core.key_rotation.revoke(under_test.project.id, keys.signer.kid)

    assert await neighbour.core.catalog.refresh()

    assert neighbour.core.key_sets.generation > before  # so that no remembered token is found either
    with pytest.raises(InvalidAccessToken):
        verified(await neighbour.core.key_sets.of(owner), text, under_test)
    assert not await neighbour.core.catalog.refresh()


async def test_a_key_is_revoked_in_its_project_only_and_once(under_test: CoreUnderTest, owner: KeyOwner) -> None:
    """An unknown name, or another project's, ends nothing (security 122)."""
    kid = (await under_test.core.key_sets.of(owner)).signer.kid or ""
    other = await under_test.other_project()
    revoke = under_test.core.key_rotation.revoke

    assert not await revoke(other.id, kid)
    assert not await revoke(under_test.project.id, "key_unknown")
    assert await revoke(under_test.project.id, kid)
    assert not await revoke(under_test.project.id, kid)


async def test_keys_read_before_a_change_are_not_kept_after_it(
    under_test: CoreUnderTest, owner: KeyOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was reading while a key was revoked must not bring it back (security 25)."""
    sets = under_test.core.key_sets
    sets.forget()
    have_read, go_on = asyncio.Event(), asyncio.Event()
    read = sets.live

    async def slowly(*arguments: Any) -> Any:
        rows = await read(*arguments)
        have_read.set()
        await go_on.wait()
        return rows

    monkeypatch.setattr(type(sets), "live", lambda _, *arguments: slowly(*arguments))
    reading = asyncio.create_task(sets.of(owner))
    await have_read.wait()
    monkeypatch.undo()
    [row] = await sets.live(owner)
    await under_test.core.key_rotation.revoke(under_test.project.id, row.kid)
    sets.forget()
    go_on.set()
    await reading

    assert row.kid not in {jwk["kid"] for jwk in (await sets.of(owner)).jwks()}


async def test_sixteen_who_miss_a_key_at_once_agree_on_one(
    under_test: CoreUnderTest, neighbour: CoreUnderTest, owner: KeyOwner
) -> None:
    """Otherwise the tokens of one worker would be nothing to the next (security 74)."""
    await under_test.db.run(FORGET_KEYS)
    for worker in (under_test, neighbour):
        worker.core.key_sets.forget()

    made = await asyncio.gather(*(one.core.key_sets.of(owner) for one in (under_test, neighbour) * 8))

    assert len({keys.signer.kid for keys in made}) == 1
    assert len(await under_test.core.key_sets.live(owner)) == 1


async def test_sixteen_rotations_at_once_leave_a_working_set(
    under_test: CoreUnderTest, neighbour: CoreUnderTest, owner: KeyOwner
) -> None:
    """One signs, all that may have signed verify, in both workers."""
    await asyncio.gather(
        *(
            one.core.key_rotation.start(owner, at_once=bool(number % 2))
            for number, one in enumerate((under_test, neighbour) * 8)
        )
    )
    under_test.clock.advance(JWKS_MAX_AGE)
    await asyncio.gather(*(one.core.key_rotation.promote_due() for one in (under_test, neighbour)))
    await after_the_poll(under_test, neighbour)

    here, there = await under_test.core.key_sets.of(owner), await neighbour.core.key_sets.of(owner)
    assert verified(there, token(here, under_test), under_test)
    assert verified(here, token(there, under_test), under_test)
    states = [row.state for row in await under_test.core.key_sets.live(owner)]
    assert KeyState.ACTIVE in states
    assert KeyState.PENDING not in states


async def test_the_wrong_root_key_refuses_to_start(
    under_test: CoreUnderTest, database_url: str, db: Database, clock: FakeClock
) -> None:
    """Rather than ending sessions one by one (security 110)."""
    with pytest.raises(StartRefused, match="another root key"):
        await core_under_test(database_url, db, clock, root_keys=(Secret("another root key, long enough, but wrong"),))


async def test_the_right_root_key_among_others_starts(
    under_test: CoreUnderTest, database_url: str, db: Database, clock: FakeClock
) -> None:
    """In any place of the list; what it sealed still signs."""
    roots = (
        Secret("another root key, long enough, now first"),
        Secret("a root key that only tests know and long enough"),
    )
    changed = await core_under_test(database_url, db, clock, root_keys=roots)
    owner = KeyOwner(under_test.project.id)

    old, new = await under_test.core.key_sets.of(owner), await changed.core.key_sets.of(owner)
    assert old.signer.kid == new.signer.kid


async def test_a_client_signs_with_rs256(under_test: CoreUnderTest) -> None:
    """Whatever the server's own algorithm is (RFC 7518 section 3.1)."""
    client = await under_test.core.registry.create_client(under_test.project, NewClient("App"))
    keys = await under_test.core.key_sets.of(KeyOwner(under_test.project.id, client.id))

    assert keys.signer.algorithm == Algorithm.RS256
