"""What a provider is, as data: a row holds everything in which one provider differs from the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

_ANY_TENANT: Final = "{tenantid}"
_TENANT: Final = "{tenant}"


class ClientAuthentication(Enum):
    """How we prove to the token endpoint who we are (the names are those of RFC 8414 section 2)."""

    BASIC = "client_secret_basic"
    FORM = "client_secret_post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a provider is asked. `emails` is a second document beside the profile, `keys` a JWK set.

    `names_itself`: it promises to put `iss` into every answer through the browser (RFC 9207 section 3).
    """

    authorize: str
    token: str
    profile: str = ""
    emails: str = ""
    keys: str = ""
    names_itself: bool = False


@dataclass(frozen=True, slots=True)
class Discovery:
    """The address of a document that names the endpoints (OpenID Connect Discovery 1.0 section 4)."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdTokens:
    """How a provider signs ID tokens. A `{tenantid}` in the issuer is the token's own claim `tid`.

    `has_nonce`: it puts the nonce of the request into the token, so that one without it is not taken.
    `sub_in_profile` is the member of the profile that must be the token's `sub` (Core 1.0 section 5.3.2, security 8).
    `has_text_for_true`: its `email_verified` may be the text `true` (Apple documents "string or boolean").
    """

    issuer: str
    algorithm: str = "RS256"
    has_nonce: bool = True
    sub_in_profile: str = "sub"
    has_text_for_true: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Everything that a provider said about somebody: what the row's `read` makes a profile of.

    `claims` are those of a verified ID token. `emails` is the second document, `user` Apple's form field.
    """

    profile: Mapping[str, object] = field(default_factory=dict)
    emails: object = None
    claims: Mapping[str, object] = field(default_factory=dict)
    user: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who somebody is at the provider. An empty `subject` means that it does not say.

    `is_verified`: the provider says so of this very address. Whether its word is taken is in the row.
    """

    subject: str
    email: str = ""
    is_verified: bool = False
    name: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A provider.

    `issuer` stands for it in every identity and never changes. With `has_known_iss` a provider that puts `iss` into its
    answers (RFC 9207) puts this there, or the issuer of its ID tokens; else nothing is known of it. `vouches` and
    `because` say whether its word on an address is taken, and why. `extra` goes to the authorize URL as it stands, and
    `passes` are the parameters that a caller may add (security 48: nothing else does). `sends_challenge` is PKCE.
    `joins_scopes` stands between the scopes. `asks_with_client_id` is the header of the profile request that wants our
    client id.
    """

    name: str
    issuer: str
    endpoints: Endpoints | Discovery
    scopes: tuple[str, ...]
    read: Callable[[Said], Profile]
    vouches: bool
    because: str
    id_tokens: IdTokens | None = None
    has_known_iss: bool = True
    authentication: ClientAuthentication = ClientAuthentication.FORM
    sends_challenge: bool = True
    extra: Mapping[str, str] = field(default_factory=dict)
    passes: frozenset[str] = frozenset()
    joins_scopes: str = " "
    answers_by_form: bool = False
    asks_with_client_id: str = ""

    def for_tenant(self, tenant: str, tenant_id: str | None) -> "Row":
        """Return the row of one Microsoft tenant; `tenant_id` is None where several may come, or its id is unknown."""
        endpoints, id_tokens = self.endpoints, self.id_tokens
        if isinstance(endpoints, Endpoints):
            endpoints = replace(
                endpoints,
                authorize=endpoints.authorize.replace(_TENANT, tenant),
                token=endpoints.token.replace(_TENANT, tenant),
                profile=endpoints.profile.replace(_TENANT, tenant),
            )
        if id_tokens is not None and tenant_id is not None:
            id_tokens = replace(id_tokens, issuer=id_tokens.issuer.replace(_ANY_TENANT, tenant_id))
        return replace(self, endpoints=endpoints, id_tokens=id_tokens)
