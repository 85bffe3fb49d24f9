"""Whatever people signed in with at the old server works at the new one, and nobody is signed out by the move."""

import base64

import pytest

from tests.dialects.nhost.passkey_speaking import Ceremonies
from tests.importing.conftest import Move
from tests.support.nhost_layout import bcrypt_hash
from tests.support.second_factor import Application
from vestibule.storage import Statement

HASHES = Statement(str, "SELECT password_hash FROM vestibule_credentials")
KEY = "00112233445566778899aabbccddeeff" * 2


@pytest.mark.parametrize("prefix", [b"2a", b"2b", b"2y"])
async def test_an_old_password_signs_in_and_is_hashed_anew(move: Move, prefix: bytes) -> None:
    """Whatever the old implementation of bcrypt called itself; the new hash takes the same password."""
    await move.person(email="Ann@Example.com", password_hash=bcrypt_hash("old password", prefix=prefix))
    await move.run()
    assert (await move.speaker.sign_in("ann@example.com", "wrong password")).status_code == 401
    [before] = await move.running.core.db.all(HASHES)
    assert before.startswith(f"${prefix.decode()}$")
    answer = await move.speaker.sign_in("ann@example.com", "old password")
    assert answer.status_code == 200, answer.text
    assert answer.json()["session"]["user"]["email"] == "Ann@Example.com"
    [after] = await move.running.core.db.all(HASHES)
    assert after.startswith("$argon2id$")
    assert (await move.speaker.sign_in("ann@example.com", "old password")).status_code == 200


async def test_an_old_password_counts_as_far_as_bcrypt_read_it_once(move: Move) -> None:
    """Old servers cut at 72 bytes; whoever has typed more ever since still comes in (security 84)."""
    long = "pässword " * 12
    await move.person(email="ann@example.com", password_hash=bcrypt_hash(long))
    await move.run()
    assert (await move.speaker.sign_in("ann@example.com", long)).status_code == 200
    # From now on all of it counts.
    assert (await move.speaker.sign_in("ann@example.com", long[:-1])).status_code == 401


async def test_an_old_refresh_token_goes_on_as_a_session(move: Move) -> None:
    """A page that was open during the move notices nothing, and refreshes ever after."""
    ann = await move.person(email="ann@example.com", refresh_tokens=2)
    await move.run()
    answer = await move.speaker.refresh(ann.refresh_tokens[0])
    assert answer.status_code == 200, answer.text
    session = answer.json()
    assert session["user"]["id"] == str(ann.id)
    assert session["refreshToken"] not in ann.refresh_tokens
    assert (await move.speaker.get("/user", session["accessToken"])).status_code == 200
    assert (await move.speaker.refresh(session["refreshToken"])).status_code == 200
    assert (await move.speaker.refresh(ann.refresh_tokens[1])).status_code == 200


async def test_an_old_personal_access_token_signs_in_again_and_again(move: Move) -> None:
    """It is as good as it was, and not a refresh token."""
    ann = await move.person(email="ann@example.com", access_tokens=1)
    await move.run()
    [token] = ann.access_tokens
    for _ in range(2):
        answer = await move.speaker.post("/signin/pat", {"personalAccessToken": token})
        assert answer.status_code == 200, answer.text
        assert answer.json()["session"]["user"]["id"] == str(ann.id)
    assert (await move.speaker.refresh(token)).status_code == 401


async def test_an_old_personal_access_token_can_be_revoked(move: Move) -> None:
    """By signing out with it, as at the old server."""
    ann = await move.person(email="ann@example.com", access_tokens=1)
    await move.run()
    [token] = ann.access_tokens
    assert (await move.speaker.post("/signout", {"refreshToken": token})).status_code == 200
    assert (await move.speaker.post("/signin/pat", {"personalAccessToken": token})).status_code == 401


@pytest.mark.parametrize("named", [True, False])
async def test_an_old_security_key_signs_in(move: Move, *, named: bool) -> None:
    """With an address, or because the authenticator knows whose key it is."""
    ann = await move.person(email="ann@example.com", key=True, nickname="blue")
    await move.run()
    assert ann.key is not None
    answer = await Ceremonies(move.running, ann.key).sign_in({"email": ann.email} if named else None)
    assert answer.status_code == 200, answer.text
    assert answer.json()["session"]["user"]["id"] == str(ann.id)


@pytest.mark.parametrize("key", [None, KEY])
async def test_an_old_second_factor_is_asked_for_and_taken(move: Move, key: str | None) -> None:
    """Whether its secret was stored in clear or sealed with the old server's key."""
    ann = await move.person(email="ann@example.com", password="old password", totp=True, encryption_key=key)
    await move.run(key=key)
    assert move.skipped == []
    assert ann.totp is not None
    answer = await move.speaker.sign_in("ann@example.com", "old password")
    assert answer.json().keys() == {"mfa"}
    code = Application.scanning(base64.b32encode(ann.totp).decode(), move.running.clock).shows()
    answer = await move.speaker.post("/signin/mfa/totp", {"ticket": answer.json()["mfa"]["ticket"], "otp": code})
    assert answer.status_code == 200, answer.text
    assert answer.json()["session"]["user"]["id"] == str(ann.id)


async def test_somebody_without_a_name_goes_on_without_one(move: Move) -> None:
    """An anonymous user has nothing but the refresh token."""
    nobody = await move.person(
        roles=("anonymous",), default_role="anonymous", is_anonymous=True, refresh_tokens=1, display_name="Guest"
    )
    await move.run()
    answer = await move.speaker.refresh(nobody.refresh_tokens[0])
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["isAnonymous"] is True
    assert answer.json()["user"]["roles"] == ["anonymous"]


async def test_whoever_was_shut_out_stays_out(move: Move) -> None:
    """By every way in (security 18)."""
    ann = await move.person(
        email="ann@example.com", password="old password", disabled=True, refresh_tokens=1, access_tokens=1, key=True
    )
    await move.run()
    assert ann.key is not None
    assert (await move.speaker.sign_in("ann@example.com", "old password")).status_code == 401
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 401
    assert (await move.speaker.post("/signin/pat", {"personalAccessToken": ann.access_tokens[0]})).status_code == 401
    assert (await Ceremonies(move.running, ann.key).sign_in()).status_code == 401
    assert move.reasons() == [("refresh-token", "user-disabled")]
