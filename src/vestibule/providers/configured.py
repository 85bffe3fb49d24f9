"""Everything that was configured, built and found by its name. Nobody is asked anything before the first user comes."""

from collections.abc import Callable

from vestibule.core.social.model import IdentityProvider, IdTokenVerifier
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.ids import ProjectId
from vestibule.outbound import OutboundClient
from vestibule.providers.calls import Calls
from vestibule.providers.discovery import DiscoveredEndpoints
from vestibule.providers.flow import FindEndpoints, OAuth2Provider
from vestibule.providers.id_token import ApplicationTokens, IdTokenChecks
from vestibule.providers.key_set import KeySet, KeySets
from vestibule.providers.row import Discovery, Endpoints, Row
from vestibule.providers.settings import ConfiguredProvider, ProviderSettings
from vestibule.providers.twitter import TwitterProvider


class ConfiguredProviders:
    """The providers of the one project that the environment describes; others have none.

    `callback_url` makes the address that a provider sends browsers back to, from its name: each has its own, so that
    an answer of one is never taken for another's (security 45).
    """

    def __init__(
        self,
        settings: ProviderSettings,
        *,
        callback_url: Callable[[str], str],
        is_served: Callable[[ProjectId], bool],
        outbound: OutboundClient,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._is_served = is_served
        self._outbound = outbound
        self._clock = clock
        self._keys = KeySets(outbound)
        self._endpoints: dict[str, FindEndpoints] = {}
        self._providers: dict[str, IdentityProvider] = {
            each.row.name: self._provider(each, callback_url(each.row.name)) for each in settings.oauth2
        }
        if settings.twitter is not None:
            twitter = TwitterProvider(
                settings.twitter,
                callback_url=callback_url(TwitterProvider.name),
                calls=Calls(outbound),
                clock=clock,
                entropy=entropy,
            )
            self._providers[twitter.name] = twitter
        self._verifiers: dict[str, IdTokenVerifier] = {}
        for accepted in settings.id_tokens:
            rule, checks = accepted.row.id_tokens, self._checks(accepted.row, accepted.audiences)
            if rule is not None and checks is not None:
                self._verifiers[accepted.row.name] = ApplicationTokens(accepted.row, rule, checks)

    def find(self, project_id: ProjectId, name: str) -> IdentityProvider | None:
        """Return the provider; None where the project does not have it."""
        return self._providers.get(name) if self._is_served(project_id) else None

    def verifier(self, project_id: ProjectId, name: str) -> IdTokenVerifier | None:
        """Return what checks the provider's ID tokens; None where the project takes none."""
        return self._verifiers.get(name) if self._is_served(project_id) else None

    def _provider(self, configured: ConfiguredProvider, callback_url: str) -> OAuth2Provider:
        return OAuth2Provider(
            configured,
            callback_url=callback_url,
            endpoints=self._endpoints_of(configured.row),
            checks=self._checks(
                configured.row, (configured.client_id, *configured.audiences), client_id=configured.client_id
            ),
            calls=Calls(self._outbound),
            clock=self._clock,
        )

    def _checks(self, row: Row, audiences: tuple[str, ...], *, client_id: str | None = None) -> IdTokenChecks | None:
        rule, endpoints = row.id_tokens, self._endpoints_of(row)
        if rule is None:
            return None

        async def keys() -> KeySet:
            return self._keys.at((await endpoints()).keys, rule.algorithm)

        return IdTokenChecks(rule, audiences, keys, self._clock, client_id=client_id)

    def _endpoints_of(self, row: Row) -> FindEndpoints:
        if row.name not in self._endpoints:
            self._endpoints[row.name] = (
                DiscoveredEndpoints(row.endpoints.url, row.issuer, self._outbound)
                if isinstance(row.endpoints, Discovery)
                else _known(row.endpoints)
            )
        return self._endpoints[row.name]


def _known(endpoints: Endpoints) -> FindEndpoints:
    async def find() -> Endpoints:
        return endpoints

    return find
