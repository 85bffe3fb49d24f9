"""The keys of one owner, loaded once and kept until the catalog's generation changes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec
from jwt.utils import base64url_decode

from vestibule.core.signing import store
from vestibule.core.signing.algorithms import (
    Algorithm,
    InvalidSignature,
    MakePem,
    SigningKey,
    generate_pem,
    signing_key_from_pem,
)
from vestibule.core.signing.store import KeyRow, KeyState
from vestibule.kernel.clock import Clock, to_micros, to_seconds
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import InvalidAccessToken
from vestibule.kernel.ids import KeyId, ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database, Json, Queries

SEAL: Final = "signing key"


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """A signing key belongs to a project, or to one client of it."""

    project_id: ProjectId
    client_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A new private key (PKCS#8 PEM) that is nowhere stored yet."""

    kid: str
    algorithm: Algorithm
    pem: bytes


@dataclass(frozen=True, slots=True)
class KeySet:
    """All live keys of one owner: the newest active one signs, every live one verifies."""

    signer: SigningKey
    verifiers: Mapping[str | None, SigningKey]

    def sign(self, claims: dict[str, Any]) -> str:
        """Return the compact JWS of `claims`."""
        return self.signer.sign(claims)

    def verify(self, token: str, *, issuer: str, now_seconds: int) -> dict[str, Any]:
        """Return the claims of a live token that one of these keys signed.

        Raises: InvalidAccessToken.
        """
        key = self.verifiers.get(unverified_kid(token))
        if key is None:
            raise InvalidAccessToken
        try:
            return key.verify(token, issuer=issuer, now_seconds=now_seconds)
        except InvalidSignature as error:
            raise InvalidAccessToken from error

    def jwks(self) -> list[dict[str, Any]]:
        """Return the public keys as JWKs; empty for shared secrets."""
        named = {key.kid: key.public_jwk for key in self.verifiers.values()}
        return [jwk for jwk in named.values() if jwk is not None]


@dataclass(slots=True)
class KeySets:
    """Finds the key set of an owner. `configured` keys (HASURA_GRAPHQL_JWT_SECRET) win over stored ones."""

    db: Database
    keyring: Keyring
    clock: Clock
    entropy: Entropy
    default_algorithm: Algorithm = Algorithm.RS256
    configured: dict[KeyOwner, SigningKey] = field(default_factory=dict)
    make_pem: MakePem = generate_pem
    generation: int = 0
    _loaded: dict[KeyOwner, KeySet] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop what was loaded: a key was made, rotated or revoked somewhere."""
        self._loaded.clear()
        self.generation += 1

    async def of(self, owner: KeyOwner) -> KeySet:
        """Return the owner's keys, making the first one if there is none yet."""
        loaded = self._loaded.get(owner)
        if loaded is None:
            generation = self.generation
            loaded = await self._load(owner)
            if generation == self.generation:  # else a key may have been revoked while this was read
                self._loaded[owner] = loaded
        return loaded

    async def _load(self, owner: KeyOwner) -> KeySet:
        configured = self.configured.get(owner)
        if configured is not None:
            # Other servers that hold this key may leave its name out of their tokens.
            return KeySet(configured, {configured.kid: configured, None: configured})
        rows = await self.live(owner)
        if not _any_active(rows):
            first = await self.generate(self.algorithm_of(owner))
            async with self.db.write() as tx:
                # Of several workers that all miss it one keeps its key, or their tokens would be nothing to each other.
                await tx.one(store.HELD_PROJECT, project_id=owner.project_id)
                if not _any_active(await self.live(owner, tx)):
                    await self.keep(tx, owner, first, KeyState.ACTIVE)
                rows = await self.live(owner, tx)
        keys: dict[str | None, SigningKey] = {row.kid: self._open(row) for row in rows}
        newest = max((row for row in rows if row.state == KeyState.ACTIVE), key=lambda row: row.created_at)
        return KeySet(keys[newest.kid], keys)

    async def live(self, owner: KeyOwner, db: Queries | None = None) -> list[KeyRow]:
        """Return the owner's keys that verify now: pending, active, and retired ones whose tokens may live."""
        return await (db or self.db).all(
            store.LIVE, project_id=owner.project_id, client_id=owner.client_id, now=self.clock.now()
        )

    def algorithm_of(self, owner: KeyOwner) -> Algorithm:
        """Return what new keys of `owner` sign with: clients are promised RS256, projects take the configured one."""
        return self.default_algorithm if owner.client_id is None else Algorithm.RS256

    async def generate(self, algorithm: Algorithm | None = None) -> GeneratedKey:
        """Make a key, not stored yet: RSA takes its time, so do it before a transaction is open."""
        chosen = algorithm or self.default_algorithm
        kid = f"key_{self.entropy.bytes(9).hex()}"
        pem = await asyncio.to_thread(self.make_pem, chosen)
        return GeneratedKey(kid, chosen, pem)

    async def keep(self, tx: Queries, owner: KeyOwner, key: GeneratedKey, state: KeyState) -> KeyId:
        """Store a generated key of `owner`; the private part is sealed with the root key."""
        now = self.clock.now()
        key_id = KeyId(new_uuid7(self.entropy, to_micros(now)))
        await tx.run(
            store.INSERT,
            project_id=owner.project_id,
            id=key_id,
            client_id=owner.client_id,
            kid=key.kid,
            algorithm=key.algorithm.value,
            public_jwk=Json(signing_key_from_pem(key.kid, key.algorithm, key.pem, is_ours=True).public_jwk),
            private_key=self.keyring.seal(SEAL, key.pem, key.kid.encode()),
            state=state.value,
            created_at=now,
            activated_at=now if state == KeyState.ACTIVE else None,
        )
        return key_id

    def _open(self, row: KeyRow) -> SigningKey:
        pem = self.keyring.open(SEAL, row.private_key, row.kid.encode())
        return signing_key_from_pem(row.kid, Algorithm(row.algorithm), pem, is_ours=True)

    def now_seconds(self) -> int:
        """Return the present moment as a NumericDate."""
        return to_seconds(self.clock.now())


def _any_active(rows: list[KeyRow]) -> bool:
    return any(row.state == KeyState.ACTIVE for row in rows)


def unverified_kid(token: str) -> str | None:
    """Return the `kid` in the token's header, only to choose which of our own keys to try.

    Raises: InvalidAccessToken when there is no readable header.
    """
    try:
        kid = _header.decode(base64url_decode(token.partition(".")[0])).kid
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InvalidAccessToken from error
    return kid if isinstance(kid, str) else None


class _Header(msgspec.Struct):
    kid: object = None


_header: Final = msgspec.json.Decoder(_Header)
