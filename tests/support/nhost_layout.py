"""The database of a server that people move away from, laid out as Nhost Auth lays out its own, and people in it.

`add_person` writes one user with everything they may have, `fill` many at once; both return who they are, with the
secrets that they know.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import bcrypt
import cbor2
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.support.authenticator import Authenticator, b64
from tests.support.nhost_tables import Connection, lay_out
from vestibule.kernel.entropy import SystemEntropy

__all__ = [
    "Connection",
    "Person",
    "add_person",
    "bcrypt_hash",
    "fill",
    "insert",
    "lay_out",
    "made_key",
    "sealed_totp",
    "token_hash",
    "totp_text",
]

RP_ID: Final = "localhost"
CHEAPEST_COST: Final = 4
LATER: Final = timedelta(days=30)


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
                "id": str(person.id),
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
                "metadata": {"number": count},
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
    # As text: the driver cannot write citext in the binary form that copying wants.
    names = ", ".join(rows["users"][0]) if rows["users"] else "id"
    await connection.execute(
        f"INSERT INTO auth.users ({names}) "  # noqa: S608 - the names above
        f"SELECT {names} FROM json_populate_recordset(NULL::auth.users, $1)",
        json.dumps(rows.pop("users")),
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
