"""The database of a server that people move away from, laid out as Nhost Auth lays out its own, and people in it.

`lay_out` makes the schema `auth` as in October 2025, or with what was added since. Where PostgreSQL lacks citext, a
domain over text takes its name, and an index on the lower-case address keeps each one unique. `add_person` writes one
user with everything they may have, `fill` many at once; both return who they are, with the secrets that they know.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid4

import bcrypt
import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.authenticator import Authenticator, b64
from vestibule.kernel.entropy import SystemEntropy

Connection: TypeAlias = Any  # asyncpg ships no types

RP_ID: Final = "localhost"
CHEAPEST_COST: Final = 4
LATER: Final = timedelta(days=30)

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


@dataclass(kw_only=True)
class Person:
    """A user of the old server, with what only they know."""

    id: UUID
    email: str | None = None
    password: str | None = None
    refresh_tokens: list[str] = field(default_factory=list)
    access_tokens: list[str] = field(default_factory=list)
    key: Authenticator | None = None
    totp: bytes | None = None
    phone_number: str | None = None
    providers: dict[str, str] = field(default_factory=dict)


async def lay_out(connection: Connection, *, newest: bool = True) -> None:
    """Make the tables; with `newest` those columns and tables too that came after October 2025."""
    has_citext = await connection.fetchval(_CITEXT)
    await connection.execute("CREATE EXTENSION citext" if has_citext else "CREATE DOMAIN citext AS text")
    await connection.execute(_OCTOBER_2025.replace("LABEL", _LABEL))
    if newest:
        await connection.execute(_SINCE)


def token_hash(token: str) -> str:
    """Return what stands in `refresh_token_hash` for a token's text."""
    return "\\x" + hashlib.sha256(token.encode()).hexdigest()


def bcrypt_hash(password: str, *, cost: int = CHEAPEST_COST, prefix: bytes = b"2b") -> str:
    """Return a bcrypt hash; `prefix` is what its implementation calls itself: 2a, 2b or 2y."""
    hashed = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost)).decode()
    return f"${prefix.decode()}${hashed[4:]}"


def sealed_totp(secret: bytes, key: str) -> str:
    """Return the secret as a server with an AUTH_ENCRYPTION_KEY stores it: nonce, ciphertext and tag in hex."""
    nonce = SystemEntropy().bytes(12)
    return (nonce + AESGCM(bytes.fromhex(key)).encrypt(nonce, totp_text(secret).encode(), None)).hex()


def totp_text(secret: bytes) -> str:
    """Return the secret as users are given it."""
    return base64.b32encode(secret).decode().rstrip("=")


async def add_person(
    connection: Connection,
    *,
    email: str | None = None,
    password: str | None = None,
    roles: tuple[str, ...] = ("user", "me"),
    refresh_tokens: int = 0,
    access_tokens: int = 0,
    key: bool | Authenticator = False,
    nickname: str | None = None,
    totp: bool = False,
    encryption_key: str | None = None,
    providers: dict[str, str] | None = None,
    expires_at: datetime | None = None,
    **columns: Any,
) -> Person:
    """Write one user. `columns` are those of auth.users, and win; JSON is given as text, as asyncpg takes it.

    With `encryption_key` the second factor's secret is sealed as newer servers do.
    """
    expires_at = expires_at or datetime.now(UTC) + LATER
    person = Person(
        id=columns.pop("id", None) or uuid4(),
        email=email,
        password=password,
        phone_number=columns.get("phone_number"),
        providers=dict(providers or {}),
    )
    row: dict[str, Any] = {
        "id": person.id,
        "locale": "en",
        "display_name": email or "",
        "email": email,
        "email_verified": email is not None,
        "password_hash": None if password is None else bcrypt_hash(password),
    }
    if totp:
        person.totp = SystemEntropy().bytes(20)
        sealed = sealed_totp(person.totp, encryption_key) if encryption_key else totp_text(person.totp)
        row |= {"totp_secret": sealed, "active_mfa_type": "totp"}
    row |= columns
    for role in (*roles, row.get("default_role", "user")):
        await connection.execute("INSERT INTO auth.roles VALUES ($1) ON CONFLICT DO NOTHING", role)
    await insert(connection, "users", **row)
    for role in roles:
        await insert(connection, "user_roles", user_id=person.id, role=role)
    for kind, number, known in (
        ("regular", refresh_tokens, person.refresh_tokens),
        ("pat", access_tokens, person.access_tokens),
    ):
        for _ in range(number):
            known.append(str(uuid4()))
            hashed = token_hash(known[-1])
            await insert(
                connection,
                "refresh_tokens",
                user_id=person.id,
                type=kind,
                expires_at=expires_at,
                refresh_token_hash=hashed,
            )
    if key:
        person.key = key if isinstance(key, Authenticator) else Authenticator()
        await insert(connection, "user_security_keys", **made_key(person.id, person.key), nickname=nickname)
    for provider, subject in person.providers.items():
        await insert(
            connection,
            "user_providers",
            user_id=person.id,
            provider_id=provider,
            provider_user_id=subject,
            access_token="unset",
        )
    return person


