"""The variables of Nhost Auth, by their own names, so that an existing compose file configures this server."""

from datetime import timedelta
from typing import Any, Final

from vestibule.delivery.locales import LOCALES
from vestibule.settings import nhost_later, provider_names
from vestibule.settings.environ import (
    Variable,
    duration,
    milliseconds,
    names,
    one_of,
    seconds,
    switch,
    text,
    url,
    whole,
)

_YEARS: Final = 10 * 365 * 86_400
_MANY: Final = 1_000_000

API_PREFIX: Final = Variable("AUTH_API_PREFIX", text, "", "Prefix of all nhost paths, besides `/v1` and none.")
PORT: Final = Variable("AUTH_PORT", whole(0, 65535), 4000, "Port to listen on.")
SERVER_URL: Final = Variable[str | None](
    "AUTH_SERVER_URL", url, None, "Public base URL with the prefix; links in mails are built from it."
)
CLIENT_URL: Final = Variable("AUTH_CLIENT_URL", url, "", "Default redirect target, and the first of the allowed ones.")
REDIRECT_URLS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS", names, (), "Further redirect targets; `*` and `**` match."
)
CONCEAL_ERRORS: Final = switch("AUTH_CONCEAL_ERRORS", "Answer telling errors as a plain invalid request.")
DEBUG: Final = switch("AUTH_DEBUG", "Log also why requests were refused, and what libraries tell of their work.")
LOG_TEXT: Final = switch("AUTH_LOG_FORMAT_TEXT", "Write the logs as text for people instead of JSON.")
POSTGRES: Final = Variable[str | None](
    "POSTGRES_CONNECTION", text, None, "The database.", shown="`HASURA_GRAPHQL_DATABASE_URL`", secret=True
)
HASURA_DATABASE: Final = Variable[str | None](
    "HASURA_GRAPHQL_DATABASE_URL", text, None, "The database, if the former is unset.", secret=True
)
POSTGRES_MIGRATIONS: Final = Variable[str | None](
    "POSTGRES_MIGRATIONS_CONNECTION", text, None, "The database as migrations reach it.", shown="the same", secret=True
)
ENCRYPTION_KEY: Final = Variable[str | None](
    "AUTH_ENCRYPTION_KEY",
    text,
    None,
    "Root key, 64 hexadecimal digits, if `VESTIBULE_SECRET_KEYS` is unset.",
    secret=True,
)
JWT_SECRET: Final = Variable[str | None](
    "HASURA_GRAPHQL_JWT_SECRET",
    text,
    None,
    "JSON with type, key, signing_key, kid, issuer, claims_namespace: signs nhost's access tokens.",
    shown="a key kept in the database",
    secret=True,
)
CUSTOM_CLAIMS: Final = Variable[str | None](
    "AUTH_JWT_CUSTOM_CLAIMS", text, None, "JSON object of claims in access tokens and their paths in the user."
)
CUSTOM_CLAIMS_DEFAULTS: Final = Variable[str | None](
    "AUTH_JWT_CUSTOM_CLAIMS_DEFAULTS", text, None, "JSON object of claims and what stands in for missing values."
)
GRAPHQL_URL: Final = Variable[str | None](
    "HASURA_GRAPHQL_GRAPHQL_URL", text, None, "Where custom claims are read.", shown="the user at hand"
)
ADMIN_SECRET: Final = Variable[str | None](
    "HASURA_GRAPHQL_ADMIN_SECRET", text, None, "Lets this server read custom claims there.", secret=True
)
ACCESS_LIFE: Final = Variable(
    "AUTH_ACCESS_TOKEN_EXPIRES_IN", seconds(10, 86_400), timedelta(minutes=15), "Seconds.", shown="900"
)
REFRESH_LIFE: Final = Variable(
    "AUTH_REFRESH_TOKEN_EXPIRES_IN", seconds(60, _YEARS), timedelta(days=30), "Seconds.", shown="2592000"
)
DISABLE_SIGNUP: Final = switch("AUTH_DISABLE_SIGNUP", "Nobody can sign up.")
DISABLE_NEW_USERS: Final = switch("AUTH_DISABLE_NEW_USERS", "New users are disabled until enabled.")
DISABLE_AUTO_SIGNUP: Final = switch(
    "AUTH_DISABLE_AUTO_SIGNUP", "Signing in with a link or code registers nobody; only `/signup/*` does."
)
ANONYMOUS_ENABLED: Final = switch("AUTH_ANONYMOUS_USERS_ENABLED", "Visitors may come in without a name.")
LINKS_ENABLED: Final = switch("AUTH_EMAIL_PASSWORDLESS_ENABLED", "Sign-in by a mailed link.")
EMAIL_CODES_ENABLED: Final = switch("AUTH_OTP_EMAIL_ENABLED", "Sign-in by a mailed code.")
TEXT_CODES_ENABLED: Final = switch("AUTH_SMS_PASSWORDLESS_ENABLED", "Sign-in by a code in a text message.")
MFA_ENABLED: Final = switch("AUTH_MFA_ENABLED", "Users may turn on a second factor (TOTP).")
TOTP_ISSUER: Final = Variable("AUTH_MFA_TOTP_ISSUER", text, "auth", "What authenticator applications call this place.")
ELEVATION: Final = Variable(
    "AUTH_REQUIRE_ELEVATED_CLAIM",
    one_of("disabled", "recommended", "required"),
    "disabled",
    "Whether sensitive changes need a fresh proof: never, from users who have something to prove it with, or always.",
)
WEBAUTHN_ENABLED: Final = switch("AUTH_WEBAUTHN_ENABLED", "Passkeys.")
WEBAUTHN_RP_ID: Final = Variable[str | None](
    "AUTH_WEBAUTHN_RP_ID", text, None, "The domain that passkeys belong to.", shown="the host of `AUTH_CLIENT_URL`"
)
WEBAUTHN_RP_NAME: Final = Variable[str | None](
    "AUTH_WEBAUTHN_RP_NAME", text, None, "Its name for people.", shown="`AUTH_WEBAUTHN_RP_ID`"
)
WEBAUTHN_ORIGINS: Final = Variable[tuple[str, ...]](
    "AUTH_WEBAUTHN_RP_ORIGINS", names, (), "Origins whose pages may use passkeys; that of `AUTH_CLIENT_URL` is added."
)
WEBAUTHN_TIMEOUT: Final = Variable(
    "AUTH_WEBAUTHN_ATTESTATION_TIMEOUT",
    milliseconds(1_000, 600_000),
    timedelta(minutes=5),
    "How long a user may take, in milliseconds.",
    shown="300000",
)
DEFAULT_ROLE: Final = Variable("AUTH_USER_DEFAULT_ROLE", text, "user", "Default role of new users.")
ALLOWED_ROLES: Final = Variable[tuple[str, ...]](
    "AUTH_USER_DEFAULT_ALLOWED_ROLES", names, ("me",), "Roles of new users; the default role is added."
)
DEFAULT_LOCALE: Final = Variable("AUTH_LOCALE_DEFAULT", text, "en", "Locale of users who name none that is allowed.")
ALLOWED_LOCALES: Final = Variable[tuple[str, ...]](
    "AUTH_LOCALE_ALLOWED_LOCALES",
    names,
    ("en",),
    f"Allowed locales; the default one is added. Our letters are there in `{','.join(LOCALES)}`.",
)
VERIFIED_REQUIRED: Final = switch(
    "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED",
    "Only verified addresses may sign in. With `--dev` false.",
    default=True,
)
PASSWORD_MIN_LENGTH: Final = Variable("AUTH_PASSWORD_MIN_LENGTH", whole(1, 128), 3, "Shortest new password.")
HIBP_ENABLED: Final = switch(
    "AUTH_PASSWORD_HIBP_ENABLED", "Refuse new passwords that Have I Been Pwned lists as leaked."
)
GRAVATAR_ENABLED: Final = switch("AUTH_GRAVATAR_ENABLED", "Give new users a Gravatar URL.", default=True)
GRAVATAR_DEFAULT: Final = Variable(
    "AUTH_GRAVATAR_DEFAULT",
    one_of("blank", "identicon", "monsterid", "wavatar", "retro", "robohash", "mp", "404"),
    "blank",
    "Gravatar for addresses without one.",
)
GRAVATAR_RATING: Final = Variable("AUTH_GRAVATAR_RATING", one_of("g", "pg", "r", "x"), "g", "Highest Gravatar rating.")
ALLOWED_EMAILS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAILS", names, (), "Addresses that may come in."
)
ALLOWED_DOMAINS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_ALLOWED_EMAIL_DOMAINS", names, (), "Domains that may come in."
)
BLOCKED_EMAILS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAILS", names, (), "Addresses that may not."
)
BLOCKED_DOMAINS: Final = Variable[tuple[str, ...]](
    "AUTH_ACCESS_CONTROL_BLOCKED_EMAIL_DOMAINS", names, (), "Domains that may not."
)

