"""The provider that a developing server is to itself, and the page that signs in with it."""

from collections.abc import Mapping

from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.settings import Settings
from vestibule.settings.dev_provider import DevProvider
from vestibule.wire import Mount


def dev_provider_mount(
    settings: Settings, registered: DevProvider, clock: Clock, entropy: Entropy
) -> tuple[Mount, Mapping[type, object]]:
    """Return what to mount and what its pages need; this server is the only client there."""
    # Imported here: it exists while developing only.
    from vestibule.web.dev_provider import Client, OAuth1Provider, OpenIdProvider, SignInDoors, provider  # noqa: PLC0415

    client = Client(
        id=registered.client_id,
        name=settings.project_name,
        secret=registered.client_secret,
        redirect_uris=frozenset({registered.callback_url}),
    )
    return Mount(provider), {
        OpenIdProvider: OpenIdProvider(
            registered.issuer, [client], clock=clock, entropy=entropy, algorithm=registered.algorithm
        ),
        OAuth1Provider: OAuth1Provider(registered.issuer, [client], clock=clock, entropy=entropy),
        SignInDoors: SignInDoors(
            page=registered.page,
            api=settings.nhost.server_url,
            providers=((registered.name, registered.label),),
        ),
    }
