"""Runs: tried out, stopped in the middle, begun again, watched and recorded."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.faults.failing_database import FailingDatabase, Fault, When
from tests.importing.conftest import Move
from tests.support.nhost_layout import Person, fill
from vestibule.importing import ImportUsers, OldServer, Skipped, Watch, source
from vestibule.kernel.errors import StorageUnavailable
from vestibule.storage import Statement

TABLES = ("users", "credentials", "totp", "passkeys", "access_tokens", "imported_tokens", "audit")
COUNTS = {table: Statement(int, f"SELECT COUNT(*) FROM vestibule_{table}") for table in TABLES}  # noqa: S608 - the names above
WHO = Statement(UUID, "SELECT id FROM vestibule_users ORDER BY id")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few users at a time, so that few users make many pages."""
    monkeypatch.setattr(source, "PAGE", 4)


async def counts(move: Move) -> dict[str, int | None]:
    """Return how many rows each table has."""
    return {table: await move.running.core.db.one(COUNTS[table]) for table in TABLES}


async def an_assortment(move: Move) -> list[Person]:
    """Let all kinds of people be at the old server, and some who cannot come."""
    people = await fill(move.old, 30)
    await move.person(email="a..b@example.com")
    await move.person(email="c@example.com", phone_number="+4915123456789", phone_number_verified=True)
    await move.person(email="d@example.com", phone_number="+49 151 23456789")
    await move.person(email="e@example.com", password_hash="not a hash", totp=True, encryption_key="00" * 32)
    return people


async def test_a_dry_run_writes_nothing_and_tells_the_same(move: Move, small_pages: None) -> None:
    """Not even into the audit trail; what it counts and skips is what the import counts and skips."""
    await an_assortment(move)
    before = await counts(move)
    tried = await move.run(rehearsal=True)
    told = move.skipped
    assert await counts(move) == before
    done = await move.run()
    assert tried.as_dict() == done.as_dict()
    assert sorted(told, key=repr) == sorted(move.skipped, key=repr)
    assert {one.why for one in told} == {
        "invalid-email",
        "phone-number-taken",
        "unknown-password-hash",
        "secret-sealed",
    }
    assert done.brought == {
        "password": 30,
        "second-factor": 6,
        "security-key": 10,
        "provider-link": 8,
        "personal-access-token": 5,
        "refresh-token": 30,
    }


async def test_a_second_run_changes_nothing(move: Move, small_pages: None) -> None:
    """Whoever is here is counted and left as they are, whatever the other server says by then."""
    people = await an_assortment(move)
    first = await move.run()
    before = await counts(move)
    await move.old.execute("UPDATE auth.users SET display_name = 'changed since'")
    second = await move.run()
    assert (second.known, second.imported, second.refused) == (first.imported, 0, first.refused)
    assert (await move.subject(people[0])).display_name == "Person 0"
    assert await counts(move) == {**before, "audit": (before["audit"] or 0) + 2}


@pytest.mark.parametrize("when", list(When))
async def test_a_run_that_was_killed_goes_on_and_ends_the_same(move: Move, small_pages: None, when: When) -> None:
    """Wherever it was: in the middle of a page, or between its commit and the answer."""
    people = await an_assortment(move)
    core = move.running.core
    fault = Fault(when)
    failing = FailingDatabase(core.db, fault)
    plan = ImportUsers(OldServer.at(move.url), failing, replace(core.settle_arrivals, db=failing), core.audit, {})
    for step in range(1, 60, 7):
        fault.arm(step)
        with suppress(StorageUnavailable):
            await plan(move.running.project, Watch(), actor="tests")
            break
        await _nobody_is_half_here(move)
    await move.run()
    after = await counts(move)
    assert after["users"] == len(people) + 2  # of the four others two cannot come
    assert (after["credentials"], after["totp"], after["passkeys"]) == (after["users"], 6, 10)
    assert (after["access_tokens"], after["imported_tokens"]) == (5, 30)


@pytest.mark.parametrize("when", list(When))
async def test_what_was_left_behind_is_kept_before_its_user_is_here(move: Move, small_pages: None, when: When) -> None:
    """Wherever a run was killed: no later one tells of users who are here already."""
    people = [await move.person(email=f"{n}@example.com", totp=True, encryption_key="00" * 32) for n in range(9)]
    core = move.running.core
    fault, told, kept = Fault(when), set[UUID](), set[UUID]()
    failing = FailingDatabase(core.db, fault)
    watch = Watch(lambda skipped: told.add(skipped.user), keep=lambda: kept.update(told))
    plan = ImportUsers(OldServer.at(move.url), failing, replace(core.settle_arrivals, db=failing), core.audit, {})
    for step in range(1, 40, 3):
        fault.arm(step)
        with suppress(StorageUnavailable):
            await plan(move.running.project, watch, actor="tests")
            break
        assert set(await core.db.all(WHO)) <= kept
    assert kept == {person.id for person in people}


