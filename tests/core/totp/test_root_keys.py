"""Changing the root key: second factors come along, so that the old key can be given up."""

import pytest

from tests.support.cores import ROOT_KEY, core_under_test
from tests.support.fakes import FakeClock
from tests.support.second_factor import holder, newcomer
from vestibule.assembly.start import StartRefused
from vestibule.kernel.keyring import UnknownRootKey
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Statement

OLD, NEW = Secret(ROOT_KEY), Secret("another root key that is long enough as well")
SEALED = Statement(bytes, "SELECT COALESCE(secret, offered) FROM vestibule_totp")


async def test_a_start_seals_the_secrets_anew(database_url: str, db: Database, clock: FakeClock) -> None:
    """Confirmed ones and offered ones; then the old key is needed no longer, also for recovery codes (security 39)."""
    before = await core_under_test(database_url, db, clock, root_keys=(OLD,))
    ann, bob = await holder(before), await newcomer(before)
    codes = await ann.recovery_codes()
    bobs = await bob.offered()
    anns = await ann.offered()

    await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))
    alone = await core_under_test(database_url, db, clock, root_keys=(NEW,))

    for one in (ann, bob):
        one.under_test = alone
    await ann.show(await ann.ticket(), ann.application.fresh())
    await ann.show(await ann.ticket(), codes[0])
    await bob.activate(bobs.shows())
    await ann.deactivate(ann.application.fresh())
    await ann.activate(anns.shows())


async def test_a_secret_of_a_server_that_started_later_comes_along_too(
    database_url: str, db: Database, clock: FakeClock
) -> None:
    """While servers are restarted one by one, the last of them still seals with the old key."""
    old = await core_under_test(database_url, db, clock, root_keys=(OLD, NEW))
    first = await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))
    await holder(old)

    last = await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))

    [sealed] = await db.all(SEALED)
    assert sealed.startswith(first.core.keyring.current_id)
    assert last.core.keyring.is_current(sealed)


async def test_a_secret_is_sealed_anew_when_it_is_used(database_url: str, db: Database, clock: FakeClock) -> None:
    """Between the starts as well."""
    old = await core_under_test(database_url, db, clock, root_keys=(OLD, NEW))
    new = await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))
    ann = await holder(old)
    assert not new.core.keyring.is_current((await db.all(SEALED))[0])

    ann.under_test = new
    await ann.elevate(ann.application.fresh())

    assert new.core.keyring.is_current((await db.all(SEALED))[0])


async def test_a_key_that_still_seals_a_secret_cannot_be_given_up(
    database_url: str, db: Database, clock: FakeClock
) -> None:
    """The start is refused: otherwise its users would find out, one by one (security 110)."""
    old = await core_under_test(database_url, db, clock, root_keys=(OLD, NEW))
    await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))
    await holder(old)
    with pytest.raises(StartRefused, match="VESTIBULE_SECRET_KEYS"):
        await core_under_test(database_url, db, clock, root_keys=(NEW,))


async def test_without_its_root_key_a_secret_stays_shut(database_url: str, db: Database, clock: FakeClock) -> None:
    """Nothing falls back to letting somebody in (security 110)."""
    old = await core_under_test(database_url, db, clock, root_keys=(OLD, NEW))
    await core_under_test(database_url, db, clock, root_keys=(NEW, OLD))
    started_too_early = await core_under_test(database_url, db, clock, root_keys=(NEW,))
    ann = await holder(old)
    ann.under_test = started_too_early
    with pytest.raises(UnknownRootKey):
        await ann.elevate(ann.application.fresh())
