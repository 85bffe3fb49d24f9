"""What comes over of each user, and what happens to what cannot."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dialects.nhost.passkey_speaking import Ceremonies
from tests.importing.conftest import Move
from tests.support.arriving import arriving
from tests.support.authenticator import EDDSA, ES256, RS256, Authenticator, b64
from tests.support.nhost_layout import bcrypt_hash, insert, made_key, token_hash
from vestibule.core.passkeys.answers import LONGEST_CREDENTIAL_ID
from vestibule.core.projects import NewProject
from vestibule.core.social import store as social
from vestibule.core.users import parse_email
from vestibule.kernel.errors import UserNotFound
from vestibule.providers import ROWS
from vestibule.storage import Statement

SINCE = datetime(2021, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)
KEYS = Statement(int, "SELECT COUNT(*) FROM vestibule_passkeys")
TAKEN = {"email": "ann@example.com", "password": "correct horse"}


async def test_a_user_is_the_same_person_here(move: Move) -> None:
    """The same id and everything that applications show of them."""
    ann = await move.person(
        email="Ann@Example.com",
        password="old password",
        roles=("editor", "user"),
        default_role="editor",
        created_at=SINCE,
        last_seen=SINCE + timedelta(days=1),
        display_name="Ann Ö.",
        avatar_url="https://example.com/ann.png",
        locale="fil",
        phone_number="+4915112345678",
        phone_number_verified=True,
        metadata='{"plan": "gold", "n": 123456789012345678901234567890}',
    )
    summary = await move.run()
    assert (summary.total, summary.imported, move.skipped) == (1, 1, [])
    user = await move.subject(ann)
    assert (user.id, user.created_at, user.status) == (ann.id, SINCE, "active")
    assert user.last_seen_at == SINCE + timedelta(days=1)
    assert (user.display_name, user.avatar_url, user.locale) == ("Ann Ö.", "https://example.com/ann.png", "fil")
    assert (user.email, user.email_verified_at, user.has_password) == ("Ann@Example.com", SINCE, True)
    assert (user.phone_number, user.phone_verified_at) == ("+4915112345678", SINCE)
    assert (user.default_role, sorted(user.roles)) == ("editor", ["editor", "user"])
    assert user.metadata == {"plan": "gold", "n": 123456789012345678901234567890}


async def test_what_was_not_proven_there_is_not_proven_here(move: Move) -> None:
    """Neither an address nor a number (security 11)."""
    ann = await move.person(email="ann@example.com", email_verified=False, phone_number="+4915112345678")
    await move.run()
    user = await move.subject(ann)
    assert (user.email_is_verified, user.phone_verified_at) == (False, None)


async def test_the_default_role_is_one_of_the_roles(move: Move) -> None:
    """The old server adds it to every token, whether or not it was written down."""
    ann = await move.person(email="ann@example.com", roles=("me",))
    await move.run()
    assert (await move.subject(ann)).roles == ["me", "user"]


async def test_people_come_with_less(move: Move) -> None:
    """By telephone, without any name, shut out, without a password."""
    by_phone = await move.person(phone_number="+4915112345678", phone_number_verified=True)
    nobody = await move.person(roles=("anonymous",), default_role="anonymous", is_anonymous=True)
    shut_out = await move.person(email="eve@example.com", disabled=True)
    linked = await move.person(display_name="By a provider only")
    no_password = await move.person(email="ann@example.com", password_hash="")
    summary = await move.run()
    assert (summary.imported, move.skipped) == (5, [])
    assert (await move.subject(by_phone)).email is None
    assert (await move.subject(nobody)).is_anonymous
    assert (await move.subject(shut_out)).status == "disabled"
    assert (await move.subject(linked)).display_name == "By a provider only"
    assert not (await move.subject(no_password)).has_password


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"email": "a..b@example.com"}, "invalid-email"),
        ({"phone_number": "+999123"}, "invalid-phone-number"),
        ({"email": "b@example.com", "metadata": "[1]"}, "invalid-metadata"),
        ({"email": "b@example.com", "metadata": '"text"'}, "invalid-metadata"),
        ({"email": "b@example.com", "metadata": '{"far": 1e10000}'}, "invalid-metadata"),
        ({"email": "ANN@example.com"}, "email-taken"),
        ({"email": "b@example.com", "phone_number": "+49 151 23456789"}, "phone-number-taken"),
    ],
)
async def test_whoever_cannot_come_is_named_and_leaves_nothing_behind(
    move: Move, columns: dict[str, Any], reason: str
) -> None:
    """No half of them: neither a row nor a key; the others come all the same."""
    session = await move.speaker.sign_up(TAKEN["email"])
    await move.person(email="first@example.com", phone_number="+4915123456789")
    await move.run()
    bob = await move.person(**columns, refresh_tokens=1, access_tokens=1, key=True, totp=True)
    other = await move.person(email="other@example.com")
    summary = await move.run()
    assert move.reasons() == [("user", reason)]
    assert (move.skipped[0].user, summary.refused, summary.imported) == (bob.id, 1, 1)
    with pytest.raises(UserNotFound):
        await move.subject(bob)
    assert await move.running.core.db.one(KEYS) == 0
    assert (await move.speaker.refresh(bob.refresh_tokens[0])).status_code == 401
    assert (await move.subject(other)).email == "other@example.com"
    # Whoever has the address keeps it.
    assert (await move.speaker.get("/user", session["accessToken"])).json()["email"] == TAKEN["email"]


async def test_a_number_that_nobody_can_have_is_left_out(move: Move) -> None:
    """Where there is an address to know somebody by, they come without it."""
    ann = await move.person(email="ann@example.com", phone_number="+15005550006", phone_number_verified=True)
    await move.run()
    user = await move.subject(ann)
    assert (user.phone_number, user.phone_verified_at) == (None, None)
    assert move.reasons() == [("phone-number", "invalid-phone-number")]


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("$2b$15$" + "a" * 53, "password-hash-too-costly"),
        ("$2b$31$" + "a" * 53, "password-hash-too-costly"),
        ("$2b$03$" + "a" * 53, "password-hash-too-costly"),
        ("$2x$10$" + "a" * 53, "unknown-password-hash"),
        ("$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g", "unknown-password-hash"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "unknown-password-hash"),
    ],
)
async def test_a_hash_bomb_stays_where_it_is(move: Move, stored: str, reason: str) -> None:
    """A hash that no sign-in may compute is not taken over; its user is, and resets the password (security 86)."""
    ann = await move.person(email="ann@example.com", password_hash=stored)
    await move.run()
    assert not (await move.subject(ann)).has_password
    assert move.reasons() == [("password", reason)]
    assert (await move.speaker.sign_in("ann@example.com", "anything at all")).status_code == 401


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
async def test_every_kind_of_key_that_the_old_server_took_comes_along(move: Move, algorithm: int) -> None:
    """With its counter, which only goes up (security 92)."""
    ann = await move.person(email="ann@example.com", key=Authenticator(algorithm=algorithm, counts=True))
    await move.old.execute("UPDATE auth.user_security_keys SET counter = 7, transports = 'usb,nfc'")
    await move.run()
    assert ann.key is not None
    device = Ceremonies(move.running, ann.key)
    assert (await device.sign_in(sign_count=7)).status_code == 400
    assert (await device.sign_in(sign_count=8)).status_code == 200


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"credential_public_key": None}, "unknown-public-key"),
        ({"credential_public_key": b"\xa0"}, "unknown-public-key"),
        ({"credential_id": "not base64url!"}, "invalid-credential-id"),
        ({"credential_id": ""}, "invalid-credential-id"),
        ({"counter": -1}, "invalid-counter"),
        ({"counter": 2**32}, "invalid-counter"),
    ],
)
async def test_a_key_that_can_sign_nothing_is_left_behind(move: Move, columns: dict[str, Any], reason: str) -> None:
    """Its user comes, and keeps the other keys."""
    ann = await move.person(email="ann@example.com", key=True)
    await insert(move.old, "user_security_keys", **{**made_key(ann.id, Authenticator()), **columns})
    await move.run()
    assert move.reasons() == [("security-key", reason)]
    assert await move.running.core.db.one(KEYS) == 1


async def test_a_key_that_is_somebodys_here_stays_theirs(move: Move) -> None:
    """A row is never given to another user, whoever says so."""
    ann = await move.person(email="ann@example.com", key=True)
    await move.run()
    await move.old.execute("DELETE FROM auth.users")
    assert ann.key is not None
    bob = await move.person(email="bob@example.com")
    await insert(
        move.old,
        "user_security_keys",
        **{**made_key(bob.id, Authenticator()), "credential_id": b64(ann.key.passkeys[0].id)},
    )
    summary = await move.run()
    assert move.reasons() == [("security-key", "security-key-taken")]
    assert summary.brought["security-key"] == 0
    assert (await Ceremonies(move.running, ann.key).sign_in()).json()["session"]["user"]["id"] == str(ann.id)


async def test_links_to_providers_come_along(move: Move) -> None:
    """By the provider's own name for the user; what the application could call the provider with stays behind."""
    ann = await move.person(email="ann@example.com", providers={name: f"{name} 1" for name in ROWS})
    await move.run()
    assert move.skipped == []
    core, project = move.running.core, move.running.project
    rows = await core.db.all(social.OF_USER, project_id=project.id, user_id=ann.id)
    assert {(row.provider, row.issuer, row.subject) for row in rows} == {
        (name, row.issuer, f"{name} 1") for name, row in ROWS.items()
    }
    newest = await core.db.one(social.NEWEST, project_id=project.id, user_id=ann.id, provider="github")
    assert newest is not None
    assert newest.tokens is None


