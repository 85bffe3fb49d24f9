"""What a project is and allows. One policy per project, enforced in the core for every door."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from vestibule.kernel.ids import AccountId, ClientId, ProjectId, ServiceKeyId

DEFAULT_PROJECT: Final = "default"
METADATA_LIMIT_BYTES: Final = 10_240
MAIL_PER_HOUR: Final = 2_000
TEXTS_PER_HOUR: Final = 500
PHONE_KEPT_DAYS: Final = 365
ANONYMOUS_USERS_PER_HOUR: Final = 1_000
SecondFactorAfter: TypeAlias = Literal["every", "password"]
ElevationMode: TypeAlias = Literal["disabled", "recommended", "required"]
STANDARD_SCOPES: Final = ("openid", "profile", "email", "offline_access")


@dataclass(frozen=True, slots=True)
class Gravatar:
    """How a first avatar URL is made from an email address."""

    enabled: bool = True
    default: str = "blank"
    rating: str = "g"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAuthn:
    """The relying party (WebAuthn section 5.4.2). `origins` are compared with the client data, to the letter.

    With `decoys`, asking for the passkeys of an address never tells whether it has any.
    """

    enabled: bool = False
    rp_id: str = ""
    rp_name: str = ""
    origins: tuple[str, ...] = ()
    timeout: timedelta = timedelta(minutes=5)
    decoys: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one project. Empty access lists mean that everybody may come, and that texts go to any country.

    `phone_kept_days` is how long a number stays that of a user whom nobody has seen; 0 is for ever.
    `auto_sign_up_enabled` lets sign-ins with a link or code register who is unknown. `second_factor_after` names the
    sign-ins that ask for the second factor: every one, or only those by password. `elevation` is whether sensitive
    changes need a fresh proof; `notices_enabled` whether users are told of them by mail. `anonymous_users_per_hour` is
    how many one network may make. `reclaim_on_first_proof` is whether the first mailed proof of an address takes away
    what could sign in before it.
    """

    sign_up_enabled: bool = True
    new_users_disabled: bool = False
    verified_email_required: bool = False
    default_role: str = "user"
    allowed_roles: tuple[str, ...] = ("me", "user")
    default_locale: str = "en"
    allowed_locales: tuple[str, ...] = ("en",)
    password_min_length: int = 8
    password_change_ends_other_sessions: bool = True
    mfa_change_ends_other_sessions: bool = True
    phone_change_ends_other_sessions: bool = True
    email_change_ends_other_sessions: bool = True
    provider_change_ends_other_sessions: bool = True
    id_token_nonce_required: bool = False
    reclaim_on_first_proof: bool = True
    allowed_emails: tuple[str, ...] = ()
    allowed_email_domains: tuple[str, ...] = ()
    blocked_emails: tuple[str, ...] = ()
    blocked_email_domains: tuple[str, ...] = ()
    client_url: str = ""
    allowed_redirect_urls: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    access_token_life: timedelta = timedelta(minutes=15)
    refresh_token_life: timedelta = timedelta(days=30)
    metadata_limit_bytes: int = METADATA_LIMIT_BYTES
    mail_per_hour: int = MAIL_PER_HOUR
    texts_per_hour: int = TEXTS_PER_HOUR
    text_countries: tuple[str, ...] = ()
    gravatar: Gravatar = Gravatar()
    auto_sign_up_enabled: bool = True
    anonymous_users_enabled: bool = False
    anonymous_users_per_hour: int = ANONYMOUS_USERS_PER_HOUR
    sign_in_links_enabled: bool = False
    email_codes_enabled: bool = False
    text_codes_enabled: bool = False
    phone_kept_days: int = PHONE_KEPT_DAYS
    mfa_enabled: bool = False
    totp_issuer: str = "auth"
    second_factor_after: SecondFactorAfter = "every"
    elevation: ElevationMode = "disabled"
    notices_enabled: bool = True
    webauthn: WebAuthn = WebAuthn()


@dataclass(frozen=True, slots=True)
class Project:
    """A user namespace with its own users, keys and rules."""

    id: ProjectId
    public_id: str
    name: str
    dialects: frozenset[str]
    policy: Policy
    parent_account_id: AccountId | None = None

    def for_client(self, client: "Client") -> "Project":
        """Return the project under a client's own rules as well; a client may be stricter, never laxer."""
        if client.sign_up_enabled and not client.verified_email_required:
            return self
        policy = replace(
            self.policy,
            sign_up_enabled=self.policy.sign_up_enabled and client.sign_up_enabled,
            verified_email_required=self.policy.verified_email_required or client.verified_email_required,
        )
        return replace(self, policy=policy)


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """How long a client's tokens live, and how their cookies look."""

    access_life: timedelta = timedelta(hours=1)
    refresh_life: timedelta = timedelta(days=14)
    cookies: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Client:
    """An application that calls on behalf of users (RFC 6749 section 2); `public_id` is its client_id."""

    id: ClientId
    project_id: ProjectId
    public_id: str
    account_id: AccountId | None
    name: str
    issuer: str | None
    audience: str | None
    allowed_origins: frozenset[str]
    redirect_uris: frozenset[str]
    allowed_scope: str | None
    default_scope: str | None
    settings: dict[str, Any]
    terms: TokenTerms
    sign_up_enabled: bool = True
    verified_email_required: bool = False

    def granted_scope(self, requested: str | None) -> str:
        """Return those of the requested scopes that this client may have; its default where none are asked for."""
        allowed = STANDARD_SCOPES if self.allowed_scope is None else self.allowed_scope.split()
        asked = (requested or self.default_scope or "").split()
        return " ".join(scope for scope in dict.fromkeys(asked) if scope in allowed)


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A key of an operator's own server: it speaks for the project, not for a user."""

    id: ServiceKeyId
    project_id: ProjectId
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the core sees it: to which project, through which door, from where.

    `network` is an IPv4 address or an IPv6 /64; it is counted against, never stored in the clear. With
    `network_is_shared` it is that of an unlisted proxy, and of everybody behind it.
    """

    project: Project
    dialect: str
    network: str
    request_id: str
    client: Client | None = None
    network_is_shared: bool = False

    @property
    def client_id(self) -> UUID | None:
        """The id of the client that calls, if the door knows clients."""
        return self.client.id if self.client else None
