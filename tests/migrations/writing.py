"""How applications of Nhost change users: Hasura writes the tables of the schema `auth`."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tests.support.cores import CoreUnderTest
from vestibule.core.users import Subject


async def update_user(connection: Any, user_id: UUID | str, **columns: Any) -> dict[str, Any] | None:
    """Change columns of one user as the mutation `updateUser` does; return the row, or None if there is none."""
    values = [json.dumps(value) if isinstance(value, dict | list) else value for value in columns.values()]
    pairs = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, start=2))
    sql = f"WITH written AS (UPDATE auth.users SET {pairs} WHERE id = $1 RETURNING *) SELECT * FROM written"  # noqa: S608 - names that a test gives
    row = await connection.fetchrow(sql, user_id, *values)
    return None if row is None else dict(row)


async def insert_roles(connection: Any, user_id: UUID | str, *roles: str) -> None:
    """Give roles as `insertAuthUserRoles` does, those of `auth.roles` included."""
    await connection.execute("INSERT INTO auth.roles SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", roles)
    await connection.execute(
        "INSERT INTO auth.user_roles (user_id, role) SELECT $1, unnest($2::text[])", user_id, roles
    )


async def delete_roles(connection: Any, user_id: UUID | str, roles: Iterable[str]) -> None:
    """Take roles as `deleteAuthUserRoles` does."""
    await connection.execute("DELETE FROM auth.user_roles WHERE user_id = $1 AND role = ANY($2)", user_id, [*roles])


async def delete_user(connection: Any, user_id: UUID | str) -> None:
    """Delete the row as `deleteUser` does."""
    await connection.execute("DELETE FROM auth.users WHERE id = $1", user_id)


async def ours(under_test: CoreUnderTest, user_id: UUID) -> Subject:
    """Return the user as this server knows them."""
    return await under_test.core.users.subject(under_test.db, under_test.project.id, user_id)


async def noted(connection: Any, user_id: UUID | str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return event, actor and detail of what the audit trail has about a user from writers of the database."""
    rows = await connection.fetch(
        "SELECT event, actor, detail FROM vestibule_audit WHERE user_id = $1 AND actor LIKE 'database:%' ORDER BY id",
        user_id,
    )
    return [(row["event"], row["actor"], json.loads(row["detail"])) for row in rows]
