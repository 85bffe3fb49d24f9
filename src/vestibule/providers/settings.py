"""What an operator says about providers. The environment is read elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vestibule.kernel.secret import Secret
from vestibule.providers.row import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class AppleKey:
    """What Apple's client secrets are signed with; `private_key` is a PEM."""

    team_id: str
    key_id: str
    private_key: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredProvider:
    """A provider and who we are there: by a secret, or with Apple by a key.

    `extra` adds to the row's parameters. `audiences` may stand beside us in ID tokens.
    """

    row: Row
    client_id: str
    client_secret: Secret | AppleKey
    scopes: tuple[str, ...]
    extra: Mapping[str, str] = field(default_factory=dict)
    audiences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AcceptedIdTokens:
    """Applications bring ID tokens of this provider, made out to one of `audiences`."""

    row: Row
    audiences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwitterSettings:
    """Who we are at Twitter; `url` is where its API is."""

    consumer_key: str
    consumer_secret: Secret
    url: str = "https://api.twitter.com"


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """The providers of the default project."""

    oauth2: tuple[ConfiguredProvider, ...] = ()
    id_tokens: tuple[AcceptedIdTokens, ...] = ()
    twitter: TwitterSettings | None = None
