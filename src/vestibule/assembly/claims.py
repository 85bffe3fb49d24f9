"""Builds who is asked for custom claims; nothing at all where nobody configured any."""

from dataclasses import replace

from vestibule.claims import HasuraClaims, WebhookClaims
from vestibule.core.claims import ClaimsSource, GatherClaims, UserClaims
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.outbound import OutboundClient, OutboundSettings
from vestibule.settings import Settings


def custom_claims_of(
    settings: Settings, outbound: OutboundClient, hasura: OutboundClient | None, clock: Clock, entropy: Entropy
) -> GatherClaims | None:
    """Return the use-case with the sources that `settings` describe; `hasura` is the client of `hasura_client`."""
    wanted = settings.claims
    if wanted is None:
        return None
    sources: list[ClaimsSource] = []
    if wanted.hasura is not None and hasura is not None:
        sources.append(HasuraClaims(wanted.hasura, wanted.paths, hasura))
    elif wanted.paths:
        sources.append(UserClaims(wanted.paths))
    if wanted.webhook is not None:
        sources.append(WebhookClaims(wanted.webhook, outbound, clock, entropy))
    return GatherClaims(tuple(sources), wanted.omit_on_failure)


def hasura_client(settings: Settings) -> OutboundClient | None:
    """Return a client that may call Hasura, which stands next to this server as a rule; None without Hasura.

    Nobody else gets it: an address that a user chose must not lead there. A proxy, which stands between this server and
    others, gets neither the calls nor the admin secret in them (security 141).
    """
    if settings.claims is None or settings.claims.hasura is None:
        return None
    outbound: OutboundSettings = settings.outbound
    return OutboundClient(replace(outbound, allow=(*outbound.allow, settings.claims.hasura.host), proxy=None))