async def test_a_link_to_an_unknown_provider_is_left_behind(move: Move) -> None:
    """Nothing here stands for it."""
    await insert(move.old, "providers", id="myspace")
    await move.person(email="ann@example.com", providers={"myspace": "1", "github": ""})
    await move.run()
    assert move.reasons() == [("provider-link", "no-subject"), ("provider-link", "unknown-provider")]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"refresh_token_hash": None}, ("refresh-token", "unknown-token-hash")),
        ({"refresh_token_hash": "\\xabc", "type": "pat"}, ("personal-access-token", "unknown-token-hash")),
        ({"type": "other"}, ("refresh-token", "unknown-kind")),
    ],
)
async def test_a_token_that_cannot_be_shown_is_left_behind(
    move: Move, columns: dict[str, Any], reason: tuple[str, str]
) -> None:
    """Nobody could present it at the old server either."""
    ann = await move.person(email="ann@example.com", refresh_tokens=1)
    await insert(move.old, "refresh_token_types", value="other")
    token = {"user_id": ann.id, "expires_at": datetime(2999, 1, 1, tzinfo=UTC), "refresh_token_hash": token_hash("t")}
    await insert(move.old, "refresh_tokens", **{**token, **columns})
    await move.run()
    assert move.reasons() == [reason]
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 200


