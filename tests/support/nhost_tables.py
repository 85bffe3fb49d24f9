"""The tables of Nhost Auth, the schema `auth`: as in October 2025, or with what was added since.

Where PostgreSQL lacks citext, a domain over text takes its name, and an index on the lower-case address keeps each
one unique.
"""

from typing import Any, Final, TypeAlias

Connection: TypeAlias = Any  # asyncpg ships no types

_CITEXT: Final = "SELECT count(*) > 0 FROM pg_available_extensions WHERE name = 'citext'"

_LABEL: Final = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_OCTOBER_2025: Final = """
CREATE SCHEMA auth;
CREATE DOMAIN auth.email AS citext CHECK (VALUE ~ '^[a-zA-Z0-9.!#$%&''*+/=?^_`{|}~-]+@LABEL(?:[.]LABEL)*$');

CREATE FUNCTION auth.set_current_timestamp_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END $$;

CREATE TABLE auth.schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
INSERT INTO auth.schema_migrations VALUES (18, false);

CREATE TABLE auth.roles (role text PRIMARY KEY);
INSERT INTO auth.roles VALUES ('user'), ('anonymous'), ('me');

CREATE TABLE auth.users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz,
    disabled boolean NOT NULL DEFAULT false,
    display_name text NOT NULL DEFAULT '',
    avatar_url text NOT NULL DEFAULT '',
    locale varchar(2) NOT NULL,
    email auth.email,
    phone_number text UNIQUE,
    password_hash text,
    email_verified boolean NOT NULL DEFAULT false,
    phone_number_verified boolean NOT NULL DEFAULT false,
    new_email auth.email,
    otp_method_last_used text,
    otp_hash text,
    otp_hash_expires_at timestamptz NOT NULL DEFAULT now(),
    default_role text NOT NULL DEFAULT 'user' REFERENCES auth.roles,
    is_anonymous boolean NOT NULL DEFAULT false,
    totp_secret text,
    active_mfa_type text CHECK (active_mfa_type IN ('totp', 'sms')),
    ticket text,
    ticket_expires_at timestamptz NOT NULL DEFAULT now(),
    metadata jsonb,
    webauthn_current_challenge text
);
CREATE UNIQUE INDEX users_email_key ON auth.users (lower(email::text));
CREATE TRIGGER set_auth_users_updated_at BEFORE UPDATE ON auth.users
    FOR EACH ROW EXECUTE FUNCTION auth.set_current_timestamp_updated_at();

CREATE TABLE auth.refresh_token_types (value text PRIMARY KEY, comment text);
INSERT INTO auth.refresh_token_types
VALUES ('regular', 'Regular refresh token'), ('pat', 'Personal access token');

CREATE TABLE auth.refresh_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    user_id uuid NOT NULL REFERENCES auth.users ON UPDATE CASCADE ON DELETE CASCADE,
    metadata jsonb,
    type text NOT NULL DEFAULT 'regular' REFERENCES auth.refresh_token_types,
    refresh_token_hash varchar(255)
);
CREATE INDEX refresh_tokens_refresh_token_hash_expires_at_user_id_idx
    ON auth.refresh_tokens (refresh_token_hash, expires_at, user_id);

CREATE TABLE auth.providers (id text PRIMARY KEY);
INSERT INTO auth.providers VALUES
    ('github'), ('facebook'), ('twitter'), ('google'), ('apple'), ('linkedin'), ('windowslive'), ('spotify'),
    ('strava'), ('gitlab'), ('bitbucket'), ('discord'), ('twitch'), ('workos'), ('azuread'), ('entraid');

CREATE TABLE auth.user_providers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL REFERENCES auth.users ON UPDATE CASCADE ON DELETE CASCADE,
    access_token text NOT NULL,
    refresh_token text,
    provider_id text NOT NULL REFERENCES auth.providers,
    provider_user_id text NOT NULL,
    CONSTRAINT user_providers_provider_id_provider_user_id_key UNIQUE (provider_id, provider_user_id)
);
CREATE TRIGGER set_auth_user_providers_updated_at BEFORE UPDATE ON auth.user_providers
    FOR EACH ROW EXECUTE FUNCTION auth.set_current_timestamp_updated_at();

CREATE TABLE auth.user_roles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL REFERENCES auth.users ON UPDATE CASCADE ON DELETE CASCADE,
    role text NOT NULL REFERENCES auth.roles,
    UNIQUE (user_id, role)
);

CREATE TABLE auth.user_security_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users ON UPDATE CASCADE ON DELETE CASCADE,
    credential_id text NOT NULL UNIQUE,
    credential_public_key bytea,
    counter bigint NOT NULL DEFAULT 0,
    transports varchar(255) NOT NULL DEFAULT '',
    nickname text
);

CREATE TABLE auth.provider_requests (id uuid PRIMARY KEY, options jsonb);
"""

_SINCE: Final = """
UPDATE auth.schema_migrations SET version = 23;
ALTER TABLE auth.users ALTER COLUMN locale TYPE varchar(3);
ALTER TABLE auth.users ADD COLUMN otp_attempts smallint NOT NULL DEFAULT 0;
ALTER TABLE auth.users ADD COLUMN new_phone_number text;
ALTER TABLE auth.users ADD COLUMN pending_sms_deanonymize_options jsonb;
ALTER TABLE auth.user_providers ADD COLUMN issuer text;

CREATE TABLE auth.pkce_authorization_codes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    code_hash text NOT NULL UNIQUE,
    code_challenge text NOT NULL,
    redirect_to text NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE auth.oauth2_clients (
    client_id text PRIMARY KEY DEFAULT 'nhoa_' || substr(md5(random()::text), 1, 16),
    client_secret_hash text,
    redirect_uris text[] NOT NULL DEFAULT '{}',
    scopes text[] NOT NULL DEFAULT '{}',
    type text NOT NULL DEFAULT 'registered',
    metadata jsonb,
    metadata_document_fetched_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
"""


async def lay_out(connection: Connection, *, newest: bool = True) -> None:
    """Make the tables; with `newest` those columns and tables too that came after October 2025."""
    has_citext = await connection.fetchval(_CITEXT)
    await connection.execute("CREATE EXTENSION citext" if has_citext else "CREATE DOMAIN citext AS text")
    await connection.execute(_OCTOBER_2025.replace("LABEL", _LABEL))
    if newest:
        await connection.execute(_SINCE)