async def insert(connection: Connection, table: str, **columns: Any) -> None:
    """Write one row of the schema `auth`."""
    names, places = ", ".join(columns), ", ".join(f"${number + 1}" for number in range(len(columns)))
    sql = f"INSERT INTO auth.{table} ({names}) VALUES ({places})"  # noqa: S608 - names that a test gives
    await connection.execute(sql, *columns.values())


def made_key(user_id: UUID, authenticator: Authenticator) -> dict[str, Any]:
    """Let the authenticator make a key for the user; return the columns that the old server keeps of it."""
    options = {
        "rp": {"id": RP_ID},
        "user": {"id": str(user_id)},
        "challenge": b64(b"long answered"),
        "pubKeyCredParams": [{"alg": authenticator.algorithm}],
    }
    authenticator.create(options)
    made = authenticator.passkeys[-1]
    return {"user_id": user_id, "credential_id": b64(made.id), "credential_public_key": cbor2.dumps(made.cose())}


async def fill(connection: Connection, number: int, *, passwords: int = 16) -> list[Person]:
    """Write many users at once, each with an address, a password, a refresh token and an assortment of the rest.

    They share `passwords` passwords, since even the cheapest hash takes a millisecond.
    """
    known = [f"old password number {count}" for count in range(passwords)]
    hashes = [bcrypt_hash(password) for password in known]
    expires_at = datetime.now(UTC) + LATER
    people: list[Person] = []
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("users", "user_roles", "refresh_tokens", "user_security_keys", "user_providers")
    }
    for count in range(number):
        person = Person(id=uuid4(), email=f"person{count}@example.com", password=known[count % passwords])
        people.append(person)
        if count % 5 == 0:
            person.totp = hashlib.sha256(person.id.bytes).digest()[:20]
        if count % 10 == 0:
            person.phone_number = f"+49151{count:08d}"
        rows["users"].append(
            {
                "id": person.id,
                "locale": "en",
                "display_name": f"Person {count}",
                "avatar_url": f"https://example.com/{count}.png",
                "email": person.email,
                "email_verified": True,
                "password_hash": hashes[count % passwords],
                "phone_number": person.phone_number,
                "phone_number_verified": person.phone_number is not None,
                "totp_secret": totp_text(person.totp) if person.totp else None,
                "active_mfa_type": "totp" if person.totp else None,
                "metadata": json.dumps({"number": count}),
            }
        )
        rows["user_roles"] += [{"user_id": person.id, "role": role} for role in ("user", "me")]
        person.refresh_tokens.append(str(uuid4()))
        kinds = [("regular", person.refresh_tokens[0])]
        if count % 7 == 0:
            person.access_tokens.append(str(uuid4()))
            kinds.append(("pat", person.access_tokens[0]))
        rows["refresh_tokens"] += [
            {
                "user_id": person.id,
                "type": kind,
                "expires_at": expires_at,
                "refresh_token_hash": token_hash(token),
            }
            for kind, token in kinds
        ]
        if count % 3 == 0:
            person.key = Authenticator()
            rows["user_security_keys"].append(made_key(person.id, person.key))
        if count % 4 == 0:
            person.providers = {"github": str(count)}
            rows["user_providers"].append(
                {
                    "user_id": person.id,
                    "provider_id": "github",
                    "provider_user_id": str(count),
                    "access_token": "unset",
                }
            )
    for table, records in rows.items():
        if records:
            columns = list(records[0])
            await connection.copy_records_to_table(
                table,
                schema_name="auth",
                columns=columns,
                records=[tuple(record[column] for column in columns) for record in records],
            )
    return people
