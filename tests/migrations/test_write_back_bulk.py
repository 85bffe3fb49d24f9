"""Changes of very many users at once: they are refused before they keep anybody from signing in."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.migrations.test_write_back import GREET
from tests.migrations.writing import insert_roles, ours
from tests.support.cores import CoreUnderTest

pytestmark = pytest.mark.engine("postgresql")

# As many users more, like the first one but without an address.
MORE = """
INSERT INTO vestibule_users
    (project_id, id, created_at, updated_at, locale, default_role, roles, public_metadata, secure_metadata)
SELECT u.project_id, gen_random_uuid(), u.created_at, u.updated_at, u.locale, u.default_role, u.roles,
    u.public_metadata, u.secure_metadata
FROM vestibule_users AS u CROSS JOIN generate_series(1, $2) WHERE u.id = $1
"""
RENAME_OTHERS = "UPDATE auth.users SET display_name = $2 WHERE id <> $1"
REFUSED = "at most 1000 rows of users in one transaction; change them in batches"


async def test_a_thousand_rows_are_taken_in_one_transaction(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """And in the next one again; of whichever table the one too many is, nothing is changed."""
    await nhost.execute(MORE, user_id, 1000)
    for name in ("once", "twice"):
        await nhost.execute(RENAME_OTHERS, user_id, name)
    with pytest.raises(asyncpg.InvalidParameterValueError, match=REFUSED):
        await nhost.execute("UPDATE auth.users SET display_name = 'all'")
    transaction = nhost.transaction()
    await transaction.start()
    await nhost.execute(RENAME_OTHERS, user_id, "thrice")
    with pytest.raises(asyncpg.InvalidParameterValueError, match=REFUSED):
        await insert_roles(nhost, user_id, "editor")
    await transaction.rollback()
    with pytest.raises(asyncpg.InvalidParameterValueError, match=REFUSED):
        await nhost.execute("DELETE FROM auth.users")
    names = await nhost.fetch("SELECT DISTINCT display_name FROM vestibule_users WHERE id <> $1", user_id)
    assert [row[0] for row in names] == ["twice"]
    assert await under_test.count("users") == 1001
    assert (await ours(under_test, user_id)).roles == ["me", "user"]


async def test_what_our_own_transactions_set_off_is_not_counted(
    nhost: Any, under_test: CoreUnderTest, user_id: UUID
) -> None:
    """An import brings as many as it likes, whatever a trigger of the application gives each of them."""
    await nhost.execute(GREET)
    await nhost.execute(MORE, user_id, 501)  # of whom each has two rows written
    told = await nhost.fetchval("SELECT count(*) FROM vestibule_users WHERE metadata::text LIKE '%greeted%'")
    assert told == 501
