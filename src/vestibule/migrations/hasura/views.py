"""Views in a schema `auth` of our own, in the shape of Nhost's tables: the default project's users, without secrets.

Each joins the project, which also makes it read-only: PostgreSQL writes through views of one table only.
"""

from typing import Final

_DEFAULT: Final = "JOIN @own@.vestibule_projects AS p ON p.id = {table}.project_id AND p.public_id = 'default'"
_BASE64URL: Final = "rtrim(translate(encode({column}, 'base64'), E'+/\\n', '-_'), '=')"
# A name for each pair that stays the same; PostgreSQL takes 32 hexadecimal digits for a UUID.
_ROLE_ID: Final = "md5(u.id::text || ' ' || role)::uuid"
_NEVER: Final = "NULL::text"

_TOKEN_TYPES: Final = ("'regular', 'Regular refresh token'", "'pat', 'Personal access token'")
_PROVIDERS: Final = (
    *("'apple'", "'azuread'", "'bitbucket'", "'discord'", "'entraid'", "'facebook'", "'github'", "'gitlab'"),
    *("'google'", "'linkedin'", "'spotify'", "'strava'", "'twitch'", "'twitter'", "'windowslive'", "'workos'"),
)


def _values(*rows: str) -> str:
    return ", ".join(f"({row})" for row in rows)


VIEWS: Final = {
    "users": f"""
        SELECT u.id, u.created_at, u.updated_at, u.last_seen_at AS last_seen, u.status <> 'active' AS disabled,
            u.display_name, u.avatar_url, u.locale, c.email, u.phone_number, {_NEVER} AS password_hash,
            c.verified_at IS NOT NULL AS email_verified, u.phone_verified_at IS NOT NULL AS phone_number_verified,
            {_NEVER} AS new_email, {_NEVER} AS otp_method_last_used, {_NEVER} AS otp_hash,
            u.created_at AS otp_hash_expires_at, u.default_role, u.is_anonymous, {_NEVER} AS totp_secret,
            CASE WHEN u.mfa_type = 'totp' THEN 'totp' END AS active_mfa_type, {_NEVER} AS ticket,
            u.created_at AS ticket_expires_at, @own@.vestibule_jsonb(u.metadata) AS metadata,
            {_NEVER} AS webauthn_current_challenge
        FROM @own@.vestibule_users AS u {_DEFAULT.format(table="u")}
        LEFT JOIN @own@.vestibule_credentials AS c
            ON c.project_id = u.project_id AND c.user_id = u.id AND c.is_primary
    """,
    "user_roles": f"""
        SELECT {_ROLE_ID} AS id, u.created_at, u.id AS user_id, role
        FROM @own@.vestibule_users AS u {_DEFAULT.format(table="u")}
        CROSS JOIN LATERAL json_array_elements_text(u.roles) AS role
    """,
    "roles": f"""
        SELECT role FROM (VALUES {_values("'user'", "'anonymous'", "'me'")}) AS built_in (role)
        UNION
        SELECT role FROM @own@.vestibule_users AS u {_DEFAULT.format(table="u")}
        CROSS JOIN LATERAL json_array_elements_text(u.roles) AS role
    """,
    "user_security_keys": f"""
        SELECT k.id, k.user_id, {_BASE64URL.format(column="k.credential_id")} AS credential_id,
            k.public_key AS credential_public_key, k.sign_count AS counter,
            ARRAY(SELECT json_array_elements_text(k.transports))::text AS transports, k.nickname
        FROM @own@.vestibule_passkeys AS k {_DEFAULT.format(table="k")}
    """,
    "refresh_tokens": f"""
        SELECT s.id, s.created_at, s.expires_at, s.user_id, NULL::jsonb AS metadata, 'regular' AS type,
            {_NEVER} AS refresh_token_hash
        FROM @own@.vestibule_sessions AS s {_DEFAULT.format(table="s")}
        UNION ALL
        SELECT t.id, t.created_at, t.expires_at, t.user_id, @own@.vestibule_jsonb(t.metadata), 'pat', NULL
        FROM @own@.vestibule_access_tokens AS t {_DEFAULT.format(table="t")}
    """,
    "refresh_token_types": f"""
        SELECT value, comment FROM (VALUES {_values(*_TOKEN_TYPES)}) AS built_in (value, comment)
    """,
    "providers": f"SELECT id FROM (VALUES {_values(*_PROVIDERS)}) AS built_in (id)",
    "provider_requests": "SELECT NULL::uuid AS id, NULL::jsonb AS options LIMIT 0",
}

# Only where the table is there.
IDENTITIES: Final = {
    "user_providers": f"""
        SELECT i.id, i.created_at, coalesce(i.last_used_at, i.created_at) AS updated_at, i.user_id,
            {_NEVER} AS access_token, {_NEVER} AS refresh_token, i.provider AS provider_id,
            i.subject AS provider_user_id
        FROM @own@.vestibule_identities AS i {_DEFAULT.format(table="i")}
    """,
}


def create(view: str, query: str) -> str:
    """Return the statement that makes a view of the schema `auth`, or makes it anew."""
    return f"CREATE OR REPLACE VIEW auth.{view} AS {query}"


def remove(view: str) -> str:
    """Return the statement that removes a view; refused while something else is made from it."""
    return f"DROP VIEW IF EXISTS auth.{view}"
