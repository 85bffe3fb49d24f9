"""What nobody changes by writing to Nhost's tables: it is refused in plain words, and everything stays as it was."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.migrations.test_mirror import PHONE, PROVE, READDRESS, mirrored
from tests.migrations.writing import insert_roles, ours, update_user
from tests.support.cores import CoreUnderTest
from tests.support.nhost_layout import add_person, totp_text
from vestibule.core.sessions.standing import Standing
from vestibule.migrations.hasura import create_mirror

pytestmark = pytest.mark.engine("postgresql")

LEFT: dict[str, Any] = {
    "password_hash": "$2a$10$of.old",
    "totp_secret": totp_text(bytes(20)),
    "otp_hash": "of old",
    "ticket": "verifyEmail:of-old",
    "new_email": "new@example.com",
}
WAYS_IN: dict[str, Any] = {
    "id": uuid4(),
    "email": "mallory@example.com",
    "email_verified": True,
    "phone_number": "+4915112345678",
    "phone_number_verified": True,
    "is_anonymous": True,
    "active_mfa_type": "totp",
    "password_hash": "$2a$10$another",
    "totp_secret": totp_text(bytes(19)),
    "otp_hash": "another",
    "ticket": "passwordReset:another",
}
WITHOUT_SECRETS = "ALTER TABLE auth.users DROP COLUMN otp_hash, DROP COLUMN ticket, DROP COLUMN totp_secret"


@pytest.fixture
async def user_id(database_url: str, nhost: Any, under_test: CoreUnderTest) -> UUID:
    """Somebody of ours, mirrored, with what Nhost Auth knew of them."""
    user_id = (await under_test.sign_up("ada@example.com")).subject.id
    await add_person(nhost, id=user_id, **LEFT)
    await create_mirror(database_url)
    return user_id


@pytest.mark.parametrize("column", WAYS_IN)
async def test_ways_in_and_proofs_do_not_change_there(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, column: str
) -> None:
    """Each has its own code path, which the message names; a member beside it is not changed either (security 11)."""
    before, row = await ours(under_test, user_id), await mirrored(nhost, user_id)
    with pytest.raises(asyncpg.InvalidParameterValueError, match=rf"^auth\.users\.{column}: [a-z]"):
        await update_user(nhost, user_id, display_name="Mallory", **{column: WAYS_IN[column]})
    assert (await ours(under_test, user_id), await mirrored(nhost, user_id)) == (before, row)


async def test_nobody_loses_an_address_or_a_factor_there(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """Null is a change as well."""
    await under_test.change(user_id, mfa_type="totp")
    for column in ("email", "active_mfa_type"):
        with pytest.raises(asyncpg.InvalidParameterValueError, match=f"{column}: "):
            await update_user(nhost, user_id, **{column: None})
    assert (await ours(under_test, user_id)).has_totp


async def test_what_nobody_changes_may_be_written_again(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """A form that sends a whole user, or an upsert, is refused nothing."""
    row = await mirrored(nhost, user_id)
    assert row is not None
    same = {name: row[name] for name in WAYS_IN}
    await update_user(nhost, user_id, display_name="Ada", **same)
    assert (await ours(under_test, user_id)).display_name == "Ada"


async def test_what_nhost_auth_left_may_be_cleared(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """Nobody here asks for it."""
    before = await ours(under_test, user_id)
    row = await update_user(nhost, user_id, **dict.fromkeys(LEFT))
    assert row is not None
    assert {row[name] for name in LEFT} == {None}
    assert await ours(under_test, user_id) == before
    await under_test.sign_in("ada@example.com")


@pytest.mark.parametrize(
    "columns",
    [
        {"totp_secret": "0f" * 48},
        {"new_email": "newer@example.com", "otp_method_last_used": "email"},
        {"webauthn_current_challenge": "asked"},
    ],
    ids=["sealed", "ways in that were never finished", "a challenge"],
)
async def test_upkeep_of_nhosts_tables_is_let_be(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, columns: dict[str, Any]
) -> None:
    """A newer Nhost Auth that seals secrets at its start, and what has no effect by itself."""
    before = await ours(under_test, user_id)
    assert await update_user(nhost, user_id, **columns)
    await nhost.execute("UPDATE auth.users SET last_seen = now(), ticket_expires_at = now(), otp_attempts = 1")
    assert await ours(under_test, user_id) == before


async def test_a_table_without_the_secrets_is_written_back_too(
    database_url: str, nhost: Any, under_test: CoreUnderTest
) -> None:
    """Only columns that are there are looked at."""
    await nhost.execute(WITHOUT_SECRETS)
    await create_mirror(database_url)
    user_id = (await under_test.sign_up()).subject.id
    await update_user(nhost, user_id, display_name="Ada")
    assert (await ours(under_test, user_id)).display_name == "Ada"


async def test_the_copy_itself_is_never_refused(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """Everything that nobody else may change there changes when it changes here."""
    await under_test.db.run(READDRESS, id=user_id, email="lovelace@example.com")
    await under_test.db.run(PROVE, id=user_id, now=under_test.clock.now())
    await under_test.db.run(PHONE, id=user_id, phone="+4915112345678")
    await under_test.change(user_id, mfa_type="totp", is_anonymous=True)
    row = await mirrored(nhost, user_id)
    assert row is not None
    assert (row["email"], row["email_verified"]) == ("lovelace@example.com", True)
    assert (row["phone_number"], row["active_mfa_type"], row["is_anonymous"]) == ("+4915112345678", "totp", True)


@pytest.mark.parametrize("standing", ["suspended", "deleted"])
async def test_only_whoever_was_disabled_is_let_in(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, standing: Standing
) -> None:
    """The copy knows one word for every status but active; whoever was shut out otherwise stays out (security 18)."""
    await under_test.change(user_id, status=standing)
    with pytest.raises(asyncpg.InvalidParameterValueError, match=f"this user is {standing}, not disabled"):
        await update_user(nhost, user_id, disabled=False)
    assert (await ours(under_test, user_id)).status == standing


async def test_nobody_without_a_name_is_given_a_role(nhost: Any, under_test: CoreUnderTest, user_id: UUID) -> None:
    """An anonymous user is one for as long as they are nobody (security 11)."""
    await under_test.change(user_id, is_anonymous=True)
    before = await ours(under_test, user_id)
    with pytest.raises(asyncpg.InvalidParameterValueError, match=r"^auth\.user_roles: an anonymous user"):
        await insert_roles(nhost, user_id, "editor")
    with pytest.raises(asyncpg.InvalidParameterValueError, match=r"^auth\.users\.default_role: an anonymous user"):
        await update_user(nhost, user_id, default_role="me")
    assert await ours(under_test, user_id) == before


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("[1]", "it must be an object"),
        ('"text"', "it must be an object"),
        ({"text": "x" * 60_000}, "at most 60000 bytes"),
        (_nested(100), "at most 100 levels"),
        ('{"in": [{"number": 1e400}]}', "a number beyond any use"),
        ('{"number": -1e309}', "a number beyond any use"),
    ],
    ids=["list", "text", "long", "deep", "large number", "small number"],
)
async def test_metadata_that_nobody_could_read_are_refused(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID, written: Any, why: str
) -> None:
    """PostgreSQL holds JSON that no answer of this server could."""
    with pytest.raises(asyncpg.InvalidParameterValueError, match=rf"^auth\.users\.metadata: {why}"):
        await update_user(nhost, user_id, metadata=written)
    assert (await ours(under_test, user_id)).metadata is None


async def test_the_largest_metadata_are_read_and_told_again(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """What is let through does not break the user."""
    largest = {"number": 10**308, "text": "ü" * 20_000, "in": _nested(90)}
    await update_user(nhost, user_id, metadata=largest)
    assert (await ours(under_test, user_id)).metadata == largest
    await under_test.sign_in("ada@example.com")


@pytest.fixture
async def repeatable(nhost: Any) -> AsyncIterator[Any]:
    """A transaction that sees nothing of what others commit meanwhile."""
    transaction = nhost.transaction(isolation="repeatable_read")
    await transaction.start()
    yield nhost
    await transaction.rollback()


async def test_nobody_is_shut_out_by_a_transaction_that_cannot_see_their_sessions(
    under_test: CoreUnderTest, user_id: UUID, repeatable: Any
) -> None:
    """Those that began since its start would stay, and be alive when the user is let in again (security 25)."""
    await insert_roles(repeatable, user_id, "editor")
    with pytest.raises(asyncpg.InvalidParameterValueError, match="use READ COMMITTED"):
        await update_user(repeatable, user_id, disabled=True)
    assert (await ours(under_test, user_id)).status == "active"