async def test_times_that_only_postgresql_can_tell_are_brought_within_reach(move: Move) -> None:
    """A token "for ever" is one for a long time."""
    ann = await move.person(email="ann@example.com", refresh_tokens=1, access_tokens=1)
    await move.old.execute("UPDATE auth.refresh_tokens SET expires_at = 'infinity', created_at = '0044-03-15 BC'")
    await move.old.execute("UPDATE auth.users SET created_at = '-infinity', last_seen = 'infinity'")
    await move.run()
    assert (await move.subject(ann)).created_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 200
    assert (await move.speaker.post("/signin/pat", {"personalAccessToken": ann.access_tokens[0]})).status_code == 200


@pytest.mark.parametrize(
    ("columns", "key", "reason"),
    [
        ({}, None, "secret-sealed"),
        ({}, "00" * 32, "secret-sealed-with-another-key"),
        ({"totp_secret": None}, None, "unreadable-secret"),
        ({"totp_secret": "not base32"}, None, "unreadable-secret"),
        ({"totp_secret": "MFRGG"}, None, "unreadable-secret"),
    ],
)
async def test_a_second_factor_that_cannot_be_read_is_still_asked_for(
    move: Move, columns: dict[str, Any], key: str | None, reason: str
) -> None:
    """An import opens no account that needed a code; sessions go on, and an operator may reset the factor."""
    ann = await move.person(
        email="ann@example.com",
        password="old password",
        totp=True,
        encryption_key="11" * 32,
        refresh_tokens=1,
        **columns,
    )
    await move.run(key=key)
    assert move.reasons() == [("second-factor", reason)]
    answer = await move.speaker.sign_in("ann@example.com", "old password")
    assert answer.json().keys() == {"mfa"}
    ticket = answer.json()["mfa"]["ticket"]
    assert (await move.speaker.post("/signin/mfa/totp", {"ticket": ticket, "otp": "123456"})).status_code == 400
    assert (await move.speaker.refresh(ann.refresh_tokens[0])).status_code == 200
    core = move.running.core
    await core.second_factor.remove(move.running.project, ann.id, actor="tests")
    assert "session" in (await move.speaker.sign_in("ann@example.com", "old password")).json()


