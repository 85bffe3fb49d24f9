"""Access tokens: JWTs with Hasura claims. What marks them as this dialect's is the claims namespace and the issuer."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from vestibule.core.claims import Claimant, CustomClaims
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
_ELEVATED: Final = "x-hasura-auth-elevated"
_ELEVATED_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Caller:
    """Who an access token speaks for; `session_id` is None in tokens that some other server of the operator made.

    `is_elevated`: the user has just proven themselves again. `is_anonymous`: so the token says; ask the user's row.
    """

    user_id: UUID
    session_id: UUID | None
    is_elevated: bool = False
    is_anonymous: bool = False


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

    async def session(
        self,
        project: Project,
        subject: Subject,
        session: CoreSession,
        secret: bytes,
        *,
        elevated: bool = False,
        custom: CustomClaims | None = None,
    ) -> shapes.Session:
        """Return the session for the wire, with a fresh access token.

        Elevation is a claim of this one token and ends with it, after ten minutes at most (security 89). `custom` are
        claims that were asked for before; without them they are asked for now. Raises: ClaimsUnavailable.
        """
        if custom is None and self.core.custom_claims is not None:
            custom = await self.core.custom_claims(Claimant(project, subject, session, elevated))
        keys = await self.core.key_sets.of(KeyOwner(project.id))
        life = int(project.policy.access_token_life.total_seconds())
        if elevated:
            life = min(life, _ELEVATED_SECONDS)
        roles = subject.roles
        if subject.default_role not in roles:
            roles = [*roles, subject.default_role]
        return shapes.Session(
            access_token=keys.sign(self._claims(subject, session.id, roles, life, custom, elevated=elevated)),
            access_token_expires_in=life,
            refresh_token=UUID(bytes=secret),
            refresh_token_id=session.id,
            user=shapes.user_entity(subject, mfa_type=None, roles=roles),
        )

    def _claims(
        self,
        subject: Subject,
        session_id: UUID,
        roles: list[str],
        life: int,
        custom: CustomClaims | None,
        *,
        elevated: bool,
    ) -> dict[str, Any]:
        user_id = str(subject.id)
        issued_at = self.core.key_sets.now_seconds()
        hasura: dict[str, Any] = {
            "x-hasura-allowed-roles": roles,
            "x-hasura-default-role": subject.default_role,
            "x-hasura-user-id": user_id,
            "x-hasura-user-is-anonymous": "true" if subject.is_anonymous else "false",
        }
        if custom:
            hasura = {**custom, **hasura}  # ours win, whatever somebody else says (security 11)
        if elevated:
            hasura[_ELEVATED] = user_id
        return {
            "exp": issued_at + life,
            self.namespace: hasura,
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
        return Caller(
            user_id,
            session,
            is_elevated=hasura.get(_ELEVATED) == subject,
            is_anonymous=hasura.get("x-hasura-user-is-anonymous") == "true",
        )
