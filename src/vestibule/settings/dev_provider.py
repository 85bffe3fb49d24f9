"""The provider of identities that a developing server has in itself: what both sides must know of each other."""

from dataclasses import dataclass
from typing import Final

from vestibule.core.signing import Algorithm
from vestibule.kernel.secret import Secret

NAME: Final = "c:dev"
_PAGE_PATH: Final = "/_/sign-in"
_ISSUER_PATH: Final = "/_/provider"


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


def dev_provider(public_url: str, nhost_url: str, client_secret: Secret) -> DevProvider:
    """Return the provider of the server at `public_url`, whose nhost routes are at `nhost_url`."""
    return DevProvider(
        issuer=public_url + _ISSUER_PATH,
        callback_url=f"{nhost_url.rstrip('/')}/signin/provider/{NAME}/callback",
        page=public_url + _PAGE_PATH,
        client_secret=client_secret,
    )
