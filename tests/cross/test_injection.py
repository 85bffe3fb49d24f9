"""Texts that would mean something to a database, a shell or a template mean nothing here."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.cross.doors import EMAIL, PASSWORD, WRONG_PASSWORD, doors_of
from tests.support.serving import Serve
from vestibule.storage import Statement

USERS = Statement(int, "SELECT COUNT(*) FROM vestibule_users")
SPELLS = (
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE vestibule_users; --",
    'x" OR ""="',
    "x') UNION SELECT password_hash FROM vestibule_credentials --",
    "x\\' OR 1=1 --",
    "%' OR email_key LIKE '%",
    "%",
    "_",
    ":email_key",
    "$1",
    "{{7*7}}",
    "${7*7}",
    "$(reboot)",
)


@pytest.mark.parametrize("name", ["nhost", "sublay", "replyke", "accountmaker"])
async def test_no_spell_finds_or_ends_anybody(serve: Serve, name: str) -> None:
    """In address, password, token, project and client id: bound parameters only, so it is an odd text (security
    119).
    """
    async with serve() as running:
        doors = doors_of(running)
        door = doors[name]
        held = await door.sign_up()
        for pattern in ("___@example.com", "%@example.com", "ann@example%com"):
            assert (await door.try_to_sign_in(pattern, PASSWORD)).status_code >= 400, pattern
        for spell in SPELLS:
            for email, password in ((spell, PASSWORD), (f"ann@example.com{spell}", PASSWORD), (EMAIL, spell)):
                answer = await door.try_to_sign_in(email, password)
                assert 400 <= answer.status_code < 500, spell
                running.clock.advance(timedelta(minutes=16))
            assert not await door.opens(spell.replace("{", "").replace("}", ""))
            assert (await door.try_to_refresh(spell)).status_code >= 400
            lean = await doors.sublay.send("GET", f"/v7/{quote(spell, safe='')}/projects/lean")
            assert lean.status_code == 404
            keys = await doors.nhost.send("GET", f"/v1/.well-known/jwks.json?client_id={quote(spell, safe='')}")
            assert keys.status_code == 404
            verify = await doors.accountmaker.send("GET", f"/auth/verify?token={quote(spell, safe='')}")
            assert verify.status_code == 400
        assert await running.core.db.one(USERS) == 1
        assert await door.lives(held.refresh)
        assert (await door.try_to_sign_in(EMAIL, WRONG_PASSWORD)).status_code >= 400


async def test_spells_are_kept_as_they_are_written(serve: Serve) -> None:
    """A name is a name: stored and answered letter for letter (security 119)."""
    async with serve() as running:
        door = doors_of(running).sublay
        for number, spell in enumerate(SPELLS):
            body = {"email": f"{number}@example.com", "password": PASSWORD, "name": spell, "metadata": {spell: spell}}
            user = (await door.post("/auth/sign-up", body)).json()["user"]
            assert (user["name"], user["metadata"]) == (spell, {spell: spell})
        assert await running.core.db.one(USERS) == len(SPELLS)
