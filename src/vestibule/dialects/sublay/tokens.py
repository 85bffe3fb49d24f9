"""Access and refresh tokens: HS256 JWTs (RFC 7519) with a key of their own each, derived from the root keys.

A refresh token is the core's secret in a JWT's clothes: `jti` is the secret, the times come from the session's row.
So it can be made again from the row, byte for byte, and every tab that refreshes at once gets the same one.
"""

import functools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from vestibule.core.projects import Project
from vestibule.core.sessions import Session
from vestibule.core.signing import Algorithm, KeySets, SigningKey, VerifiedTokens
from vestibule.core.signing.algorithms import InvalidSignature
from vestibule.dialects.sublay.generations import REPLYKE, SUBLAY, audience_of
from vestibule.dialects.sublay.settings import SublaySettings
from vestibule.kernel.clock import Clock, to_seconds
from vestibule.kernel.errors import ForeignRefreshToken, InvalidAccessToken, MalformedRefreshToken
from vestibule.kernel.ids import ProjectId, parse_uuid
from vestibule.kernel.keyring import Keyring

DIALECT: Final = "sublay"
_AUDIENCES: Final = (SUBLAY, REPLYKE)
_REFRESH_PURPOSE: Final = "sublay refresh"


@dataclass(frozen=True, slots=True)
class EndUser:
    """Whom an access token speaks for, and the session that it came from."""

    user_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads both kinds of token."""

    keyring: Keyring
    key_sets: KeySets
    clock: Clock
    settings: SublaySettings
    verified: VerifiedTokens[EndUser] = field(default_factory=VerifiedTokens)

    def access(self, project: Project, session: Session) -> str:
        """Return a new access token for the session. It never says more than who and until when."""
        now = to_seconds(self.clock.now())
        audience = audience_of(session)
        return self._key(_access_purpose(project.id)).sign(
            {
                "sub": str(session.user_id),
                "projectId": project.public_id,
                "role": "user",
                "sid": str(session.id),
                "aud": audience,
                "iss": audience,
                "iat": now,
                "exp": now + int(self.settings.access_token_life.total_seconds()),
            }
        )

    def refresh(self, project: Project, session: Session, secret: bytes) -> str:
        """Return the refresh token that stands for `secret`; the same session and secret give the same text."""
        audience = audience_of(session)
        return self._key(_REFRESH_PURPOSE).sign(
            {
                "sub": str(session.user_id),
                "projectId": project.public_id,
                "sid": str(session.id),
                "aud": audience,
                "iss": audience,
                "jti": str(uuid.UUID(bytes=secret)),
                "iat": to_seconds(session.refreshed_at),
                "exp": to_seconds(session.expires_at),
            }
        )

    def end_user(self, project: Project, token: str) -> EndUser:
        """Return whom a live access token of this project speaks for. Raises: InvalidAccessToken."""
        now = to_seconds(self.clock.now())
        key = (DIALECT, project.id.bytes, self.key_sets.generation, token)
        return self.verified.checked(key, now, lambda: self._end_user(project, token))

    def secret(self, project: Project, token: str) -> bytes:
        """Return the core's secret in a live refresh token of this project.

        Raises: MalformedRefreshToken, ForeignRefreshToken.
        """
        claims = self._claims(_REFRESH_PURPOSE, token)
        jti = None if claims is None else parse_uuid(str(claims.get("jti")))
        if claims is None or jti is None:
            raise MalformedRefreshToken
        if claims.get("projectId") != project.public_id:
            raise ForeignRefreshToken
        return jti.bytes

    def _end_user(self, project: Project, token: str) -> tuple[int, EndUser]:
        claims = self._claims(_access_purpose(project.id), token)
        if claims is None or claims.get("projectId") != project.public_id:
            raise InvalidAccessToken
        user_id, session_id = parse_uuid(str(claims["sub"])), parse_uuid(str(claims.get("sid")))
        if user_id is None or session_id is None:
            raise InvalidAccessToken
        return int(claims["exp"]), EndUser(user_id, session_id)

    def _claims(self, purpose: str, token: str) -> dict[str, Any] | None:
        """Return the claims of a live token made for `purpose` under any root key, None for anything else."""
        now = to_seconds(self.clock.now())
        for key in self._keys(purpose):
            for issuer in _AUDIENCES:
                try:
                    claims = key.verify(token, issuer=issuer, now_seconds=now)
                except InvalidSignature:
                    continue
                if claims.get("aud") == issuer:
                    return claims
        return None

    def _keys(self, purpose: str) -> Iterator[SigningKey]:
        return (self._key(purpose, key_id) for key_id in self.keyring.key_ids)

    def _key(self, purpose: str, key_id: bytes | None = None) -> SigningKey:
        return _hmac_key(self.keyring.key(purpose, key_id))


def _access_purpose(project_id: ProjectId) -> str:
    return f"sublay access {project_id}"


@functools.lru_cache(maxsize=1024)
def _hmac_key(secret: bytes) -> SigningKey:
    return SigningKey(None, Algorithm.HS256, secret, secret, None)
