"""Signing in with a password: charged, compared, then let in, in this order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import bcrypt
import pytest

from tests.support.cores import CHEAPEST, DOOR, PASSWORD, CoreUnderTest
from vestibule.core.attempts.delay import FREE
from vestibule.core.passwords import Hashing, HashingLoad, PasswordAttempt, SignInWithPassword
from vestibule.core.signin import SecondFactorRequired
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailRefused,
    InvalidCredentials,
    NoPassword,
    Overloaded,
    TooManyAttempts,
    UserNotActive,
    UserNotFound,
    WrongPassword,
)
from vestibule.kernel.secret import Secret
from vestibule.storage import Statement

ANN = "ann@example.com"
STORED = Statement(str, "SELECT password_hash FROM vestibule_credentials")


class Counting(Hashing):
    """Counts what it hashes."""

    hashed = 0

    def _argon2_matches(self, stored: str, password: bytes) -> bool:
        self.hashed += 1
        return super()._argon2_matches(stored, password)


async def test_the_right_password_signs_in(under_test: CoreUnderTest) -> None:
    """And the audit trail says how."""
    signed_up = await under_test.sign_up(ANN)

    signed_in = await under_test.sign_in(ANN)

    assert signed_in.subject.id == signed_up.subject.id
    assert signed_in.session.method == "password"
    assert "sign_in.succeeded" in await under_test.events()


@pytest.mark.parametrize("spelling", ["ANN@EXAMPLE.COM", " ann@example.com ", "Ann@Example.com"])
async def test_an_address_is_found_in_every_spelling(under_test: CoreUnderTest, spelling: str) -> None:
    """One rule says when two spellings are one address (security 13)."""
    await under_test.sign_up(ANN)

    await under_test.sign_in(spelling)


async def test_a_wrong_password_is_refused(under_test: CoreUnderTest) -> None:
    """And no session was begun."""
    await under_test.sign_up(ANN)
    before = await under_test.count("sessions")

    with pytest.raises(WrongPassword):
        await under_test.sign_in(ANN, PASSWORD + "!")
    assert await under_test.count("sessions") == before


@pytest.mark.parametrize(
    "email", ["bob@example.com", "no address", "", "@", "a" * 5000, "ann@example.com\x00", "ann\n@x"]
)
async def test_who_is_unknown_is_refused(under_test: CoreUnderTest, email: str) -> None:
    """What is no address belongs to nobody, and is refused in the same words (security 82)."""
    await under_test.sign_up(ANN)

    with pytest.raises(UserNotFound):
        await under_test.sign_in(email)


async def test_the_refusals_can_be_told_as_one() -> None:
    """A dialect that conceals which it was has one class to name (security 82)."""
    assert {UserNotFound, NoPassword, WrongPassword} <= set(InvalidCredentials.__subclasses__())


@pytest.mark.parametrize("case", ["wrong password", "unknown address", "no address", "no password", "fast hash"])
async def test_every_refusal_does_the_same_work(under_test: CoreUnderTest, case: str) -> None:
    """One Argon2, whoever was asked for: time does not tell who exists (security 82)."""
    ann = await under_test.sign_up(ANN)
    if case == "no password":
        await under_test.set_hash(ann.subject.id, None)
    if case == "fast hash":
        await under_test.set_hash(ann.subject.id, bcrypt.hashpw(b"word", bcrypt.gensalt(4)).decode())
    email = {"unknown address": "bob@example.com", "no address": "not an address"}.get(case, ANN)
    counting = Counting(CHEAPEST, HashingLoad())
    sign_in: SignInWithPassword = replace(under_test.core.sign_in_with_password, hashing=counting)

    with pytest.raises(InvalidCredentials):
        await sign_in(under_test.visit(), PasswordAttempt(email, Secret("wrong")), DOOR)

    assert counting.hashed == 1
    counting.close()


@pytest.mark.parametrize("password", ["", "\x00", "None", "null"])
async def test_a_user_without_a_password_has_no_empty_one(under_test: CoreUnderTest, password: str) -> None:
    """NULL is not blank (security 87)."""
    ann = await under_test.sign_up(ANN)
    await under_test.set_hash(ann.subject.id, None)

    with pytest.raises(NoPassword):
        await under_test.sign_in(ANN, password)


@pytest.mark.parametrize("stored", ["", " ", "x"])
async def test_a_blank_hash_lets_nobody_in(under_test: CoreUnderTest, stored: str) -> None:
    """Should an import have left one (security 87)."""
    ann = await under_test.sign_up(ANN)
    await under_test.set_hash(ann.subject.id, stored)

    for password in ("", stored):
        with pytest.raises(WrongPassword):
            await under_test.sign_in(ANN, password)


async def test_an_overlong_password_is_a_wrong_one(under_test: CoreUnderTest) -> None:
    """The rules on new passwords are not told at the door (security 84)."""
    await under_test.sign_up(ANN)

    with pytest.raises(WrongPassword):
        await under_test.sign_in(ANN, PASSWORD + "x" * 100_000)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ({"status": "suspended"}, UserNotActive),
        ({"status": "disabled"}, UserNotActive),
        ({"status": "deleted"}, UserNotActive),
        ({"policy": {"verified_email_required": True}}, EmailNotVerified),
        ({"policy": {"blocked_emails": (ANN,)}}, EmailRefused),
    ],
    ids=["suspended", "disabled", "deleted", "unverified", "blocked"],
)
async def test_a_users_state_shows_only_after_the_right_password(
    under_test: CoreUnderTest, state: dict[str, Any], refusal: type[Exception]
) -> None:
    """Whoever only knows an address learns nothing about its user (security 18, 82)."""
    ann = await under_test.sign_up(ANN)
    visit = under_test.visit(**state.get("policy", {}))
    if "status" in state:
        await under_test.change(ann.subject.id, status=state["status"])
    sessions = await under_test.count("sessions")

    with pytest.raises(WrongPassword):
        await under_test.sign_in(ANN, "wrong", visit=visit)
    with pytest.raises(refusal):
        await under_test.sign_in(ANN, visit=visit)
    assert await under_test.count("sessions") == sessions


async def test_a_refused_state_keeps_the_try_charged(under_test: CoreUnderTest) -> None:
    """A disabled account is no place to guess for ever."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, status="disabled")
    for _ in range(FREE):
        with pytest.raises(UserNotActive):
            await under_test.sign_in(ANN)

    with pytest.raises(TooManyAttempts):
        await under_test.sign_in(ANN)