SMTP_HOST: Final = Variable(
    "AUTH_SMTP_HOST", text, "", "Mail server, or `postmark` for its API. Without one messages wait in the outbox."
)
SMTP_PORT: Final = Variable("AUTH_SMTP_PORT", whole(1, 65535), 587, "Its port.")
SMTP_SECURE: Final = switch("AUTH_SMTP_SECURE", "TLS from the first byte.")
SMTP_USER: Final = Variable("AUTH_SMTP_USER", text, "", "User name.")
SMTP_PASS: Final = Variable("AUTH_SMTP_PASS", str, "", "Password; for Postmark the server's token.", secret=True)
SMTP_SENDER: Final = Variable("AUTH_SMTP_SENDER", text, "", "`auth@acme.example` or `Acme <auth@acme.example>`.")
SMTP_METHOD: Final = Variable(
    "AUTH_SMTP_AUTH_METHOD", one_of("PLAIN", "LOGIN", "CRAM-MD5"), "PLAIN", "How to log in to the mail server."
)
SMTP_API_HEADER: Final = Variable("AUTH_SMTP_X_SMTPAPI_HEADER", text, "", "Value of an X-SMTPAPI header.")
TEMPLATES_PATH: Final = Variable(
    "AUTH_EMAIL_TEMPLATES_PATH",
    text,
    "/app/email-templates",
    "Folder of your own templates, see [mail.md](mail.md). The default is used if it is there.",
)