async def test_a_run_that_was_interrupted_leaves_whole_users(move: Move, small_pages: None) -> None:
    """As by Ctrl-C: what was committed stays, with everything of theirs."""
    people = await fill(move.old, 30)
    enough = asyncio.Event()

    def after_two_pages(done: int, _: int) -> None:
        if done >= 8:
            enough.set()

    running = asyncio.create_task(move.run(watch=Watch(progress=after_two_pages)))
    await enough.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _nobody_is_half_here(move)
    summary = await move.run()
    assert summary.known >= 8
    assert await move.running.core.db.all(WHO) == sorted(person.id for person in people)


async def test_progress_comes_page_by_page_and_ends_with_all(move: Move, small_pages: None) -> None:
    """Of how many is known from the beginning."""
    await fill(move.old, 10)
    told: list[tuple[int, int]] = []
    await move.run(watch=Watch(progress=lambda done, total: told.append((done, total))))
    assert told == [(4, 10), (8, 10), (10, 10)]


async def test_belongings_find_their_users_whatever_the_pages_are(move: Move, small_pages: None) -> None:
    """More of them than one piece holds, and users without any in between."""
    people = [await move.person(email=f"person{n}@example.com", refresh_tokens=3 * (n % 2)) for n in range(12)]
    await move.old.execute(
        "INSERT INTO auth.refresh_tokens (user_id, expires_at, refresh_token_hash)"
        " SELECT $1, now() + interval '1 day', '\\x' || encode(sha256(n::text::bytea), 'hex')"
        " FROM generate_series(1, 2500) AS n",
        people[1].id,
    )
    await move.run()
    assert (await counts(move))["imported_tokens"] == 6 * 3 + 2500
    for person in people:
        for token in person.refresh_tokens:
            assert (await move.speaker.refresh(token)).json()["user"]["id"] == str(person.id)


async def test_the_trail_says_who_imported_what(move: Move) -> None:
    """When it began, and what came of it."""
    await an_assortment(move)
    summary = await move.run()
    core = move.running.core
    rows = await core.audit.latest(core.db, move.running.project.id, limit=100)
    told = {row.event: row for row in rows if row.event.startswith("import.")}  # both of one moment: the clock stands
    assert set(told) == {"import.started", "import.finished"}
    assert (told["import.started"].actor, told["import.started"].detail) == ("tests", {"source": "nhost"})
    assert told["import.finished"].detail["imported"] == summary.imported


async def test_no_secret_is_in_what_is_told(move: Move) -> None:
    """Neither in the report nor in the trail: ids, codes and numbers only (security 41)."""
    people = await an_assortment(move)
    summary = await move.run()
    core = move.running.core
    rows = await core.audit.latest(core.db, move.running.project.id, limit=100)
    told = repr((summary, move.skipped, rows))
    hashes = [row[0] for row in await move.old.fetch("SELECT refresh_token_hash FROM auth.refresh_tokens")]
    assert not any(secret in told for secret in _known(people, hashes))
    assert "@example.com" not in told
    assert all(isinstance(one, Skipped) for one in move.skipped)


def _known(people: Sequence[Person], hashes: Sequence[str]) -> list[str]:
    tokens = [token for person in people for token in (*person.refresh_tokens, *person.access_tokens)]
    return [*hashes, *tokens, *(person.password or "" for person in people)]


async def _nobody_is_half_here(move: Move) -> None:
    """Every user has what they have, or is not here."""
    here = set(await move.running.core.db.all(WHO))
    expected: dict[str, Any] = {}
    for table, source_table in (("passkeys", "user_security_keys"), ("imported_tokens", "refresh_tokens")):
        condition = " AND type = 'regular'" if source_table == "refresh_tokens" else ""
        sql = f"SELECT count(*) FROM auth.{source_table} WHERE user_id = ANY($1){condition}"  # noqa: S608 - names above
        expected[table] = await move.old.fetchval(sql, list(here))
    found = await counts(move)
    assert {table: found[table] for table in expected} == expected
    assert found["credentials"] == len(here)
