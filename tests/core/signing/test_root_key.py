"""Changing the root key: the old one is needed until everything has moved, and not a day longer."""

import pytest

from tests.support.cores import ROOT_KEY, core_under_test
from tests.support.fakes import FakeClock
from vestibule.assembly.start import StartRefused
from vestibule.core.signing import KeyOwner
from vestibule.kernel.secret import Secret
from vestibule.storage import Database

OLD, NEW = Secret(ROOT_KEY), Secret("another root key that is long enough as well")


async def test_an_old_root_key_can_be_given_up(database_url: str, db: Database, clock: FakeClock) -> None:
    """A start with a new key in front seals the signing keys anew; a later start needs the new one alone."""
    before = await core_under_test(database_url, db, clock, root_keys=(OLD,))
    project = before.project
    signed = (await before.core.key_sets.of(KeyOwner(project.id))).sign(
        {"sub": "ann", "iss": "tests", "iat": 1, "exp": 1 << 40}
    )

    await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))
    alone = await core_under_test(database_url, db, clock, root_keys=(NEW,))

    keys = await alone.core.key_sets.of(KeyOwner(project.id))
    assert keys.verify(signed, issuer="tests", now_seconds=2)["sub"] == "ann"


async def test_a_root_key_that_never_was_first_does_not_open_the_database(
    database_url: str, db: Database, clock: FakeClock
) -> None:
    """Before the move the new key alone refuses to start, and after it the old key alone does."""
    await core_under_test(database_url, db, clock, root_keys=(OLD,))
    with pytest.raises(StartRefused, match="VESTIBULE_SECRET_KEYS"):
        await core_under_test(database_url, db, clock, root_keys=(NEW,))

    await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))
    with pytest.raises(StartRefused, match="VESTIBULE_SECRET_KEYS"):
        await core_under_test(database_url, db, clock, root_keys=(OLD,))


async def test_a_development_key_that_was_revoked_stays_so(database_url: str, db: Database, clock: FakeClock) -> None:
    """Another start with the same key neither fails nor revives it."""
    told = {"dev": True, "dev_service_key": Secret("vsk_dev_tests"), "dev_client_id": None}
    first = await core_under_test(database_url, db, clock, **told)
    (key,) = await first.core.service_keys.list(first.project)
    await first.core.service_keys.revoke(first.project, key.public_id)

    again = await core_under_test(database_url, db, clock, **told)

    (key,) = await again.core.service_keys.list(again.project)
    assert key.revoked_at is not None