SMS_PROVIDER: Final = Variable(
    "AUTH_SMS_PROVIDER",
    one_of("twilio", "modica", "generic", "dev"),
    "twilio",
    "Who carries text messages. With `--dev` and without credentials dev.",
)
SMS_TWILIO_ACCOUNT: Final = Variable(
    "AUTH_SMS_TWILIO_ACCOUNT_SID", text, "", "Twilio's account, `AC...`. See [sms.md](sms.md) for Twilio Verify."
)
SMS_TWILIO_TOKEN: Final = Variable("AUTH_SMS_TWILIO_AUTH_TOKEN", str.strip, "", "Its token.", secret=True)
SMS_TWILIO_SERVICE: Final = Variable(
    "AUTH_SMS_TWILIO_MESSAGING_SERVICE_ID",
    text,
    "",
    "The sender: a messaging service `MG...`, a number or a name; or `VA...` for Twilio Verify.",
)
SMS_MODICA_USERNAME: Final = Variable("AUTH_SMS_MODICA_USERNAME", text, "", "Modica's application.")
SMS_MODICA_PASSWORD: Final = Variable("AUTH_SMS_MODICA_PASSWORD", str, "", "Its password.", secret=True)
SMS_GENERIC_URL: Final = Variable("AUTH_SMS_GENERIC_URL", text, "", "Where a POST sends a text.")
SMS_GENERIC_TYPE: Final = Variable(
    "AUTH_SMS_GENERIC_CONTENT_TYPE",
    text,
    "application/json",
    "The body's type: JSON, a form, XML or text/plain. Values are encoded by it.",
)
SMS_GENERIC_HEADERS: Final = Variable(
    "AUTH_SMS_GENERIC_HEADERS", text, "{}", "Headers as a JSON object, like an API key.", secret=True
)
SMS_GENERIC_TIMEOUT: Final = Variable(
    "AUTH_SMS_GENERIC_TIMEOUT", duration, timedelta(seconds=10), "How long to wait, at most 30s.", shown="10s"
)
SMS_GENERIC_TEMPLATE: Final = Variable(
    "AUTH_SMS_GENERIC_BODY_TEMPLATE", text, "", 'The body, like `{"to":"${to}","text":"${body}"}`.'
)
SMS_DEV_OUTPUT: Final = Variable[str | None](
    "AUTH_SMS_DEV_OUTPUT_DIR", text, None, "Folder that gets a file for each text. With `--dev` only."
)

RATE_LIMIT_ENABLE: Final = switch("AUTH_RATE_LIMIT_ENABLE", "Rate limits on nhost's paths.")
MEMCACHE_SERVER: Final = Variable[tuple[str, ...]](
    "AUTH_RATE_LIMIT_MEMCACHE_SERVER",
    names,
    (),
    "memcached that counts for all processes: `host:11211`. `VESTIBULE_REDIS_URL` takes precedence.",
)
MEMCACHE_PREFIX: Final = Variable("AUTH_RATE_LIMIT_MEMCACHE_PREFIX", text, "", "What the keys of counts begin with.")
EMAIL_IS_GLOBAL: Final = switch(
    "AUTH_RATE_LIMIT_EMAIL_IS_GLOBAL", "Count mail for everybody together, not per address."
)


