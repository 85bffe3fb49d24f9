"""Nhost Auth's variables about providers of identities. Fifteen have the same four, so those are made in a loop."""

from dataclasses import dataclass
from typing import Any, Final

from vestibule.settings.environ import Variable, names, switch, text

_PREFIX: Final = "AUTH_PROVIDER_"


@dataclass(frozen=True)
class ProviderVariables:
    """The variables of one provider. Apple has no secret, but a key."""

    enabled: Variable[bool]
    client_id: Variable[str]
    client_secret: Variable[str] | None
    scopes: Variable[tuple[str, ...]]


def _of(part: str, shown: str, *, has_secret: bool = True) -> ProviderVariables:
    return ProviderVariables(
        enabled=switch(f"{_PREFIX}{part}_ENABLED", f"Sign-in with {shown}, see [providers.md](providers.md)."),
        client_id=Variable(f"{_PREFIX}{part}_CLIENT_ID", text, "", "Who we are there."),
        client_secret=Variable(f"{_PREFIX}{part}_CLIENT_SECRET", str.strip, "", "Proves it.", secret=True)
        if has_secret
        else None,
        scopes=Variable[tuple[str, ...]](
            f"{_PREFIX}{part}_SCOPE", names, (), "What to ask for, instead of the usual.", shown="the usual"
        ),
    )


# By the name on the wire.
PROVIDERS: Final[dict[str, ProviderVariables]] = {
    "apple": _of("APPLE", "Apple", has_secret=False),
    "github": _of("GITHUB", "GitHub"),
    "google": _of("GOOGLE", "Google"),
    "linkedin": _of("LINKEDIN", "LinkedIn"),
    "discord": _of("DISCORD", "Discord"),
    "spotify": _of("SPOTIFY", "Spotify"),
    "twitch": _of("TWITCH", "Twitch"),
    "gitlab": _of("GITLAB", "GitLab"),
    "bitbucket": _of("BITBUCKET", "Bitbucket"),
    "workos": _of("WORKOS", "WorkOS"),
    "azuread": _of("AZUREAD", "Microsoft's older endpoint"),
    "entraid": _of("ENTRAID", "Microsoft Entra ID"),
    "strava": _of("STRAVA", "Strava"),
    "facebook": _of("FACEBOOK", "Facebook"),
    "windowslive": _of("WINDOWS_LIVE", "Windows Live"),
}

GITHUB_AUTHORIZE: Final = Variable(
    "AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL",
    text,
    "https://github.com/login/oauth/authorize",
    "For GitHub Enterprise Server.",
)
GITHUB_TOKEN: Final = Variable(
    "AUTH_PROVIDER_GITHUB_TOKEN_URL", text, "https://github.com/login/oauth/access_token", "The same."
)
GITHUB_PROFILE: Final = Variable(
    "AUTH_PROVIDER_GITHUB_USER_PROFILE_URL", text, "https://api.github.com/user", "The same; `/emails` is added to it."
)
APPLE_TEAM: Final = Variable("AUTH_PROVIDER_APPLE_TEAM_ID", text, "", "The team that the key belongs to.")
APPLE_KEY: Final = Variable("AUTH_PROVIDER_APPLE_KEY_ID", text, "", "The key's name.")
APPLE_PRIVATE_KEY: Final = Variable(
    "AUTH_PROVIDER_APPLE_PRIVATE_KEY",
    str.strip,
    "",
    r"The key: PEM, PEM with `\n` for its line ends, or base64 of PEM.",
    secret=True,
)
APPLE_AUDIENCE: Final = Variable[tuple[str, ...]](
    "AUTH_PROVIDER_APPLE_AUDIENCE", names, (), "Applications whose ID tokens of Apple are taken, by their bundle ids."
)
GOOGLE_AUDIENCE: Final = Variable[tuple[str, ...]](
    "AUTH_PROVIDER_GOOGLE_AUDIENCE", names, (), "Applications whose ID tokens of Google are taken, by their client ids."
)
WORKOS_ORGANIZATION: Final = Variable(
    "AUTH_PROVIDER_WORKOS_DEFAULT_ORGANIZATION", text, "", "The organization, unless the request names one."
)
WORKOS_CONNECTION: Final = Variable(
    "AUTH_PROVIDER_WORKOS_DEFAULT_CONNECTION", text, "", "The connection, unless the request names one."
)
WORKOS_DOMAIN: Final = Variable("AUTH_PROVIDER_WORKOS_DEFAULT_DOMAIN", text, "", "The domain.")
AZUREAD_TENANT: Final = Variable(
    "AUTH_PROVIDER_AZUREAD_TENANT", text, "common", "Whose accounts may sign in; `common` is everybody's."
)
ENTRAID_TENANT: Final = Variable(
    "AUTH_PROVIDER_ENTRAID_TENANT", text, "common", "Whose accounts may sign in; `common` is everybody's."
)
TWITTER_ENABLED: Final = switch("AUTH_PROVIDER_TWITTER_ENABLED", "Sign-in with Twitter.")
TWITTER_KEY: Final = Variable("AUTH_PROVIDER_TWITTER_CONSUMER_KEY", text, "", "Who we are there.")
TWITTER_SECRET: Final = Variable("AUTH_PROVIDER_TWITTER_CONSUMER_SECRET", str.strip, "", "Proves it.", secret=True)
CUSTOM: Final = Variable(
    "AUTH_PROVIDER_CUSTOM", str.strip, "", "Further providers, as JSON, see [providers.md](providers.md).", secret=True
)

_MORE: Final[dict[str, tuple[Variable[Any], ...]]] = {  # Any: a list of variables of every type
    "apple": (APPLE_TEAM, APPLE_KEY, APPLE_PRIVATE_KEY, APPLE_AUDIENCE),
    "github": (GITHUB_AUTHORIZE, GITHUB_TOKEN, GITHUB_PROFILE),
    "google": (GOOGLE_AUDIENCE,),
    "workos": (WORKOS_ORGANIZATION, WORKOS_CONNECTION, WORKOS_DOMAIN),
    "azuread": (AZUREAD_TENANT,),
    "entraid": (ENTRAID_TENANT,),
}


def _all() -> tuple[Variable[Any], ...]:  # Any: as above
    found: list[Variable[Any]] = []
    for name, its in PROVIDERS.items():
        secret = () if its.client_secret is None else (its.client_secret,)
        found += [its.enabled, its.client_id, *secret, its.scopes, *_MORE.get(name, ())]
    return (*found, TWITTER_ENABLED, TWITTER_KEY, TWITTER_SECRET, CUSTOM)


ALL: Final = _all()