async def test_a_second_factor_is_asked_for_instead_of_a_session(under_test: CoreUnderTest) -> None:
    """The right password alone is not enough then (security 30, 88)."""
    ann = await under_test.sign_up(ANN)
    await under_test.change(ann.subject.id, mfa_type="totp")
    sessions = await under_test.count("sessions")

    outcome = await under_test.core.sign_in_with_password(
        under_test.visit(), PasswordAttempt(ANN, Secret(PASSWORD)), DOOR
    )

    assert isinstance(outcome, SecondFactorRequired)
    assert await under_test.count("sessions") == sessions


async def test_an_imported_hash_is_replaced_at_the_first_sign_in(under_test: CoreUnderTest) -> None:
    """By one of ours, which opens as well."""
    ann = await under_test.sign_up(ANN)
    await under_test.set_hash(ann.subject.id, bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode())

    await under_test.sign_in(ANN)

    [stored] = await under_test.db.all(STORED)
    assert stored.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    await under_test.sign_in(ANN)


async def test_a_wrong_password_replaces_no_hash(under_test: CoreUnderTest) -> None:
    """Only who proved the old one sets the new one."""
    ann = await under_test.sign_up(ANN)
    imported = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    await under_test.set_hash(ann.subject.id, imported)

    with pytest.raises(WrongPassword):
        await under_test.sign_in(ANN, "wrong")
    assert await under_test.db.all(STORED) == [imported]


async def test_a_password_of_another_project_opens_nothing_here(under_test: CoreUnderTest) -> None:
    """The same address may belong to two people in two projects (security 122)."""
    other = under_test.visit(project=await under_test.other_project())
    await under_test.sign_up(ANN, visit=other)

    with pytest.raises(UserNotFound):
        await under_test.sign_in(ANN)
    await under_test.sign_in(ANN, visit=other)


async def test_an_overloaded_pool_changes_nothing(under_test: CoreUnderTest) -> None:
    """The try is charged, that is all; who comes again later comes in (security 85)."""
    await under_test.sign_up(ANN)
    busy = Hashing(CHEAPEST, HashingLoad(threads=1, waiting=0, deadline_seconds=0.01))
    await busy._slots.acquire()
    sign_in: SignInWithPassword = replace(under_test.core.sign_in_with_password, hashing=busy)

    with pytest.raises(Overloaded):
        await sign_in(under_test.visit(), PasswordAttempt(ANN, Secret(PASSWORD)), DOOR)
    await under_test.sign_in(ANN)
    busy.close()


async def test_a_sign_in_is_seen(under_test: CoreUnderTest) -> None:
    """At most a minute's truth: the time of the last visit is not written more often."""
    ann = await under_test.sign_up(ANN)
    seen = []
    for pause in (30, 30, 60):
        under_test.clock.advance(timedelta(seconds=pause))
        await under_test.sign_in(ANN)
        subject = await under_test.core.users.subject(under_test.db, under_test.project.id, ann.subject.id)
        assert subject.last_seen_at is not None
        seen.append(subject.last_seen_at)

    assert seen == [ann.subject.created_at, ann.session.created_at + timedelta(minutes=1), under_test.clock.now()]
