"""Tokens as AccountMaker's clients hold them: a JWT signed by the client's own key, and texts that name the client.

Refresh and one-time tokens carry 16 bytes that say which client they belong to, then 16 secret ones. So a request
needs no other word about client and application, and a token of another door does not even parse.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from vestibule.core.facade import Core
from vestibule.core.projects import Client, Project, Visit
from vestibule.core.sessions import SECRET_BYTES, Session
from vestibule.core.signing import KeyOwner, VerifiedTokens
from vestibule.dialects.accountmaker.dialect import NAME
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.kernel.clock import to_seconds
from vestibule.kernel.errors import InvalidAccessToken
from vestibule.kernel.ids import prefixed, unprefixed

_REFRESH: Final = "rt_"
_UUID_BYTES: Final = 16
_TEXT_LENGTH: Final = 43  # 32 bytes in base64url
_JTI_BYTES: Final = 16
_MOST_CHARACTERS: Final = 8192
_SEGMENTS: Final = 3
_TYPE: Final = "JWT"


def base64url(raw: bytes) -> str:
    """Return base64url without padding (RFC 7515 appendix C)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes | None:
    """Return what `base64url` spells as `text`; None for any other spelling."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if base64url(raw) == text else None


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """The secret part of a token, and the client that it says it belongs to."""

    client_id: UUID
    secret: bytes


def ticket_text(client: Client, secret: bytes) -> str:
    """Return a one-time token for a link."""
    return base64url(client.id.bytes + secret)


def parse_ticket(text: str) -> ClientSecret | None:
    """Return what a one-time token says; None when it is none of ours."""
    raw = from_base64url(text) if len(text) == _TEXT_LENGTH else None
    if raw is None or len(raw) != _UUID_BYTES + SECRET_BYTES:
        return None
    return ClientSecret(UUID(bytes=raw[:_UUID_BYTES]), raw[_UUID_BYTES:])


def refresh_text(client: Client, secret: bytes) -> str:
    """Return the refresh token for a session's current secret."""
    return _REFRESH + base64url(client.id.bytes + secret)


def parse_refresh(text: str) -> ClientSecret | None:
    """Return what a refresh token says; None when it is none of ours."""
    return parse_ticket(text.removeprefix(_REFRESH)) if text.startswith(_REFRESH) else None


class _Holder(msgspec.Struct, frozen=True):
    cid: str


_holder: Final = msgspec.json.Decoder(_Holder)


def unverified_client_id(token: str) -> str | None:
    """Return the `cid` of an access token, only to choose whose keys must have signed it; None when there is none."""
    parts = token.split(".", _SEGMENTS)
    raw = from_base64url(parts[1]) if len(parts) == _SEGMENTS and len(token) <= _MOST_CHARACTERS else None
    try:
        return None if raw is None else _holder.decode(raw).cid
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """What a verified access token says about its holder."""

    user_id: UUID
    account_id: UUID | None
    session_id: UUID


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Makes and verifies access tokens. The role in one is as old as the sign-in; reads look at the present."""

    core: Core
    settings: AccountMakerSettings
    verified: VerifiedTokens[TokenHolder] = field(default_factory=VerifiedTokens)

    async def issue(self, client: Client, project: Project, session: Session) -> str:
        """Return an access token of `session`, alive for the client's access life from now."""
        keys = await self.core.key_sets.of(KeyOwner(project.id, client.id))
        issued_at = to_seconds(self.core.clock.now())
        issuer = self._issuer(client)
        user = prefixed("uid", session.user_id)
        claims: dict[str, Any] = {
            "iss": issuer,
            "sub": user,
            "aud": client.audience or issuer,
            "exp": issued_at + int(client.terms.access_life.total_seconds()),
            "iat": issued_at,
            "jti": base64url(self.core.key_sets.entropy.bytes(_JTI_BYTES)),
            "sid": prefixed("ses", session.id),
            "scope": session.scope or "",
            "cid": client.public_id,
            "app": project.public_id,
            "uid": user,
        }
        if session.account_id is not None:
            claims |= {"acc": prefixed("acc", session.account_id), "role": (session.claims or {}).get("role")}
        return keys.sign(claims)

    async def holder(self, visit: Visit, token: str) -> TokenHolder:
        """Return whose token it is, if the visit's client made it and it is alive. Raises: InvalidAccessToken."""
        if visit.client is None:
            raise InvalidAccessToken
        client, project = visit.client, visit.project
        key_sets = self.core.key_sets
        # Named before the keys are read: what they verify is forgotten with them, if they are revoked meanwhile.
        key = (NAME, project.id.bytes, key_sets.generation, token)
        keys = await key_sets.of(KeyOwner(project.id, client.id))
        now_seconds = key_sets.now_seconds()

        def check() -> tuple[int, TokenHolder]:
            claims = keys.verify(token, issuer=self._issuer(client), now_seconds=now_seconds)
            return claims["exp"], self._meaning(client, project, token, claims)

        return self.verified.checked(key, now_seconds, check)

    def _meaning(self, client: Client, project: Project, token: str, claims: dict[str, Any]) -> TokenHolder:
        # The same key signs ID tokens too; only an access token has all of these, and each must be ours.
        expected = {
            "aud": client.audience or self._issuer(client),
            "cid": client.public_id,
            "app": project.public_id,
            "sub": claims.get("uid"),
        }
        user_id, session_id = _id("uid", claims), _id("sid", claims, "ses")
        is_ours = all(claims.get(name) == value for name, value in expected.items())
        if not is_ours or _header_type(token) != _TYPE or user_id is None or session_id is None:
            raise InvalidAccessToken
        return TokenHolder(user_id, _id("acc", claims), session_id)

    def _issuer(self, client: Client) -> str:
        return client.issuer or self.settings.base


def _id(name: str, claims: dict[str, Any], prefix: str = "") -> UUID | None:
    text = claims.get(name)
    return unprefixed(prefix or name, text) if isinstance(text, str) else None


def _header_type(token: str) -> object:
    # The signature covers the header as well, and it was checked.
    header: object = msgspec.json.decode(from_base64url(token.partition(".")[0]) or b"null")
    return header.get("typ") if isinstance(header, dict) else None


async def client_jwks(core: Core, client: Client) -> list[dict[str, Any]]:
    """Return the public keys that verify this client's tokens, for its JWKS document."""
    keys = await core.key_sets.of(KeyOwner(client.project_id, client.id))
    return keys.jwks()
