"""Service keys: shown once, stored as a hash, looked up on each use."""

from datetime import timedelta

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.projects import IssuedServiceKey
from vestibule.kernel.errors import InvalidServiceKey
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

HASHES = Statement(bytes, "SELECT secret_hash FROM vestibule_service_keys")


async def issued(under_test: CoreUnderTest, **more: object) -> IssuedServiceKey:
    return await under_test.core.service_keys.issue(under_test.project, "backend", **more)  # type: ignore[arg-type]  # by name


async def test_a_key_speaks_for_its_project(under_test: CoreUnderTest) -> None:
    """With the scopes it was given, and no others."""
    key = await issued(under_test, scopes=("users.read",))

    checked = await under_test.core.service_keys.check(under_test.project, key.secret.reveal())

    assert (checked.id, checked.project_id, checked.name) == (key.id, under_test.project.id, "backend")
    assert checked.scopes == {"users.read"}


async def test_a_key_of_another_project_is_refused(under_test: CoreUnderTest) -> None:
    """However genuine (security 122)."""
    key = await issued(under_test)
    other = await under_test.other_project()

    with pytest.raises(InvalidServiceKey):
        await under_test.core.service_keys.check(other, key.secret.reveal())


@pytest.mark.parametrize("change", ["", "vsk_", "short", "cut", "longer", "case", "prefix", "public id", "hash"])
async def test_nothing_but_the_secret_opens(under_test: CoreUnderTest, change: str) -> None:
    """Neither a part of it, nor its public name, nor what stands in the database (security 39)."""
    key = await issued(under_test)
    secret = key.secret.reveal()
    [stored] = await under_test.db.all(HASHES)
    presented = {
        "cut": secret[:-1],
        "longer": secret + "A",
        "case": "vsk_" + secret[4:].swapcase(),
        "prefix": secret[4:],
        "public id": key.public_id,
        "hash": "vsk_" + stored.hex(),
    }.get(change, change)

    with pytest.raises(InvalidServiceKey):
        await under_test.core.service_keys.check(under_test.project, presented)


async def test_a_secret_is_stored_nowhere(under_test: CoreUnderTest) -> None:
    """Only its hash is, and lists show neither (security 39, 65)."""
    key = await issued(under_test)
    secret = key.secret.reveal()

    assert len(secret) == len("vsk_") + 43
    assert secret.encode() not in b"".join(await under_test.db.all(HASHES))
    listed = await under_test.core.service_keys.list(under_test.project)
    assert secret not in repr(listed)
    assert not any("hash" in name for name in listed[0].__slots__)
    assert secret not in repr(key)


async def test_a_revoked_key_is_dead_on_the_next_request(under_test: CoreUnderTest) -> None:
    """Nothing is remembered about keys (security 25)."""
    key = await issued(under_test)
    await under_test.core.service_keys.check(under_test.project, key.secret.reveal())

    assert await under_test.core.service_keys.revoke(under_test.project, key.public_id)

    with pytest.raises(InvalidServiceKey):
        await under_test.core.service_keys.check(under_test.project, key.secret.reveal())
    assert not await under_test.core.service_keys.revoke(under_test.project, key.public_id)
    assert set(await under_test.events()) >= {"service_key.created", "service_key.revoked"}


async def test_a_key_is_revoked_in_its_project_only(under_test: CoreUnderTest) -> None:
    """Its public name alone is not enough (security 122)."""
    key = await issued(under_test)
    other = await under_test.other_project()

    assert not await under_test.core.service_keys.revoke(other, key.public_id)
    assert await under_test.core.service_keys.list(other) == []
    await under_test.core.service_keys.check(under_test.project, key.secret.reveal())


async def test_an_expired_key_is_refused(under_test: CoreUnderTest) -> None:
    """From its second on (security 127)."""
    key = await issued(under_test, expires_at=under_test.clock.now() + timedelta(days=1))
    under_test.clock.advance(timedelta(days=1) - timedelta(microseconds=1))
    await under_test.core.service_keys.check(under_test.project, key.secret.reveal())
    under_test.clock.advance(timedelta(microseconds=1))

    with pytest.raises(InvalidServiceKey):
        await under_test.core.service_keys.check(under_test.project, key.secret.reveal())


async def test_the_last_use_is_written_once_a_minute(under_test: CoreUnderTest) -> None:
    """Enough to find keys that nobody uses; not a write per request."""
    key = await issued(under_test)
    used = []
    for pause in (0, 30, 31, 30):
        under_test.clock.advance(timedelta(seconds=pause))
        await under_test.core.service_keys.check(under_test.project, key.secret.reveal())
        [row] = await under_test.core.service_keys.list(under_test.project)
        used.append(row.last_used_at)

    assert len(set(used)) == 2
    assert used[0] == used[1]
    assert used[2] == used[3]


async def test_a_developer_may_bring_a_key(under_test: CoreUnderTest) -> None:
    """So that it is the same after every start."""
    await issued(under_test, secret=Secret("vsk_development"))

    await under_test.core.service_keys.check(under_test.project, "vsk_development")