def _burst(group: str, default: int) -> Variable[int]:
    return Variable(f"AUTH_RATE_LIMIT_{group}_BURST", whole(1, _MANY), default, "Requests per interval.")


def _interval(group: str, shown: str) -> Variable[timedelta]:
    return Variable(f"AUTH_RATE_LIMIT_{group}_INTERVAL", duration, duration(shown), "The interval.", shown=shown)


# The limit group of the dialect -> how many, how often.
RATE_LIMITS: Final[dict[str, tuple[Variable[int], Variable[timedelta]]]] = {
    "global": (_burst("GLOBAL", 100), _interval("GLOBAL", "1m")),
    "email": (_burst("EMAIL", 10), _interval("EMAIL", "1h")),
    "sms": (_burst("SMS", 10), _interval("SMS", "1h")),
    "brute-force": (_burst("BRUTE_FORCE", 10), _interval("BRUTE_FORCE", "5m")),
    "signups": (_burst("SIGNUPS", 10), _interval("SIGNUPS", "5m")),
}

TURNSTILE_SECRET: Final = Variable[str | None](
    "AUTH_TURNSTILE_SECRET",
    text,
    None,
    "Cloudflare Turnstile: sign-ups, and what sends for strangers, ask for `x-cf-turnstile-response`.",
    secret=True,
)

SECTIONS: Final[dict[str, tuple[Variable[Any], ...]]] = {  # Any: a list of variables of every type
    "Server and database": (
        API_PREFIX,
        PORT,
        SERVER_URL,
        CLIENT_URL,
        REDIRECT_URLS,
        CONCEAL_ERRORS,
        DEBUG,
        LOG_TEXT,
        POSTGRES,
        HASURA_DATABASE,
        POSTGRES_MIGRATIONS,
    ),
    "Keys and tokens": (
        ENCRYPTION_KEY,
        JWT_SECRET,
        ACCESS_LIFE,
        REFRESH_LIFE,
        CUSTOM_CLAIMS,
        CUSTOM_CLAIMS_DEFAULTS,
        GRAPHQL_URL,
        ADMIN_SECRET,
    ),
    "Users": (
        DISABLE_SIGNUP,
        DISABLE_NEW_USERS,
        DISABLE_AUTO_SIGNUP,
        DEFAULT_ROLE,
        ALLOWED_ROLES,
        DEFAULT_LOCALE,
        ALLOWED_LOCALES,
        VERIFIED_REQUIRED,
        PASSWORD_MIN_LENGTH,
        GRAVATAR_ENABLED,
        GRAVATAR_DEFAULT,
        GRAVATAR_RATING,
        ALLOWED_EMAILS,
        ALLOWED_DOMAINS,
        BLOCKED_EMAILS,
        BLOCKED_DOMAINS,
    ),
    "Ways in": (
        ANONYMOUS_ENABLED,
        LINKS_ENABLED,
        EMAIL_CODES_ENABLED,
        TEXT_CODES_ENABLED,
        MFA_ENABLED,
        TOTP_ISSUER,
        ELEVATION,
        WEBAUTHN_ENABLED,
        WEBAUTHN_RP_ID,
        WEBAUTHN_RP_NAME,
        WEBAUTHN_ORIGINS,
        WEBAUTHN_TIMEOUT,
    ),
    "Mail": (
        SMTP_HOST,
        SMTP_PORT,
        SMTP_SECURE,
        SMTP_USER,
        SMTP_PASS,
        SMTP_SENDER,
        SMTP_METHOD,
        SMTP_API_HEADER,
        TEMPLATES_PATH,
    ),
    "Text messages": (
        SMS_PROVIDER,
        SMS_TWILIO_ACCOUNT,
        SMS_TWILIO_TOKEN,
        SMS_TWILIO_SERVICE,
        SMS_MODICA_USERNAME,
        SMS_MODICA_PASSWORD,
        SMS_GENERIC_URL,
        SMS_GENERIC_TYPE,
        SMS_GENERIC_HEADERS,
        SMS_GENERIC_TIMEOUT,
        SMS_GENERIC_TEMPLATE,
        SMS_DEV_OUTPUT,
    ),
    "Providers": provider_names.ALL,
    "Rate limits": (
        RATE_LIMIT_ENABLE,
        MEMCACHE_SERVER,
        MEMCACHE_PREFIX,
        EMAIL_IS_GLOBAL,
        *(variable for pair in RATE_LIMITS.values() for variable in pair),
    ),
    "Protection": (TURNSTILE_SECRET, HIBP_ENABLED),
    "OAuth 2 provider (not built yet)": nhost_later.VARIABLES,
}
