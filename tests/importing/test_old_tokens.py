"""Refresh tokens of the old server: each is exchanged once, and dies with everything else of its user."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.faults.failing_database import FailingDatabase, Fault
from tests.importing.conftest import Move
from tests.support.nhost_layout import Person
from tests.support.serving import Running
from vestibule.core.projects import Visit
from vestibule.core.reaper import Retention
from vestibule.core.sessions import RefreshTerms
from vestibule.kernel.errors import InvalidRefreshToken
from vestibule.storage import Statement

WAITING = Statement(int, "SELECT COUNT(*) FROM vestibule_imported_tokens")
SESSIONS = Statement(int, "SELECT COUNT(*) FROM vestibule_sessions")
GRACE = timedelta(minutes=1)


async def moved(move: Move, **more: Any) -> Person:
    """Let somebody with two open pages come over."""
    person = await move.person(**{"email": "ann@example.com", "password": "old password", "refresh_tokens": 2, **more})
    await move.run()
    return person


async def waiting(running: Running) -> int:
    """Return how many tokens were not exchanged yet."""
    return await running.core.db.one(WAITING) or 0


async def test_an_exchanged_token_is_good_for_nothing_more(move: Move) -> None:
    """The old format dies on the swap; who shows it later has stolen it, and the session ends (security 28)."""
    ann = await moved(move)
    session = (await move.speaker.refresh(ann.refresh_tokens[0])).json()
    assert await waiting(move.running) == 1
    move.running.clock.advance(GRACE)
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 401
    assert (await move.speaker.refresh(session["refreshToken"])).status_code == 401
    assert "session.reuse_detected" in [row.event for row in await _trail(move)]


async def test_an_exchanged_token_does_not_come_back_with_another_import(move: Move) -> None:
    """The old server believes in it still (security 28)."""
    ann = await moved(move)
    await move.speaker.refresh(ann.refresh_tokens[0])
    await move.run()
    assert await waiting(move.running) == 1


async def test_sixteen_tabs_with_the_same_old_token_share_one_session(move: Move) -> None:
    """None is signed out by the move, and none gets a session beside the others' (security 22)."""
    ann = await moved(move)
    answers = await asyncio.gather(*(move.speaker.refresh(ann.refresh_tokens[0]) for _ in range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refreshToken"] for answer in answers}) == 1
    assert await move.running.core.db.one(SESSIONS) == 1


async def test_signing_out_with_an_old_token_ends_it(move: Move) -> None:
    """Before it was ever exchanged; the other page stays signed in."""
    ann = await moved(move)
    assert (await move.speaker.post("/signout", {"refreshToken": ann.refresh_tokens[0]})).status_code == 200
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 401
    assert (await move.speaker.refresh(ann.refresh_tokens[1])).status_code == 200


async def test_signing_out_everywhere_ends_old_tokens(move: Move) -> None:
    """They are sessions that have not come yet."""
    ann = await moved(move)
    session = (await move.speaker.refresh(ann.refresh_tokens[0])).json()
    answer = await move.speaker.post("/signout", {"all": True, "refreshToken": ""}, session["accessToken"])
    assert answer.status_code == 200, answer.text
    assert (await move.speaker.refresh(ann.refresh_tokens[1])).status_code == 401


async def test_a_new_password_ends_old_tokens(move: Move) -> None:
    """Whoever has stolen one is out with the other sessions."""
    ann = await moved(move)
    session = (await move.speaker.refresh(ann.refresh_tokens[0])).json()
    answer = await move.speaker.post("/user/password", {"newPassword": "a new password"}, session["accessToken"])
    assert answer.status_code == 200, answer.text
    assert (await move.speaker.refresh(ann.refresh_tokens[1])).status_code == 401


async def test_shutting_somebody_out_ends_old_tokens(move: Move) -> None:
    """For good: letting them in again brings none of them back (security 18)."""
    ann = await moved(move)
    core, project = move.running.core, move.running.project
    for standing in ("disabled", "active"):
        await core.change_standing(project.id, ann.id, standing, actor="tests")
        assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 401


async def test_a_deleted_user_takes_old_tokens_along(move: Move) -> None:
    """With everything else (security 17)."""
    ann = await moved(move, access_tokens=1, key=True, totp=True)
    await move.running.core.users.delete(move.running.project.id, ann.id, actor="tests")
    assert await waiting(move.running) == 0
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 401
    assert (await move.speaker.post("/signin/pat", {"personalAccessToken": ann.access_tokens[0]})).status_code == 401


async def test_an_old_token_expires_when_it_would_have(move: Move) -> None:
    """The move gives it no new life before it is exchanged; then it is swept away (security 72)."""
    until = move.running.clock.now() + timedelta(days=2)
    ann = await moved(move, expires_at=until)
    move.running.clock.advance(timedelta(days=2))
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 401
    move.running.clock.advance(Retention().expired + timedelta(seconds=1))
    assert (await move.running.core.reaper.sweep())["imported_tokens"] == 2
    assert await waiting(move.running) == 0


async def test_an_expired_token_stays_where_it_is(move: Move) -> None:
    """Old servers keep them for years (security 72)."""
    ann = await moved(move, expires_at=datetime.now(UTC) - timedelta(seconds=1), access_tokens=1)
    assert await waiting(move.running) == 0
    assert (await move.speaker.post("/signin/pat", {"personalAccessToken": ann.access_tokens[0]})).status_code == 401


async def test_the_hash_of_an_old_token_opens_nothing(move: Move) -> None:
    """What a leaked database holds cannot be presented (security 39)."""
    ann = await moved(move, access_tokens=1)
    hashes = [row["refresh_token_hash"] for row in await move.old.fetch("SELECT * FROM auth.refresh_tokens")]
    for known in hashes:
        for text in (known, known[2:], known[2:34]):
            assert (await move.speaker.refresh(text)).status_code in {400, 401}
            assert (await move.speaker.post("/signin/pat", {"personalAccessToken": text})).status_code in {400, 401}
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 200


async def test_a_refresh_of_ours_asks_nothing_about_old_tokens(move: Move) -> None:
    """One statement, as ever: whoever did not come from elsewhere does not pay for those who did."""
    ann = await moved(move)
    secret = (await move.speaker.refresh(ann.refresh_tokens[0])).json()["refreshToken"]
    counting = Fault()
    core = move.running.core
    refresh = replace(core.refresh_session, db=FailingDatabase(core.db, counting))
    visit = Visit(move.running.project, "nhost", "192.0.2.9", "req-1")
    await refresh(visit, UUID(secret).bytes, RefreshTerms(imported_life=GRACE))
    assert counting.steps == 1


async def test_another_project_does_not_know_an_old_token(move: Move) -> None:
    """It was imported into one."""
    ann = await moved(move)
    visit = Visit(await move.running.other_project(), "nhost", "192.0.2.9", "req-1")
    secret = UUID(ann.refresh_tokens[0]).bytes
    with pytest.raises(InvalidRefreshToken):
        await move.running.core.refresh_session(visit, secret, RefreshTerms(imported_life=GRACE))
    assert not await move.running.core.revoke_sessions.by_secret(visit, secret)
    assert await waiting(move.running) == 2


async def _trail(move: Move) -> list[Any]:
    return list(await move.running.core.audit.latest(move.running.core.db, move.running.project.id, limit=100))
