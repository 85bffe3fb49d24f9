"""Coming in by a provider: what browsers bring in queries and forms, and what applications send and are answered."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.core.social import IdentityRow
from vestibule.core.social.model import ProviderSession as CoreProviderSession
from vestibule.core.users import UserOptions
from vestibule.dialects.nhost.shapes.base import Body, Locale, RedirectTo, SignUpOptions, is_display_name
from vestibule.wire.decode import json_members

CUSTOM_PROVIDER: Final = r"c:[a-z0-9][a-z0-9-]{0,38}[a-z0-9]"
IdTokenProvider = Annotated[
    str, Meta(pattern=rf"^(?:apple|google|{CUSTOM_PROVIDER})$", description="`apple`, `google` or `c:<slug>`")
]
_Short = Annotated[str, Meta(max_length=255)]
_Long = Annotated[str, Meta(max_length=4096)]
_NO_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)  # what the original writes where there is none


class SignUpProviderQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What somebody sets out to a provider with; the options count for who is new."""

    allowed_roles: Annotated[str, Meta(max_length=4096, description="Roles, separated by commas")] | None = None
    default_role: _Short | None = None
    display_name: Annotated[str, Meta(max_length=32)] | None = None
    locale: Locale | None = None
    metadata: Annotated[str, Meta(max_length=16_384, description="A JSON object")] | None = None
    redirect_to: RedirectTo | None = None
    state: Annotated[str, Meta(max_length=4096, description="Handed back as it is")] | None = None
    code_challenge: str | None = None
    organization: Annotated[str, Meta(max_length=255, description="For WorkOS")] | None = None
    connection: Annotated[str, Meta(max_length=255, description="For WorkOS")] | None = None

    def __post_init__(self) -> None:
        """Refuse other display names, as the options of a body do."""
        if self.display_name is not None and not is_display_name(self.display_name):
            raise ValueError(r"displayName doesn't match ^[\p{L}\p{N}\p{S} ,.'-]+$")


class SignInProviderQuery(SignUpProviderQuery, frozen=True, kw_only=True, rename="camel"):
    """The same; `connect` is the access token of whoever wants to link the provider instead."""

    connect: str | None = None


class _Callback(msgspec.Struct, frozen=True, kw_only=True):
    state: Annotated[str, Meta(min_length=1)]
    code: str | None = None
    id_token: str | None = None
    iss: str | None = None
    error: str | None = None
    error_description: str | None = None
    error_uri: str | None = None


class CallbackQuery(_Callback, frozen=True, kw_only=True):
    """What the browser brings back from a provider."""

    oauth_token: str | None = None
    oauth_verifier: str | None = None


class CallbackForm(_Callback, frozen=True, kw_only=True):
    """The same, from a provider whose page sends a form; `user` is JSON that Apple sends once."""

    user: str | None = None


class ProviderSpecificParams(msgspec.Struct, frozen=True, kw_only=True):
    """What only some providers know; the others never see it."""

    organization: _Short | UnsetType = UNSET
    connection: _Short | UnsetType = UNSET


class LinkProviderRequest(Body, frozen=True):
    """Asks where to go to link a provider."""

    redirect_to: RedirectTo | UnsetType = UNSET
    state: _Long | UnsetType = UNSET
    provider_specific_params: ProviderSpecificParams = ProviderSpecificParams()


class LinkProviderResponse(msgspec.Struct, frozen=True):
    """Where to send the browser, which has a cookie now that it must bring back."""

    url: str


class SignInIdTokenRequest(Body, frozen=True):
    """Signs in, or up, with an ID token that the application got from the provider."""

    provider: IdTokenProvider
    id_token: str
    nonce: str | UnsetType = UNSET
    options: SignUpOptions = SignUpOptions()


class LinkIdTokenRequest(Body, frozen=True):
    """Links whoever the ID token speaks of to the caller."""

    provider: IdTokenProvider
    id_token: str
    nonce: str | UnsetType = UNSET


class RefreshProviderTokenRequest(Body, frozen=True):
    """Renews what the application may call the provider with."""

    refresh_token: str


class ProviderSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the application may call the provider with; `expiresIn` in seconds. Nothing at all is empty, 0 and null."""

    access_token: str = ""
    expires_at: datetime = _NO_TIME
    expires_in: int = 0
    refresh_token: str | None = None


class LinkedProvider(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An account at a provider that the caller can come in by; `email` is what the provider said last."""

    created_at: datetime
    email: str | None
    id: UUID
    last_used_at: datetime | None
    provider: str


class LinkedProviders(msgspec.Struct, frozen=True):
    """All of them, the oldest first."""

    providers: list[LinkedProvider]


class UnlinkProviderRequest(Body, frozen=True):
    """Takes one away."""

    id: UUID


def query_options(query: SignUpProviderQuery) -> UserOptions:
    """Return the options as the core knows them. Raises: MalformedRequest for metadata that is no JSON object."""
    return UserOptions(
        display_name=query.display_name,
        locale=query.locale,
        default_role=query.default_role,
        roles=None if query.allowed_roles is None else tuple(filter(None, query.allowed_roles.split(","))),
        metadata=None if query.metadata is None else dict(json_members(query.metadata.encode())),
    )


def provider_session(session: CoreProviderSession | None, now: datetime) -> ProviderSession:
    """Return a provider's session for the wire."""
    if session is None:
        return ProviderSession()
    expires_at = session.expires_at
    return ProviderSession(
        access_token=session.access_token.reveal(),
        expires_at=_NO_TIME if expires_at is None else expires_at,
        expires_in=0 if expires_at is None else max(0, int((expires_at - now).total_seconds())),
        refresh_token=None if session.refresh_token is None else session.refresh_token.reveal(),
    )


def linked_provider(row: IdentityRow) -> LinkedProvider:
    """Return a linked account for the wire."""
    return LinkedProvider(
        created_at=row.created_at, email=row.email, id=row.id, last_used_at=row.last_used_at, provider=row.provider
    )
