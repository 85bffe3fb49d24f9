"""Access tokens: JWTs with Hasura claims. What marks them as this dialect's is the claims namespace and the issuer."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.sessions import Session as CoreSession
from vestibule.core.signing import KeyOwner, VerifiedTokens
from vestibule.core.users import Subject
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.settings import DEFAULT_ISSUER, DEFAULT_NAMESPACE, NhostSettings
from vestibule.kernel.errors import InvalidAccessToken
from vestibule.kernel.ids import parse_uuid

DIALECT: Final = "nhost"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who an access token speaks for; `session_id` is None in tokens that some other server of the operator made."""

    user_id: UUID
    session_id: UUID | None


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Signs and checks access tokens of every project that speaks this dialect."""

    core: Core
    issuer: str
    namespace: str
    verified: VerifiedTokens[Caller] = field(default_factory=VerifiedTokens)

    @classmethod
    def configured(cls, core: Core, settings: NhostSettings) -> "AccessTokens":
        """Return the tokens as the JWT secret describes them."""
        return cls(core, settings.issuer or DEFAULT_ISSUER, settings.claims_namespace or DEFAULT_NAMESPACE)

    async def session(self, project: Project, subject: Subject, session: CoreSession, secret: bytes) -> shapes.Session:
        """Return the session for the wire, with a fresh access token."""
        keys = await self.core.key_sets.of(KeyOwner(project.id))
        life = int(project.policy.access_token_life.total_seconds())
        roles = subject.roles
        if subject.default_role not in roles:
            roles = [*roles, subject.default_role]
        return shapes.Session(
            access_token=keys.sign(self._claims(subject, session.id, roles, life)),
            access_token_expires_in=life,
            refresh_token=UUID(bytes=secret),
            refresh_token_id=session.id,
            user=shapes.user_entity(subject, mfa_type=None, roles=roles),
        )

    def _claims(self, subject: Subject, session_id: UUID, roles: list[str], life: int) -> dict[str, Any]:
        user_id = str(subject.id)
        issued_at = self.core.key_sets.now_seconds()
        return {
            "exp": issued_at + life,
            self.namespace: {
                "x-hasura-allowed-roles": roles,
                "x-hasura-default-role": subject.default_role,
                "x-hasura-user-id": user_id,
                "x-hasura-user-is-anonymous": "true" if subject.is_anonymous else "false",
            },
            "iat": issued_at,
            "iss": self.issuer,
            "sid": str(session_id),
            "sub": user_id,
        }

    async def caller(self, project: Project, token: str) -> Caller:
        """Return whom a live token of this project speaks for. Raises: InvalidAccessToken.

        The signature of a token is checked once; whether its user may still come in is asked on each request.
        """
        key_sets = self.core.key_sets
        key = (DIALECT, project.id.bytes, key_sets.generation, token)
        now = key_sets.now_seconds()
        known = self.verified.find(key, now)
        if known is not None:
            return known
        keys = await key_sets.of(KeyOwner(project.id))
        claims = keys.verify(token, issuer=self.issuer, now_seconds=now)
        return self.verified.remember(key, claims["exp"], self._meaning(claims))

    def _meaning(self, claims: dict[str, Any]) -> Caller:
        # A token of another door may be signed by the same key; only ours has the namespace (security 38, 134).
        subject, hasura, session_id = claims["sub"], claims.get(self.namespace), claims.get("sid")
        if not isinstance(hasura, dict) or hasura.get("x-hasura-user-id") != subject:
            raise InvalidAccessToken
        user_id = parse_uuid(subject) if isinstance(subject, str) else None
        session = parse_uuid(session_id) if isinstance(session_id, str) else None
        if user_id is None:
            raise InvalidAccessToken
        return Caller(user_id, session)
