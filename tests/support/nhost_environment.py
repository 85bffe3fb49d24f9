"""Every environment variable that Nhost Auth reads, with a value that a deployment may have and one that cannot be."""

import json
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vestibule.settings.nhost.unused import SWITCHES

JWT_SECRET: Final = json.dumps({"type": "HS256", "key": "a secret that is long enough for HS256, and then some"})

_PROVIDERS: Final = (
    *("GITHUB", "GOOGLE", "APPLE", "LINKEDIN", "DISCORD", "SPOTIFY", "TWITCH", "GITLAB", "BITBUCKET"),
    *("WORKOS", "AZUREAD", "ENTRAID", "FACEBOOK", "WINDOWS_LIVE", "STRAVA"),
)


def _pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form).decode()


def _of_providers() -> dict[str, str]:
    found = {}
    for name in _PROVIDERS:
        found[f"AUTH_PROVIDER_{name}_ENABLED"] = "true"
        found[f"AUTH_PROVIDER_{name}_CLIENT_ID"] = f"{name.lower()}.client"
        if name != "APPLE":
            found[f"AUTH_PROVIDER_{name}_CLIENT_SECRET"] = f"{name.lower()} secret"
        found[f"AUTH_PROVIDER_{name}_SCOPE"] = "email,profile"
    return found


