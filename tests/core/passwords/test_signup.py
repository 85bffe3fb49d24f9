"""Signing up: everything is checked first, then everything is written at once."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.cores import DOOR, LETTER, PASSWORD, CoreUnderTest
from vestibule.core.passwords import NewPassword, PasswordSignUp
from vestibule.core.tickets import Purpose
from vestibule.core.users import Profile, UserOptions
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    EmailRefused,
    EmailTaken,
    InvalidEmail,
    MetadataTooLarge,
    PasswordTooLong,
    PasswordTooShort,
    PasswordTooWeak,
    Refusal,
    RoleNotAllowed,
    SignUpDisabled,
    UsernameTaken,
    UserNotActive,
)
from vestibule.kernel.secret import Secret

ANN = "ann@example.com"


async def test_a_new_user_is_signed_in(under_test: CoreUnderTest) -> None:
    """With a session like any other, and the audit trail says so."""
    signed_in = await under_test.sign_up("Ann@Example.com")

    assert signed_in.subject.email == "Ann@Example.com"
    assert signed_in.session.method == "sign-up"
    assert not signed_in.subject.email_is_verified
    assert await under_test.refresh(signed_in.secret) != signed_in.secret
    assert set(await under_test.events()) >= {"user.created", "sign_in.succeeded"}


async def test_who_must_prove_the_address_gets_a_letter_and_no_session(under_test: CoreUnderTest) -> None:
    """The session comes with the proof."""
    outcome = await under_test.register(ANN, visit=under_test.visit(verified_email_required=True), letter=LETTER)

    assert outcome.signed_in is None
    assert await under_test.count("sessions") == 0
    [letter] = await under_test.letters()
    assert (letter.email, letter.display_name) == (ANN, ANN)
    assert letter.ticket in letter.link


async def test_a_door_may_always_send_the_letter(under_test: CoreUnderTest) -> None:
    """Also where nobody must prove anything first."""
    await under_test.sign_up(ANN, letter=LETTER, always_send=True)
    assert len(await under_test.letters()) == 1

    await under_test.sign_up("bob@example.com", letter=LETTER)
    assert await under_test.letters() == []


async def test_an_account_is_made_on_demand(under_test: CoreUnderTest) -> None:
    """Its first owner is the new user."""
    signed_in = await under_test.sign_up(ANN, account_name="Ann & Co")

    memberships = await under_test.core.accounts.memberships(under_test.db, under_test.project.id, signed_in.subject.id)
    assert [(row.role, row.account_name, row.account_status) for row in memberships] == [
        ("owner", "Ann & Co", "active")
    ]


@pytest.mark.parametrize(
    ("policy", "changes", "refusal"),
    [
        ({"sign_up_enabled": False}, {}, SignUpDisabled),
        ({}, {"email": "no address"}, InvalidEmail),
        ({"blocked_emails": (ANN,)}, {}, EmailRefused),
        ({"allowed_email_domains": ("corp.example",)}, {}, EmailRefused),
        ({"password_min_length": 40}, {}, PasswordTooShort),
        ({}, {"password": NewPassword(Secret("x" * 1025))}, PasswordTooLong),
        ({}, {"password": NewPassword(Secret(PASSWORD), strong=True)}, PasswordTooWeak),
        ({}, {"options": UserOptions(roles=("user", "admin"))}, RoleNotAllowed),
        ({}, {"options": UserOptions(default_role="admin")}, DefaultRoleNotAllowed),
        ({"metadata_limit_bytes": 10}, {"options": UserOptions(metadata={"a": "x" * 10})}, MetadataTooLarge),
        ({"metadata_limit_bytes": 10}, {"profile": Profile(public_metadata={"a": "x" * 10})}, MetadataTooLarge),
        ({"metadata_limit_bytes": 10}, {"profile": Profile(secure_metadata={"a": "x" * 10})}, MetadataTooLarge),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
async def test_a_refused_sign_up_leaves_nothing_behind(
    under_test: CoreUnderTest, policy: dict[str, Any], changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    """No user, no letter, no account; the address is free for another try."""
    wanted: dict[str, Any] = {"email": ANN, "password": NewPassword(Secret(PASSWORD)), "letter": LETTER} | changes

    with pytest.raises(refusal):
        await under_test.core.sign_up_with_password(
            under_test.visit(**policy), PasswordSignUp(**wanted, account_name="Co"), DOOR
        )

    for table in ("users", "credentials", "sessions", "tickets", "outbox", "accounts", "memberships"):
        assert await under_test.count(table) == 0


@pytest.mark.parametrize("spelling", [ANN, "ANN@EXAMPLE.COM", "ann@EXAMPLE.com "])
async def test_an_address_belongs_to_one_user(under_test: CoreUnderTest, spelling: str) -> None:
    """In every spelling, whichever came first (security 13)."""
    await under_test.sign_up(ANN)

    with pytest.raises(EmailTaken):
        await under_test.sign_up(spelling)
    assert (await under_test.count("users"), await under_test.count("credentials")) == (1, 1)


async def test_a_taken_address_gives_nothing_away_of_its_owner(under_test: CoreUnderTest) -> None:
    """Neither password nor session change by somebody else's try."""
    ann = await under_test.sign_up(ANN)
    with pytest.raises(EmailTaken):
        await under_test.core.sign_up_with_password(
            under_test.visit(), PasswordSignUp(email=ANN, password=NewPassword(Secret("another word"))), DOOR
        )

    assert await under_test.refresh(ann.secret)
    await under_test.sign_in(ANN)


async def test_a_user_name_belongs_to_one_user(under_test: CoreUnderTest) -> None:
    """The refusal names the right one of the two."""
    await under_test.sign_up(ANN, profile=Profile(username="ann"))

    with pytest.raises(UsernameTaken):
        await under_test.sign_up("bob@example.com", profile=Profile(username="ann"))
    with pytest.raises(EmailTaken):
        await under_test.sign_up(ANN, profile=Profile(username="ann"))


async def test_another_project_has_its_own_users(under_test: CoreUnderTest) -> None:
    """The same address and the same user name (security 122)."""
    other = under_test.visit(project=await under_test.other_project())
    ann = await under_test.sign_up(ANN, profile=Profile(username="ann"))
    namesake = await under_test.sign_up(ANN, profile=Profile(username="ann"), visit=other)

    assert ann.subject.id != namesake.subject.id


async def test_where_new_users_wait_for_an_operator_they_exist_but_stay_out(under_test: CoreUnderTest) -> None:
    """Created, disabled, without a session or a letter."""
    visit = under_test.visit(new_users_disabled=True)

    with pytest.raises(UserNotActive) as refused:
        await under_test.register(ANN, visit=visit, letter=LETTER, always_send=True)

    assert refused.value.status == "disabled"
    assert (await under_test.count("users"), await under_test.count("sessions")) == (1, 0)
    assert await under_test.letters() == []
    with pytest.raises(UserNotActive):
        await under_test.sign_in(ANN, visit=visit)


async def test_the_letter_proves_its_address_for_a_while(under_test: CoreUnderTest) -> None:
    """As long as the door says, from the sign-up."""
    await under_test.sign_up(ANN, letter=LETTER, always_send=True)
    [letter] = await under_test.letters()
    tickets = under_test.core.verify_email.tickets
    under_test.clock.advance(LETTER.life - timedelta(seconds=1))

    ticket = await tickets.examine(
        under_test.db, under_test.project.id, Purpose.EMAIL_VERIFICATION, "nhost", bytes.fromhex(letter.ticket)
    )
    assert ticket.address == ANN
