"""What this machine could do at most: bare ASGI handlers that do the unavoidable part of a request and nothing else.

No routing but a dictionary, no checks, no log. The constant ones answer the same bytes; `user` runs the server's one
SELECT and writes JSON; `refresh` computes the server's HMACs, runs its one UPDATE, signs its claims and writes JSON.
Connections are plain asyncpg ones from a stack: asyncpg's own pool would lower the limit and flatter us.
Each worker is a process of its own, `python -m bench.limit_app PORT`; the kernel deals connections out among them, as
it does among the workers of `vestibule serve`.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
import jwt
import msgspec
import uvicorn

from vestibule.core.sessions.secrets import RefreshSecrets
from vestibule.core.sessions.store import ROTATE, TAPE_DIGITS
from vestibule.core.signing import Algorithm, SharedSecret, signing_key_from_secret
from vestibule.core.users.store import SUBJECT_BY_ID
from vestibule.kernel.clock import to_micros
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Engine

# Any: ASGI defines scopes and messages so, asyncpg ships no types.
Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Connection: TypeAlias = Any
Handler: TypeAlias = Callable[[Scope, Receive], Awaitable[bytes]]

DSN: Final = os.environ.get("BENCH_DSN", "")
JWT_KEY: Final = os.environ.get("BENCH_JWT_KEY", "")
ROOT_KEY: Final = bytes.fromhex(os.environ.get("BENCH_ROOT_KEY", "00" * 32))
PROJECT_ID: Final = UUID(os.environ.get("BENCH_PROJECT_ID", str(UUID(int=0))))
NAMESPACE: Final = "https://hasura.io/jwt/claims"
ACCESS_LIFE: Final = timedelta(minutes=15)

_OK: Final = b'"OK"\n'
_SELECT: Final = SUBJECT_BY_ID.prepared(Engine.POSTGRESQL)
_UPDATE: Final = ROTATE.prepared(Engine.POSTGRESQL)

_signing_key: Final = signing_key_from_secret(SharedSecret(Algorithm.HS256, JWT_KEY.encode()))
_secrets: Final = RefreshSecrets(Keyring([ROOT_KEY], SystemEntropy()), SystemEntropy())
_idle: Final[list[Connection]] = []
_subjects: Final[dict[bytes, UUID]] = {}


class RefreshBody(msgspec.Struct):
    """The body of POST /token."""

    refresh_token: UUID = msgspec.field(name="refreshToken")


_refresh_body: Final = msgspec.json.Decoder(RefreshBody)


async def fetch_row(sql: str, values: list[object]) -> Any:  # noqa: ANN401 - asyncpg's record
    """Run one statement on a connection of this process."""
    connection = _idle.pop() if _idle else await asyncpg.connect(DSN, max_cached_statement_lifetime=0)
    row = await connection.fetchrow(sql, *values)
    _idle.append(connection)
    return row


async def body_of(receive: Receive) -> bytes:
    """Return the body of a request, which comes in one piece here."""
    message = await receive()
    body: bytes = message["body"]
    return body


def user_of(row: Any) -> dict[str, object]:  # noqa: ANN401 - asyncpg's record
    """Return the answer's user."""
    return {
        "id": row["id"],
        "createdAt": row["created_at"],
        "displayName": row["display_name"],
        "avatarUrl": row["avatar_url"],
        "locale": row["locale"],
        "email": row["email"],
        "emailVerified": row["email_verified_at"] is not None,
        "phoneNumber": row["phone_number"],
        "phoneNumberVerified": row["phone_verified_at"] is not None,
        "isAnonymous": row["is_anonymous"],
        "defaultRole": row["default_role"],
        "roles": msgspec.Raw(row["roles"].encode()),
        "metadata": msgspec.Raw((row["metadata"] or "{}").encode()),
        "activeMfaType": row["mfa_type"],
    }


