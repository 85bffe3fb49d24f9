"""The metadata that Hasura is given: Nhost's names."""

from typing import Any

import asyncpg
import pytest

from tests.support.databases import empty_postgres
from tests.support.nhost_layout import lay_out
from tests.support.postgres import PostgresServer
from vestibule.migrations.hasura.metadata import metadata

# As clients of Nhost ask for them: lists, and one by its key.
NAMES = {
    "users": ("users", "user"),
    "refresh_tokens": ("authRefreshTokens", "authRefreshToken"),
    "refresh_token_types": ("authRefreshTokenTypes", "authRefreshTokenType"),
    "roles": ("authRoles", "authRole"),
    "user_roles": ("authUserRoles", "authUserRole"),
    "user_providers": ("authUserProviders", "authUserProvider"),
    "providers": ("authProviders", "authProvider"),
    "provider_requests": ("authProviderRequests", "authProviderRequest"),
    "user_security_keys": ("authUserSecurityKeys", "authUserSecurityKey"),
}


def tracked(source: str = "default") -> dict[str, dict[str, Any]]:
    """Return the configuration of each table."""
    return {
        command["args"]["table"]["name"]: command["args"]["configuration"]
        for command in metadata(source)["args"]
        if command["type"] == "pg_track_table"
    }


def test_tables_have_the_names_that_clients_know() -> None:
    """Lists and single rows, and the mutations that change them."""
    roots = {table: configuration["custom_root_fields"] for table, configuration in tracked().items()}
    assert {table: (fields["select"], fields["select_by_pk"]) for table, fields in roots.items()} == NAMES
    written = {kind: name for kind, name in roots["user_roles"].items() if not kind.startswith("select")}
    assert written == {
        "insert": "insertAuthUserRoles",
        "insert_one": "insertAuthUserRole",
        "update": "updateAuthUserRoles",
        "update_by_pk": "updateAuthUserRole",
        "delete": "deleteAuthUserRoles",
        "delete_by_pk": "deleteAuthUserRole",
    }
    assert (roots["users"]["update_by_pk"], roots["users"]["delete_by_pk"]) == ("updateUser", "deleteUser")


async def test_every_column_of_nhosts_tables_is_in_camel_case(postgres_server: PostgresServer) -> None:
    """`display_name` is displayName; one has a name of its own."""
    with empty_postgres(postgres_server) as url:
        connection = await asyncpg.connect(url)
        try:
            await lay_out(connection, newest=False)
            rows = await connection.fetch(
                "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'auth'"
            )
        finally:
            await connection.close()
    named = tracked()
    for table, column in rows:
        if table == "schema_migrations":
            continue
        told = named[table]["column_config"].get(column, {}).get("custom_name", column)
        first, *others = column.split("_")
        camel = first + "".join(other.capitalize() for other in others)
        assert told == {"webauthn_current_challenge": "currentChallenge"}.get(column, camel)


def test_relationships_lead_to_tables_that_are_tracked() -> None:
    """From a user to the roles and back."""
    names = tracked()
    made = [command for command in metadata("default")["args"] if command["type"] != "pg_track_table"]
    for command in made:
        using = command["args"]["using"]["manual_configuration"]
        assert command["args"]["table"]["name"] in names
        assert using["remote_table"]["name"] in names
    found = {(command["args"]["table"]["name"], command["args"]["name"]): command["type"] for command in made}
    assert found["users", "roles"] == "pg_create_array_relationship"
    assert found["user_roles", "user"] == "pg_create_object_relationship"


@pytest.mark.parametrize("source", ["default", "app"])
def test_the_database_has_the_name_that_hasura_gave_it(source: str) -> None:
    """In every command."""
    request = metadata(source)
    assert request["type"] == "bulk_keep_going"
    assert {command["args"]["source"] for command in request["args"]} == {source}
