"""AUTH_PROVIDER_CUSTOM: providers that nobody has written a row for, in JSON."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from vestibule.kernel.secret import Secret
from vestibule.providers import AcceptedIdTokens, ClientAuthentication, ConfiguredProvider
from vestibule.providers.custom import discovered_row, plain_row
from vestibule.settings.environ import Reader, nearest
from vestibule.settings.nhost import providers as names
from vestibule.settings.urls import is_safe_url

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]")
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_ALGORITHMS: Final = ("RS256", "ES256")
_NAME: Final = names.CUSTOM.name
_SEE: Final = "see docs/providers.md"


class _Claims(msgspec.Struct, frozen=True, rename="camel"):
    id: str = "id"
    email: str = "email"
    email_verified: str = "email_verified"
    name: str = "name"
    picture: str = "picture"


class _Provider(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What both types have. `trust_email` is the operator's word that the provider verifies addresses."""

    client_id: str = ""
    client_secret: str = ""
    trust_email: bool = False
    token_endpoint_auth_method: str = ClientAuthentication.BASIC.value


class _Oidc(_Provider, frozen=True, rename="camel", kw_only=True, tag_field="type", tag="oidc"):
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    issuer: str = ""
    discovery_url: str = ""
    disable_nonce: bool = False
    audiences: tuple[str, ...] = ()
    id_token_algorithm: str = "RS256"  # noqa: S105 - the name of an algorithm


class _OAuth2(_Provider, frozen=True, rename="camel", kw_only=True, tag_field="type", tag="oauth2"):
    scopes: tuple[str, ...] = ()
    issuer: str = ""
    authorization_url: str = ""
    token_url: str = ""
    userinfo_url: str = ""
    claims: _Claims = msgspec.field(default_factory=_Claims)


@dataclass(slots=True)
class Custom:
    """What was configured."""

    oauth2: list[ConfiguredProvider] = field(default_factory=list)
    id_tokens: list[AcceptedIdTokens] = field(default_factory=list)


def custom_providers(reader: Reader) -> Custom:
    """Return the providers. Problems are noted in `reader`, without the secrets beside them."""
    found = Custom()
    written = reader.get(names.CUSTOM)
    if not written:
        return found
    try:
        listed = msgspec.json.decode(written, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        reader.refuse(_NAME, "is no JSON object of providers", _SEE)
        return found
    for slug, raw in listed.items():
        _One(reader, slug).read(raw, found)
    return found


@dataclass(frozen=True, slots=True)
class _One:
    reader: Reader
    slug: str

    def read(self, raw: msgspec.Raw, found: Custom) -> None:
        if not _SLUG.fullmatch(self.slug):
            self.refuse("is no name for a provider", "use 2 to 40 letters a-z, digits and hyphens")
            return
        try:
            provider = msgspec.json.decode(raw, type=_Oidc | _OAuth2)
        except msgspec.DecodeError as error:
            self.refuse(f"cannot be used: {error}", _SEE)  # it quotes types and members, no values
            return
        self.warn_of_strangers(msgspec.json.decode(raw, type=dict[str, object]), type(provider))
        self.require(clientId=provider.client_id, clientSecret=provider.client_secret)
        if provider.token_endpoint_auth_method not in {each.value for each in ClientAuthentication}:
            ways = " or ".join(each.value for each in ClientAuthentication)
            self.refuse("has another tokenEndpointAuthMethod", f"use {ways}")
            return
        if isinstance(provider, _Oidc):
            self.openid(provider, found)
        else:
            self.plain(provider, found)

    def openid(self, provider: _Oidc, found: Custom) -> None:
        issuer = provider.issuer or provider.discovery_url.removesuffix(_WELL_KNOWN)
        discovery = provider.discovery_url or f"{issuer.rstrip('/')}{_WELL_KNOWN}"
        if not issuer or (not provider.issuer and issuer == provider.discovery_url):
            self.refuse("has no issuer", "set issuer to what the provider's discovery document says")
            return
        self.require_urls(issuer=issuer, discoveryUrl=discovery)
        if provider.id_token_algorithm not in _ALGORITHMS:
            self.refuse("has another idTokenAlgorithm", f"use {' or '.join(_ALGORITHMS)}")
            return
        if "openid" not in provider.scopes:
            self.refuse("does not ask for openid", "add it to scopes, or use the type oauth2")
        row = discovered_row(
            name=self.name,
            issuer=issuer,
            discovery_url=discovery,
            has_nonce=not provider.disable_nonce,
            algorithm=provider.id_token_algorithm,
            vouches=provider.trust_email,
            authentication=ClientAuthentication(provider.token_endpoint_auth_method),
        )
        found.oauth2.append(
            ConfiguredProvider(
                row=row,
                client_id=provider.client_id,
                client_secret=Secret(provider.client_secret),
                scopes=provider.scopes,
                audiences=provider.audiences,
            )
        )
        if provider.audiences:
            found.id_tokens.append(AcceptedIdTokens(row, provider.audiences))

    def plain(self, provider: _OAuth2, found: Custom) -> None:
        self.require_urls(
            authorizationUrl=provider.authorization_url,
            tokenUrl=provider.token_url,
            userinfoUrl=provider.userinfo_url,
        )
        if provider.issuer:
            self.require_urls(issuer=provider.issuer)
        claims = provider.claims
        row = plain_row(
            name=self.name,
            issuer=provider.issuer,
            authorize=provider.authorization_url,
            token=provider.token_url,
            profile=provider.userinfo_url,
            members={
                "id": claims.id,
                "email": claims.email,
                "emailVerified": claims.email_verified,
                "name": claims.name,
                "picture": claims.picture,
            },
            vouches=provider.trust_email,
            authentication=ClientAuthentication(provider.token_endpoint_auth_method),
        )
        found.oauth2.append(
            ConfiguredProvider(
                row=row,
                client_id=provider.client_id,
                client_secret=Secret(provider.client_secret),
                scopes=provider.scopes,
            )
        )

    @property
    def name(self) -> str:
        return f"c:{self.slug}"

    def refuse(self, wrong: str, mend: str) -> None:
        self.reader.refuse(_NAME, f"{self.slug[:64]!r} {wrong}", mend)

    def require(self, **values: str) -> None:
        for member, value in values.items():
            if not value.strip():
                self.refuse(f"has no {member}", _SEE)

    def require_urls(self, **urls: str) -> None:
        for member, url in urls.items():
            if not is_safe_url(url):
                self.refuse(f"has no https URL as {member}", "use https; http is for this machine only")

    def warn_of_strangers(self, written: Mapping[str, object], shape: type[msgspec.Struct]) -> None:
        known: Iterable[str] = ("type", *shape.__struct_encode_fields__)
        for member in sorted(written.keys() - set(known)):
            self.reader.warn(_NAME, f"{self.slug!r} has {member[:64]!r}, which means nothing", nearest(member, known))