async def test_a_second_factor_that_was_never_turned_on_is_not_asked_for(move: Move) -> None:
    """Its secret was made and never confirmed."""
    await move.person(email="ann@example.com", password="old password", totp=True, active_mfa_type=None)
    await move.run()
    assert move.skipped == []
    assert "session" in (await move.speaker.sign_in("ann@example.com", "old password")).json()


async def test_a_password_without_an_address_is_left_behind(move: Move) -> None:
    """Nobody could sign in with it."""
    await move.person(phone_number="+4915112345678", password_hash=bcrypt_hash("old password"))
    await move.run()
    assert move.reasons() == [("password", "no-email")]


async def test_a_hash_with_something_behind_it_is_none(move: Move) -> None:
    """Whole or not at all: what a sign-in would make of the rest nobody knows (security 86)."""
    ann = await move.person(email="ann@example.com", password_hash="$2b$10$" + "a" * 54)
    await move.run()
    assert not (await move.subject(ann)).has_password
    assert move.reasons() == [("password", "unknown-password-hash")]


async def test_a_credential_id_is_only_so_long(move: Move) -> None:
    """As long as one that is registered here may be (security 92)."""
    ann = await move.person(email="ann@example.com")
    key = {**made_key(ann.id, Authenticator()), "credential_id": b64(bytes(LONGEST_CREDENTIAL_ID + 1))}
    await insert(move.old, "user_security_keys", **key)
    await move.run()
    assert move.reasons() == [("security-key", "invalid-credential-id")]


async def test_whoever_came_a_moment_ago_is_left_as_they_are(move: Move) -> None:
    """Two imports at once: the other one has settled somebody whom this one has not seen here."""
    ann = await move.person(email="ann@example.com", password="old password")
    await move.run()
    subject = await move.subject(ann)
    again = arriving(ann.id, SINCE)
    outcome = await move.running.core.settle_arrivals(move.running.project.id, [again])
    assert not outcome.settled
    assert outcome.known == {subject.id}
    assert (await move.subject(ann)).display_name == subject.display_name


async def test_who_is_in_another_project_stands_in_nobodys_way(move: Move) -> None:
    """Neither by their id nor by their address or number: each project has its own people (security 122)."""
    ann = await move.person(email="ann@example.com", phone_number="+4915112345678", phone_number_verified=True)
    core = move.running.core
    other = await core.registry.create_project(NewProject("Other", frozenset({"nhost"})))
    there = arriving(ann.id, SINCE, address=parse_email("ann@example.com"), phone_number="+4915112345678")
    assert (await core.settle_arrivals(other.id, [there])).settled == {ann.id}
    summary = await move.run()
    assert (summary.imported, summary.known, move.skipped) == (1, 0, [])
    assert (await move.subject(ann)).phone_number == "+4915112345678"