def claims_of(row: Any, session_id: UUID, now: datetime) -> dict[str, object]:  # noqa: ANN401 - asyncpg's record
    """Return the claims of an access token."""
    issued_at = int(now.timestamp())
    return {
        "sub": str(row["user_id"]),
        "iss": "hasura-auth",
        "iat": issued_at,
        "exp": issued_at + int(ACCESS_LIFE.total_seconds()),
        "sid": str(session_id),
        NAMESPACE: {
            "x-hasura-allowed-roles": msgspec.json.decode(row["roles"]),
            "x-hasura-default-role": row["default_role"],
            "x-hasura-user-id": str(row["user_id"]),
            "x-hasura-user-is-anonymous": "false",
        },
    }


async def version(scope: Scope, receive: Receive) -> bytes:  # noqa: ARG001 - the signature of every handler
    """GET /version."""
    return b'{"version":"0.1.0"}\n'


async def jwks(scope: Scope, receive: Receive) -> bytes:  # noqa: ARG001 - as above
    """GET /.well-known/jwks.json."""
    return b'{"keys":[]}\n'


async def token_verify(scope: Scope, receive: Receive) -> bytes:  # noqa: ARG001 - as above
    """POST /token/verify: takes the body and looks away."""
    await body_of(receive)
    return _OK


async def user(scope: Scope, receive: Receive) -> bytes:  # noqa: ARG001 - as above
    """GET /user: a token that was seen before is believed."""
    token = dict(scope["headers"])[b"authorization"]
    subject = _subjects.get(token)
    if subject is None:
        claims = jwt.decode(token[7:].decode(), JWT_KEY, algorithms=["HS256"], options={"verify_aud": False})
        subject = _subjects[token] = UUID(claims["sub"])
    row = await fetch_row(_SELECT.sql, _SELECT.positional({"project_id": PROJECT_ID, "user_id": subject}))
    return msgspec.json.encode(user_of(row))


async def refresh(scope: Scope, receive: Receive) -> bytes:  # noqa: ARG001 - as above
    """POST /token."""
    secret = _refresh_body.decode(await body_of(receive)).refresh_token.bytes
    now = datetime.now(UTC)
    key_id = _secrets.keyring.current_id
    presented = _secrets.hashed(secret, key_id)
    follower = _secrets.hashed(_secrets.successor(secret, key_id), key_id)
    values = _UPDATE.positional(
        {
            "project_id": PROJECT_ID,
            "handle_hash": presented.handle_hash,
            "step_hash": presented.step_hash,
            "next_handle_hash": follower.handle_hash,
            "next_step_hash": follower.step_hash,
            "root_key_id": key_id,
            "rotated": str(to_micros(now)).zfill(TAPE_DIGITS),
            "now": now,
            "dialect": "nhost",
            "any_client": True,
            "client_id": None,
            "verified_required": False,
        }
    )
    row = await fetch_row(_UPDATE.sql, values)
    session_id = row[0]
    answer = {
        "accessToken": _signing_key.sign(claims_of(row, session_id, now)),
        "accessTokenExpiresIn": int(ACCESS_LIFE.total_seconds()),
        "refreshToken": UUID(bytes=follower.secret),
        "refreshTokenId": session_id,
        "user": user_of(row),
    }
    return msgspec.json.encode(answer)


HANDLERS: Final[dict[str, Handler]] = {
    "/version": version,
    "/.well-known/jwks.json": jwks,
    "/token/verify": token_verify,
    "/user": user,
    "/token": refresh,
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 200, whatever it is; the life of the server needs nothing."""
    if scope["type"] != "http":
        await live(receive, send)
        return
    body = await HANDLERS[scope["path"]](scope, receive)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def live(receive: Receive, send: Send) -> None:
    """Speak ASGI's lifespan protocol."""
    while True:
        kind = (await receive())["type"].removeprefix("lifespan.")
        if kind == "shutdown":
            await asyncio.gather(*(connection.close() for connection in _idle))
        await send({"type": f"lifespan.{kind}.complete"})
        if kind == "shutdown":
            return


def main(port: int) -> None:
    """Serve on a socket that others may have too."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, loop="uvloop", http="httptools", lifespan="on", access_log=False, log_level="warning")
    uvicorn.Server(config).run([sock])


if __name__ == "__main__":
    main(int(sys.argv[1]))
