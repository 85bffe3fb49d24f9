"""The providers of identities that the settings describe."""

from collections.abc import Callable

from vestibule.core.social import IdentityProviders, NoProviders
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.ids import ProjectId
from vestibule.outbound import OutboundClient
from vestibule.providers import ProviderSettings
from vestibule.settings import Settings


def identity_providers(
    settings: Settings,
    *,
    is_default: Callable[[ProjectId], bool],
    outbound: OutboundClient,
    clock: Clock,
    entropy: Entropy,
) -> IdentityProviders:
    """Return the providers; they serve the project that `is_default` knows, which is the one the settings describe."""
    if settings.providers == ProviderSettings():
        return NoProviders()
    from vestibule.providers.configured import ConfiguredProviders  # noqa: PLC0415 - most servers need no part of it

    base = settings.nhost.server_url.rstrip("/")
    return ConfiguredProviders(
        settings.providers,
        callback_url=lambda name: f"{base}/signin/provider/{name}/callback",
        is_served=is_default,
        outbound=outbound,
        clock=clock,
        entropy=entropy,
    )
