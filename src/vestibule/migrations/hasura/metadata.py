"""The metadata that makes Hasura serve the schema `auth` under the names that Nhost's clients know."""

from collections.abc import Iterator
from typing import Any, Final

Command = dict[str, Any]  # Any: JSON

# Table -> how lists of it are called; one row by its key is called without the last letter, and what writes has the
# verb before either. A table that no permission lets anybody write has no such fields, and a view has none at all.
_NAMES: Final = {
    "users": "users",
    "user_roles": "authUserRoles",
    "roles": "authRoles",
    "user_providers": "authUserProviders",
    "providers": "authProviders",
    "provider_requests": "authProviderRequests",
    "refresh_tokens": "authRefreshTokens",
    "refresh_token_types": "authRefreshTokenTypes",
    "user_security_keys": "authUserSecurityKeys",
}

_COLUMNS: Final = {
    "users": """
        created_at updated_at last_seen disabled display_name avatar_url locale email phone_number password_hash
        email_verified phone_number_verified new_email otp_method_last_used otp_hash otp_hash_expires_at default_role
        is_anonymous totp_secret active_mfa_type ticket ticket_expires_at metadata webauthn_current_challenge
    """,
    "user_roles": "created_at user_id role",
    "roles": "role",
    "user_providers": "created_at updated_at user_id access_token refresh_token provider_id provider_user_id",
    "providers": "id",
    "provider_requests": "options",
    "refresh_tokens": "created_at expires_at user_id metadata type refresh_token_hash",
    "refresh_token_types": "value comment",
    "user_security_keys": "user_id credential_id credential_public_key counter transports nickname",
}
_RENAMED: Final = {"webauthn_current_challenge": "currentChallenge"}

# Table, name, other table, own column, its column: to one row, and to many.
_TO_ONE: Final = (
    ("users", "defaultRoleByRole", "roles", "default_role", "role"),
    ("user_roles", "user", "users", "user_id", "id"),
    ("user_roles", "roleByRole", "roles", "role", "role"),
    ("user_providers", "user", "users", "user_id", "id"),
    ("user_providers", "provider", "providers", "provider_id", "id"),
    ("refresh_tokens", "user", "users", "user_id", "id"),
    ("user_security_keys", "user", "users", "user_id", "id"),
)
_TO_MANY: Final = (
    ("users", "roles", "user_roles", "id", "user_id"),
    ("users", "userProviders", "user_providers", "id", "user_id"),
    ("users", "refreshTokens", "refresh_tokens", "id", "user_id"),
    ("users", "securityKeys", "user_security_keys", "id", "user_id"),
    ("roles", "userRoles", "user_roles", "role", "role"),
    ("roles", "usersByDefaultRole", "users", "role", "default_role"),
    ("providers", "userProviders", "user_providers", "id", "provider_id"),
)


def metadata(source: str) -> Command:
    """Return one request for Hasura's `/v1/metadata`; what is there already does not keep the rest from being made."""
    return {"type": "bulk_keep_going", "args": [*_tables(source), *_relationships(source)]}


def _tables(source: str) -> Iterator[Command]:
    for table, plural in _NAMES.items():
        columns = {name: {"custom_name": _camel(name)} for name in _COLUMNS[table].split() if _camel(name) != name}
        single = plural.removesuffix("s")
        fields = {
            "select": plural,
            "select_by_pk": single,
            "select_aggregate": f"{plural}Aggregate",
            "select_stream": f"{plural}Stream",
            **{verb: f"{verb}{plural[0].upper()}{plural[1:]}" for verb in ("insert", "update", "delete")},
            "insert_one": f"insert{single[0].upper()}{single[1:]}",
            "update_by_pk": f"update{single[0].upper()}{single[1:]}",
            "delete_by_pk": f"delete{single[0].upper()}{single[1:]}",
        }
        configuration = {"custom_name": plural, "custom_root_fields": fields, "column_config": columns}
        yield {
            "type": "pg_track_table",
            "args": {"source": source, "table": _table(table), "configuration": configuration},
        }


def _relationships(source: str) -> Iterator[Command]:
    for kind, listed in (("object", _TO_ONE), ("array", _TO_MANY)):
        for table, name, other, column, its_column in listed:
            using = {"remote_table": _table(other), "column_mapping": {column: its_column}}
            yield {
                "type": f"pg_create_{kind}_relationship",
                "args": {
                    "source": source,
                    "table": _table(table),
                    "name": name,
                    "using": {"manual_configuration": using},
                },
            }


def _table(name: str) -> dict[str, str]:
    return {"schema": "auth", "name": name}


def _camel(name: str) -> str:
    first, *others = _RENAMED.get(name, name).split("_")
    return first + "".join(other.capitalize() for other in others)
