"""The provider of identities that a developing server has in itself: what both sides must know of each other."""

from dataclasses import dataclass, replace
from typing import Final

from vestibule.core.signing import Algorithm
from vestibule.kernel.secret import Secret
from vestibule.providers import ClientAuthentication, ConfiguredProvider, ProviderSettings
from vestibule.providers.custom import discovered_row

NAME: Final = "c:dev"
_PAGE_PATH: Final = "/_/sign-in"
_ISSUER_PATH: Final = "/_/provider"
_SCOPES: Final = ("openid", "email", "profile")


@dataclass(frozen=True, slots=True, kw_only=True)
class DevProvider:
    """Where it is, and who this server is there; `page` is the one that signs in with it.

    It signs with ES256, whose keys are made at once.
    """

    issuer: str
    callback_url: str
    page: str
    client_secret: Secret
    client_id: str = "vestibule"
    name: str = NAME
    label: str = "Dev Provider"
    algorithm: Algorithm = Algorithm.ES256


def with_dev_provider(providers: ProviderSettings, dev: DevProvider) -> ProviderSettings:
    """Return `providers` and this one besides, unless an operator has given its name away."""
    if any(each.row.name == dev.name for each in providers.oauth2):
        return providers
    row = discovered_row(
        name=dev.name,
        issuer=dev.issuer,
        discovery_url=f"{dev.issuer}/.well-known/openid-configuration",
        has_nonce=True,
        algorithm=dev.algorithm.value,
        vouches=True,  # a developer wants to see what happens then
        authentication=ClientAuthentication.BASIC,
    )
    known = ConfiguredProvider(row=row, client_id=dev.client_id, client_secret=dev.client_secret, scopes=_SCOPES)
    return replace(providers, oauth2=(*providers.oauth2, known))


def dev_provider(public_url: str, nhost_url: str, client_secret: Secret) -> DevProvider:
    """Return the provider of the server at `public_url`, whose nhost routes are at `nhost_url`."""
    return DevProvider(
        issuer=public_url + _ISSUER_PATH,
        callback_url=f"{nhost_url.rstrip('/')}/signin/provider/{NAME}/callback",
        page=public_url + _PAGE_PATH,
        client_secret=client_secret,
    )