# In the order in which Nhost documents them. A test adds what belongs to its machine: database, port, folders.
VALUES: Final[dict[str, str]] = {
    "AUTH_API_PREFIX": "/v1",
    "AUTH_PORT": "4000",
    "AUTH_SERVER_URL": "https://auth.acme.example/v1",
    "AUTH_CLIENT_URL": "https://acme.example",
    "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS": "https://*.acme.example,acme://open",
    "AUTH_DEBUG": "true",
    "AUTH_LOG_FORMAT_TEXT": "true",
    "AUTH_CONCEAL_ERRORS": "true",
    "AUTH_ENABLE_CHANGE_ENV": "false",
    "POSTGRES_CONNECTION": "postgres://postgres:postgres@localhost:5432/local?sslmode=disable",
    "HASURA_GRAPHQL_DATABASE_URL": "postgres://postgres:postgres@localhost:5432/local?sslmode=disable",
    "POSTGRES_MIGRATIONS_CONNECTION": "postgres://postgres:postgres@localhost:5432/local?sslmode=disable",
    "HASURA_GRAPHQL_GRAPHQL_URL": "http://localhost:8080/v1/graphql",
    "HASURA_GRAPHQL_ADMIN_SECRET": "an admin secret",
    "AUTH_ENCRYPTION_KEY": "5181f67e2844e4b60d571fa346cac9c37fc00d1ff519212eae6cead138e639ba",
    "HASURA_GRAPHQL_JWT_SECRET": JWT_SECRET,
    "AUTH_ACCESS_TOKEN_EXPIRES_IN": "600",
    "AUTH_REFRESH_TOKEN_EXPIRES_IN": "864000",
    "AUTH_JWT_CUSTOM_CLAIMS": '{"organisation-id":"metadata.organisation"}',
    "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": '{"organisation-id":"none"}',
    "AUTH_REQUIRE_ELEVATED_CLAIM": "recommended",
    "AUTH_DISABLE_SIGNUP": "false",
    "AUTH_DISABLE_NEW_USERS": "false",
    "AUTH_DISABLE_AUTO_SIGNUP": "true",
    "AUTH_ANONYMOUS_USERS_ENABLED": "true",
    "AUTH_USER_DEFAULT_ROLE": "user",
    "AUTH_USER_DEFAULT_ALLOWED_ROLES": "user,me",
    "AUTH_LOCALE_DEFAULT": "en",
    "AUTH_LOCALE_ALLOWED_LOCALES": "en,de",
    "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
    "AUTH_PASSWORD_MIN_LENGTH": "9",
    "AUTH_PASSWORD_HIBP_ENABLED": "true",
    "AUTH_GRAVATAR_ENABLED": "1",
    "AUTH_GRAVATAR_DEFAULT": "retro",
    "AUTH_GRAVATAR_RATING": "pg",
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS": "ada@example.org",
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS": "acme.example",
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS": "eve@acme.example",
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS": "evil.example",
    "AUTH_EMAIL_PASSWORDLESS_ENABLED": "true",
    "AUTH_OTP_EMAIL_ENABLED": "true",
    "AUTH_SMS_PASSWORDLESS_ENABLED": "true",
    "AUTH_SMS_PROVIDER": "twilio",
    "AUTH_SMS_TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
    "AUTH_SMS_TWILIO_AUTH_TOKEN": "a token",
    "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID": "MG00000000000000000000000000000000",
    "AUTH_SMS_MODICA_USERNAME": "acme",
    "AUTH_SMS_MODICA_PASSWORD": "a password",
    "AUTH_SMS_GENERIC_URL": "https://sms.acme.example/send",
    "AUTH_SMS_GENERIC_CONTENT_TYPE": "application/json",
    "AUTH_SMS_GENERIC_HEADERS": '{"X-Key":"a key"}',
    "AUTH_SMS_GENERIC_TIMEOUT": "5s",
    "AUTH_SMS_GENERIC_BODY_TEMPLATE": '{"to":"${to}","text":"${body}"}',
    "AUTH_SMS_DEV_OUTPUT_DIR": "texts",
    "AUTH_MFA_ENABLED": "true",
    "AUTH_MFA_TOTP_ISSUER": "Acme",
    "AUTH_WEBAUTHN_ENABLED": "true",
    "AUTH_WEBAUTHN_RP_ID": "acme.example",
    "AUTH_WEBAUTHN_RP_NAME": "Acme",
    "AUTH_WEBAUTHN_RP_ORIGINS": "https://app.acme.example",
    "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT": "60000",
    "AUTH_SMTP_HOST": "mail.acme.example",
    "AUTH_SMTP_PORT": "587",
    "AUTH_SMTP_SECURE": "false",
    "AUTH_SMTP_USER": "auth",
    "AUTH_SMTP_PASS": "a password",
    "AUTH_SMTP_SENDER": "Acme <auth@acme.example>",
    "AUTH_SMTP_AUTH_METHOD": "PLAIN",
    "AUTH_SMTP_X_SMTPAPI_HEADER": '{"category":"auth"}',
    "AUTH_EMAIL_TEMPLATES_PATH": "/app/email-templates",
    "AUTH_RATE_LIMIT_ENABLE": "true",
    "AUTH_RATE_LIMIT_GLOBAL_BURST": "100",
    "AUTH_RATE_LIMIT_GLOBAL_INTERVAL": "1m",
    "AUTH_RATE_LIMIT_EMAIL_BURST": "10",
    "AUTH_RATE_LIMIT_EMAIL_INTERVAL": "1h",
    "AUTH_RATE_LIMIT_EMAIL_IS_GLOBAL": "false",
    "AUTH_RATE_LIMIT_SMS_BURST": "10",
    "AUTH_RATE_LIMIT_SMS_INTERVAL": "1h",
    "AUTH_RATE_LIMIT_BRUTE_FORCE_BURST": "10",
    "AUTH_RATE_LIMIT_BRUTE_FORCE_INTERVAL": "5m",
    "AUTH_RATE_LIMIT_SIGNUPS_BURST": "10",
    "AUTH_RATE_LIMIT_SIGNUPS_INTERVAL": "5m",
    "AUTH_RATE_LIMIT_OAUTH2_SERVER_BURST": "100",
    "AUTH_RATE_LIMIT_OAUTH2_SERVER_INTERVAL": "5m",
    "AUTH_RATE_LIMIT_MEMCACHE_SERVER": "127.0.0.1:11211",
    "AUTH_RATE_LIMIT_MEMCACHE_PREFIX": "auth:",
    "AUTH_TURNSTILE_SECRET": "1x0000000000000000000000000000000AA",
    **_of_providers(),
    "AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL": "https://github.com/login/oauth/authorize",
    "AUTH_PROVIDER_GITHUB_TOKEN_URL": "https://github.com/login/oauth/access_token",
    "AUTH_PROVIDER_GITHUB_USER_PROFILE_URL": "https://api.github.com/user",
    "AUTH_PROVIDER_APPLE_TEAM_ID": "TEAM123456",
    "AUTH_PROVIDER_APPLE_KEY_ID": "KEY1234567",
    "AUTH_PROVIDER_APPLE_PRIVATE_KEY": _pem(),
    "AUTH_PROVIDER_APPLE_AUDIENCE": "example.acme.app,example.acme.web",
    "AUTH_PROVIDER_GOOGLE_AUDIENCE": "1.apps.example,2.apps.example",
    "AUTH_PROVIDER_WORKOS_DEFAULT_ORGANIZATION": "org_1",
    "AUTH_PROVIDER_WORKOS_DEFAULT_CONNECTION": "conn_1",
    "AUTH_PROVIDER_WORKOS_DEFAULT_DOMAIN": "acme.example",
    "AUTH_PROVIDER_AZUREAD_TENANT": "11111111-2222-3333-4444-555555555555",
    "AUTH_PROVIDER_ENTRAID_TENANT": "11111111-2222-3333-4444-555555555555",
    "AUTH_PROVIDER_TWITTER_ENABLED": "true",
    "AUTH_PROVIDER_TWITTER_CONSUMER_KEY": "twitter.client",
    "AUTH_PROVIDER_TWITTER_CONSUMER_SECRET": "twitter secret",
    "AUTH_OAUTH2_PROVIDER_ENABLED": "true",
    "AUTH_OAUTH2_PROVIDER_LOGIN_URL": "https://acme.example/oauth2/login",
    "AUTH_OAUTH2_PROVIDER_ACCESS_TOKEN_TTL": "900",
    "AUTH_OAUTH2_PROVIDER_REFRESH_TOKEN_TTL": "2592000",
    "AUTH_OAUTH2_PROVIDER_CIMD_ENABLED": "false",
    "AUTH_OAUTH2_PROVIDER_CIMD_ALLOW_INSECURE_TRANSPORT": "false",
}

