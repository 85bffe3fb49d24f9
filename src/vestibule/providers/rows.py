"""The providers that are known by name. What is the same for all of them is in `flow`.

All URLs are constants: nothing that a caller or a token says leads anywhere else.
"""

from typing import Final

from vestibule.providers import reading
from vestibule.providers.row import ClientAuthentication, Endpoints, IdTokens, Row

_MICROSOFT: Final = "https://login.microsoftonline.com"
_ANY_ADMINISTRATOR: Final = "any tenant's administrator can write any address; only `xms_edov` says who owns the domain"
_SAYS_NOTHING: Final = "does not say whether the address was verified"

_ROWS: Final = (
    Row(
        name="apple",
        issuer="https://appleid.apple.com",
        endpoints=Endpoints(
            authorize="https://appleid.apple.com/auth/authorize",
            token="https://appleid.apple.com/auth/token",  # noqa: S106 - an address
            keys="https://appleid.apple.com/auth/keys",
        ),
        scopes=("name", "email"),
        read=reading.apple,
        vouches=True,
        because="Apple sends a code to every address, or makes the address itself",
        id_tokens=IdTokens(issuer="https://appleid.apple.com", has_text_for_true=True),
        extra={"response_mode": "form_post"},  # Apple gives name and address in no other way
        answers_by_form=True,
    ),
    Row(
        name="github",
        issuer="https://github.com/login/oauth",
        endpoints=Endpoints(
            authorize="https://github.com/login/oauth/authorize",
            token="https://github.com/login/oauth/access_token",  # noqa: S106 - an address
            profile="https://api.github.com/user",
            emails="https://api.github.com/user/emails",
        ),
        scopes=("user:email",),
        read=reading.github,
        vouches=True,
        because="GitHub mails a link to each address and lists which ones were confirmed",
    ),
    Row(
        name="google",
        issuer="https://accounts.google.com",
        endpoints=Endpoints(
            authorize="https://accounts.google.com/o/oauth2/auth",
            token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
            profile="https://www.googleapis.com/oauth2/v2/userinfo",
            keys="https://www.googleapis.com/oauth2/v3/certs",
        ),
        scopes=("openid", "email", "profile"),
        read=reading.google,
        vouches=True,
        because="Google hosts the address, or mailed a code to it",
        id_tokens=IdTokens(issuer="https://accounts.google.com", sub_in_profile="id"),
    ),
    Row(
        name="linkedin",
        issuer="https://www.linkedin.com/oauth",
        endpoints=Endpoints(
            authorize="https://www.linkedin.com/oauth/v2/authorization",
            token="https://www.linkedin.com/oauth/v2/accessToken",  # noqa: S106 - an address
            profile="https://api.linkedin.com/v2/userinfo",
            keys="https://www.linkedin.com/oauth/openid/jwks",
        ),
        scopes=("openid", "profile", "email"),
        read=reading.linkedin,
        vouches=True,
        because="LinkedIn mails a link to the primary address and says whether it was used",
        id_tokens=IdTokens(issuer="https://www.linkedin.com/oauth", has_nonce=False),
        sends_challenge=False,  # with a code_verifier LinkedIn answers invalid_client
    ),
    Row(
        name="discord",
        issuer="https://discord.com",
        endpoints=Endpoints(
            authorize="https://discord.com/api/oauth2/authorize",
            token="https://discord.com/api/oauth2/token",  # noqa: S106 - an address
            profile="https://discord.com/api/users/@me",
        ),
        scopes=("identify", "email"),
        read=reading.discord,
        vouches=True,
        because="Discord mails a link and says whether it was used",
    ),
    Row(
        name="spotify",
        issuer="https://accounts.spotify.com",
        endpoints=Endpoints(
            authorize="https://accounts.spotify.com/authorize",
            token="https://accounts.spotify.com/api/token",  # noqa: S106 - an address
            profile="https://api.spotify.com/v1/me",
        ),
        scopes=("user-read-email", "user-read-private"),
        read=reading.spotify,
        vouches=False,
        because="Spotify says itself that the address is not verified",
        authentication=ClientAuthentication.BASIC,
    ),
    Row(
        name="twitch",
        issuer="https://id.twitch.tv/oauth2",
        endpoints=Endpoints(
            authorize="https://id.twitch.tv/oauth2/authorize",
            token="https://id.twitch.tv/oauth2/token",  # noqa: S106 - an address
            profile="https://api.twitch.tv/helix/users",
        ),
        scopes=("user:read:email",),
        read=reading.twitch,
        vouches=False,
        because=f"Twitch {_SAYS_NOTHING}",
        asks_with_client_id="Client-Id",
    ),
    Row(
        name="gitlab",
        issuer="https://gitlab.com",
        endpoints=Endpoints(
            authorize="https://gitlab.com/oauth/authorize",
            token="https://gitlab.com/oauth/token",  # noqa: S106 - an address
            profile="https://gitlab.com/api/v4/user",
        ),
        scopes=("read_user",),
        read=reading.gitlab,
        vouches=False,
        because=f"GitLab's user {_SAYS_NOTHING}",
    ),
    Row(
        name="bitbucket",
        issuer="https://bitbucket.org",
        endpoints=Endpoints(
            authorize="https://bitbucket.org/site/oauth2/authorize",
            token="https://bitbucket.org/site/oauth2/access_token",  # noqa: S106 - an address
            profile="https://api.bitbucket.org/2.0/user",
            emails="https://api.bitbucket.org/2.0/user/emails",
        ),
        scopes=("account",),
        read=reading.bitbucket,
        vouches=True,
        because="Bitbucket mails a link to each address and lists which ones were confirmed",
        authentication=ClientAuthentication.BASIC,
    ),
    Row(
        name="workos",
        issuer="https://api.workos.com",
        endpoints=Endpoints(
            authorize="https://api.workos.com/sso/authorize",
            token="https://api.workos.com/sso/token",  # noqa: S106 - an address
            profile="https://api.workos.com/sso/profile",
        ),
        scopes=(),
        read=reading.workos,
        vouches=False,
        because="WorkOS hands on what the identity provider of some organization claims",
        passes=frozenset({"organization", "connection"}),
    ),
    Row(
        name="azuread",
        issuer=f"{_MICROSOFT}/azuread",
        endpoints=Endpoints(
            authorize=f"{_MICROSOFT}/{{tenant}}/oauth2/authorize",
            token=f"{_MICROSOFT}/{{tenant}}/oauth2/token",
            profile=f"{_MICROSOFT}/{{tenant}}/openid/userinfo",
            keys=f"{_MICROSOFT}/common/discovery/keys",
        ),
        scopes=("email", "profile", "openid", "offline_access"),
        read=reading.azuread,
        vouches=True,
        because=_ANY_ADMINISTRATOR,
        id_tokens=IdTokens(issuer="https://sts.windows.net/{tenantid}/"),
        extra={"prompt": "select_account"},
    ),
    Row(
        name="entraid",
        issuer=f"{_MICROSOFT}/entraid",
        endpoints=Endpoints(
            authorize=f"{_MICROSOFT}/{{tenant}}/oauth2/v2.0/authorize",
            token=f"{_MICROSOFT}/{{tenant}}/oauth2/v2.0/token",
            profile="https://graph.microsoft.com/oidc/userinfo",
            keys=f"{_MICROSOFT}/common/discovery/v2.0/keys",
        ),
        scopes=("email", "profile", "openid", "offline_access"),
        read=reading.entraid,
        vouches=True,
        because=_ANY_ADMINISTRATOR,
        id_tokens=IdTokens(issuer=f"{_MICROSOFT}/{{tenantid}}/v2.0"),
    ),
    Row(
        name="strava",
        issuer="https://www.strava.com",
        endpoints=Endpoints(
            authorize="https://www.strava.com/api/v3/oauth/authorize",
            token="https://www.strava.com/api/v3/oauth/token",  # noqa: S106 - an address
            profile="https://www.strava.com/api/v3/athlete",
        ),
        scopes=("profile:read_all",),
        read=reading.strava,
        vouches=False,
        because="Strava gives no address",
        extra={"approval_prompt": "force"},
        joins_scopes=",",
    ),
    Row(
        name="facebook",
        issuer="https://www.facebook.com",
        endpoints=Endpoints(
            authorize="https://www.facebook.com/v22.0/dialog/oauth",
            token="https://graph.facebook.com/v22.0/oauth/access_token",  # noqa: S106 - an address
            profile="https://graph.facebook.com/me?fields=id,name,email,picture",
        ),
        scopes=("email",),
        read=reading.facebook,
        vouches=False,
        because=f"Facebook {_SAYS_NOTHING}",
    ),
    Row(
        name="windowslive",
        issuer="https://login.live.com",
        endpoints=Endpoints(
            authorize="https://login.live.com/oauth20_authorize.srf",
            token="https://login.live.com/oauth20_token.srf",  # noqa: S106 - an address
            profile="https://apis.live.net/v5.0/me",
        ),
        scopes=("wl.basic", "wl.emails"),
        read=reading.windowslive,
        vouches=False,
        because=f"Live Connect {_SAYS_NOTHING}",
    ),
)

ROWS: Final = {row.name: row for row in _ROWS}