_NO_SWITCH, _NO_NUMBER, _NO_TIME = "maybe", "a few", "an hour"

# What no value of a variable can be; a name that takes any text is not here.
IMPOSSIBLE: Final[dict[str, str]] = {
    **{name: _NO_SWITCH for name, value in VALUES.items() if value in {"true", "false"}},
    **{name: _NO_TIME for name in VALUES if name.endswith(("_INTERVAL", "_TIMEOUT"))},
    **{name: _NO_NUMBER for name in VALUES if name.endswith(("_BURST", "_PORT", "_EXPIRES_IN", "_TTL", "_LENGTH"))},
    "AUTH_SERVER_URL": "auth.acme.example",
    "AUTH_CLIENT_URL": "acme.example",
    "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS": "https://acme.example,localhost:3000",
    "POSTGRES_CONNECTION": "mysql://db/app",
    "POSTGRES_MIGRATIONS_CONNECTION": "mysql://db/app",
    "HASURA_GRAPHQL_JWT_SECRET": "a secret",
    "HASURA_GRAPHQL_GRAPHQL_URL": "hasura",
    "AUTH_JWT_CUSTOM_CLAIMS": "organisation",
    "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS": "organisation",
    "AUTH_ENCRYPTION_KEY": "short",
    "AUTH_REQUIRE_ELEVATED_CLAIM": "sometimes",
    "AUTH_GRAVATAR_ENABLED": _NO_SWITCH,
    "AUTH_GRAVATAR_DEFAULT": "portrait",
    "AUTH_GRAVATAR_RATING": "y",
    "AUTH_SMS_PROVIDER": "pigeon",
    "AUTH_WEBAUTHN_RP_ID": "192.0.2.1",
    "AUTH_SMTP_SENDER": "nobody",
    "AUTH_SMTP_AUTH_METHOD": "XOAUTH2",
}

# Read, or refused, by later work: no value of theirs is impossible before.
_FORMS: Final = ("AUTH_PROVIDER_CUSTOM",)
NAMES: Final = (*VALUES, *_FORMS)


def deployment(folder: Path, **changes: str) -> dict[str, str]:
    """Return every variable with a value, `changes` on top; `folder` is where its files are.

    A protection that this version refuses to do without is off, and so is the OAuth 2 provider, which it is not.
    """
    templates = folder / "templates"
    (templates / "en" / "email-verify").mkdir(parents=True, exist_ok=True)
    (templates / "en" / "email-verify" / "body.html").write_text("<a href='${link}'>Go on</a>")
    found = VALUES | {"AUTH_EMAIL_TEMPLATES_PATH": str(templates)}
    found |= {name: "" if name.endswith(("_SECRET", "_SERVER")) else "false" for name in SWITCHES}
    found["AUTH_OAUTH2_PROVIDER_ENABLED"] = "false"
    return found | changes


def as_env_file(variables: dict[str, str]) -> str:
    """Return the text of an environment file, with the quotes that a value needs."""
    return "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())


def _quoted(value: str) -> str:
    return f"'{value}'" if set(value) & set(' "#\n') else value
