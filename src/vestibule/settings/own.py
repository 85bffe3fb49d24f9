"""The variables of our own, VESTIBULE_*. Their order is the order of the documentation."""

from datetime import timedelta
from typing import Any, Final

from vestibule.protection.settings import LEAKED_PASSWORDS_URL as LEAKED_PASSWORDS
from vestibule.protection.settings import TURNSTILE_URL as TURNSTILE
from vestibule.settings.environ import (
    Variable,
    countries,
    days,
    duration,
    names,
    one_of,
    seconds,
    switch,
    text,
    url,
    whole,
)

PREFIX: Final = "VESTIBULE_"
_MOST: Final = 2**31 - 1

CONFIG: Final = Variable[str | None](
    "VESTIBULE_CONFIG", text, None, "File with settings, in TOML; also `--config`. `vestibule.toml` is read if present."
)
STRICT: Final = switch("VESTIBULE_STRICT", "Refuse unknown `AUTH_*` names instead of warning; `--strict`.")

HOST: Final = Variable(
    "VESTIBULE_HOST",
    text,
    "0.0.0.0",  # noqa: S104 - in a container the only useful one; --dev binds 127.0.0.1
    "Address to listen on; also `--host`. With `--dev` 127.0.0.1.",
)
PORT: Final = Variable("VESTIBULE_PORT", whole(0, 65535), 4000, "Port to listen on; also `--port`. 0 takes a free one.")
WORKERS: Final = Variable[int | None](
    "VESTIBULE_WORKERS",
    whole(1, 256),
    None,
    "Worker processes; also `--workers`.",
    shown="1 on SQLite and with `--dev`, one per core on PostgreSQL",
)
SHUTDOWN: Final = Variable(
    "VESTIBULE_SHUTDOWN_SECONDS",
    seconds(0, 3600),
    timedelta(seconds=30),
    "How long running requests may take to finish after SIGTERM.",
    shown="30",
)
PUBLIC_URL: Final = Variable[str | None](
    "VESTIBULE_PUBLIC_URL",
    url,
    None,
    "How browsers and mails reach this server, without a path. All links are built from it.",
    shown="scheme and host of `AUTH_SERVER_URL`",
)
ALLOW_HTTP: Final = switch(
    "VESTIBULE_ALLOW_HTTP", "Accept public URLs that are not https, on hosts other than localhost."
)
TRUSTED_PROXIES: Final = Variable[tuple[str, ...]](
    "VESTIBULE_TRUSTED_PROXIES",
    names,
    (),
    "Networks (`10.0.0.0/8`), or `unix`, whose X-Forwarded-For is believed. Without it the peer is the caller.",
)
METRICS_PORT: Final = Variable[int | None](
    "VESTIBULE_METRICS_PORT",
    whole(1, 65535),
    None,
    "Port for Prometheus, `/metrics`: each worker takes the first free one from there on. Without it there is none.",
)
METRICS_HOST: Final = Variable(
    "VESTIBULE_METRICS_HOST", text, "127.0.0.1", "Address that Prometheus reaches them at; they ask for no credentials."
)
DIALECTS: Final = Variable[tuple[str, ...]](
    "VESTIBULE_DIALECTS",
    names,
    ("nhost",),
    "What the default project speaks: nhost, sublay, accountmaker. With `--dev` all three.",
)
PROJECT_NAME: Final = Variable[str | None](
    "VESTIBULE_PROJECT_NAME",
    text,
    None,
    "What mails call the default project.",
    shown="the host of `AUTH_CLIENT_URL`, or Vestibule where that is a developer's",
)
ALLOWED_ORIGINS: Final = Variable[tuple[str, ...]](
    "VESTIBULE_ALLOWED_ORIGINS",
    names,
    (),
    "Browser origins that may call with credentials (sublay). With `--dev` the usual localhost ports.",
)
ACCESS_LOG: Final = switch("VESTIBULE_ACCESS_LOG", "Write one line per request to standard output.", default=True)
ECHO_REQUEST_ID: Final = switch("VESTIBULE_ECHO_REQUEST_ID", "Take over a well-formed X-Request-ID of the caller.")

DATABASE_URL: Final = Variable[str | None](
    "VESTIBULE_DATABASE_URL",
    text,
    None,
    "`sqlite:///relative/path`, `sqlite:////absolute/path` or `postgresql://user:password@host/name`.",
    shown="`POSTGRES_CONNECTION`, else `HASURA_GRAPHQL_DATABASE_URL`; with `--dev` sqlite:///var/vestibule.db",
    secret=True,
)
POOL_SIZE: Final = Variable("VESTIBULE_POOL_SIZE", whole(1, 1000), 10, "Connections to PostgreSQL, per worker.")
PGBOUNCER: Final = switch(
    "VESTIBULE_PGBOUNCER", "The database is behind PgBouncer in transaction mode: no prepared statements."
)
MIGRATE: Final = switch(
    "VESTIBULE_MIGRATE", "Bring the schema up to date before serving; also `--migrate`, implied by `--dev`."
)

SECRET_KEYS: Final = Variable[tuple[str, ...]](
    "VESTIBULE_SECRET_KEYS",
    names,
    (),
    "Root keys, the current one first; at least 16 characters each, better 64 hexadecimal digits. Keep them apart"
    " from backups of the database.",
    shown="`AUTH_ENCRYPTION_KEY`, else derived from `HASURA_GRAPHQL_JWT_SECRET`",
    secret=True,
)
SIGNING_ALGORITHM: Final = Variable(
    "VESTIBULE_SIGNING_ALGORITHM",
    one_of("RS256", "ES256", "EdDSA"),
    "RS256",
    "Algorithm of new signing keys that are kept in the database.",
)
REFRESH_GRACE: Final = Variable(
    "VESTIBULE_REFRESH_GRACE_SECONDS",
    seconds(0, 300),
    timedelta(seconds=30),
    "How long a spent refresh token still answers the current one; 0 is strict.",
    shown="30",
)
PASSWORD_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_PASSWORD_CHANGE_ENDS_SESSIONS", "End the user's other sessions when a password changes.", default=True
)
PHONE_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_PHONE_CHANGE_ENDS_SESSIONS", "End the user's other sessions when the phone number changes.", default=True
)
PROVIDER_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_PROVIDER_CHANGE_ENDS_SESSIONS",
    "End the user's other sessions when a provider is unlinked.",
    default=True,
)
ID_TOKEN_NONCE_REQUIRED: Final = switch(
    "VESTIBULE_ID_TOKEN_NONCE_REQUIRED",
    "Refuse ID tokens of applications that have no nonce: whoever finds one could show it again until it expires.",
)
PHONE_KEPT: Final = Variable(
    "VESTIBULE_PHONE_KEPT_DAYS",
    whole(0, 36_500),
    365,
    "How long a phone number stays that of a user whom nobody has seen: whoever proves it later is somebody new,"
    " since operators give numbers away again. 0 is for ever.",
)
EMAIL_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_EMAIL_CHANGE_ENDS_SESSIONS", "End the user's other sessions when the address changes.", default=True
)
SECOND_FACTOR_AFTER: Final = Variable(
    "VESTIBULE_SECOND_FACTOR_AFTER",
    one_of("every", "password"),
    "every",
    "Which sign-ins ask for the second factor of a user who has one: every one, or as Nhost Auth only by password.",
)
MFA_CHANGE_ENDS_SESSIONS: Final = switch(
    "VESTIBULE_MFA_CHANGE_ENDS_SESSIONS",
    "End the user's other sessions when their second factor is turned on or off, or a passkey of theirs is removed.",
    default=True,
)
NOTICES: Final = switch(
    "VESTIBULE_NOTICES", "Tell users by mail when their password, address or second factor changes.", default=True
)
PASSKEY_DECOYS: Final = switch(
    "VESTIBULE_PASSKEY_DECOYS",
    "Answer a passkey sign-in for an address without passkeys like one for an address with some;"
    " off, it is refused as Nhost Auth does.",
    default=True,
)
METADATA_LIMIT: Final = Variable(
    "VESTIBULE_METADATA_LIMIT_BYTES", whole(2, 60_000), 10_240, "Largest metadata of a user, as JSON."
)
ARGON2_MEMORY: Final = Variable(
    "VESTIBULE_ARGON2_MEMORY_KIB", whole(8, 4_194_304), 19_456, "Memory of one password hash (Argon2id)."
)
ARGON2_ITERATIONS: Final = Variable("VESTIBULE_ARGON2_ITERATIONS", whole(1, 100), 2, "Passes of one password hash.")
ARGON2_LANES: Final = Variable("VESTIBULE_ARGON2_LANES", whole(1, 16), 1, "Lanes of one password hash.")
ALLOW_WEAK_HASHING: Final = switch(
    "VESTIBULE_ALLOW_WEAK_HASHING", "Accept Argon2 parameters below OWASP's floor; for tests."
)
HASHING_THREADS: Final = Variable[int | None](
    "VESTIBULE_HASHING_THREADS",
    whole(1, 256),
    None,
    "Password hashes computed at once, per worker.",
    shown="cores divided by workers, at least 1",
)
HASHING_WAITING: Final = Variable(
    "VESTIBULE_HASHING_WAITING", whole(0, 100_000), 256, "Password checks that may wait in line, per worker."
)
HASHING_DEADLINE: Final = Variable(
    "VESTIBULE_HASHING_DEADLINE_SECONDS",
    seconds(1, 60),
    timedelta(seconds=5),
    "How long a password check waits in line before the answer is 503.",
    shown="5",
)

NHOST_CODES: Final = Variable(
    "VESTIBULE_NHOST_CODES",
    one_of("2025", "2026"),
    "2025",
    "Error codes that Nhost Auth has renamed: as of October 2025, or the newest (`user-already-exists`,"
    " `invalid-otp`, `otp-too-many-attempts`).",
)
NHOST_PKCE_ONLY: Final = switch(
    "VESTIBULE_NHOST_PKCE_ONLY", "Refuse links without `codeChallenge`, so that no redirect carries a refresh token."
)
NHOST_LINK_BY_POST: Final = switch(
    "VESTIBULE_NHOST_LINK_BY_POST",
    "Refuse access tokens in the query `connect`: linking a provider begins with `POST /link/provider/{provider}`.",
)
LINK_CONFIRM: Final = switch(
    "VESTIBULE_LINK_CONFIRM", "Mailed links open a page with a button; only pressing it uses the link up (nhost)."
)
SUBLAY_ACCESS_LIFE: Final = Variable(
    "VESTIBULE_SUBLAY_ACCESS_TOKEN_SECONDS",
    seconds(10, 86_400),
    timedelta(minutes=30),
    "Life of sublay's access tokens.",
    shown="1800",
)
CSRF: Final = Variable(
    "VESTIBULE_CSRF",
    one_of("browser", "always", "off"),
    "browser",
    "When accountmaker asks for a CSRF token: where a browser's cookies are involved, always, or never.",
)
REQUIRE_ORIGIN: Final = switch(
    "VESTIBULE_REQUIRE_ORIGIN", "Refuse an accountmaker POST without credentials that names no Origin."
)

OUTBOUND_ALLOW: Final = Variable[tuple[str, ...]](
    "VESTIBULE_OUTBOUND_ALLOW",
    names,
    (),
    "Networks, addresses and host names that this server may call although they are private, and without TLS.",
)
OUTBOUND_PROXY: Final = Variable[str | None](
    "VESTIBULE_OUTBOUND_PROXY",
    text,
    None,
    "HTTP proxy for what this server calls, except Hasura: `http://proxy.example:3128`."
    " It must keep private addresses out itself.",
    secret=True,
)
OUTBOUND_CA_FILE: Final = Variable[str | None](
    "VESTIBULE_OUTBOUND_CA_FILE",
    text,
    None,
    "Certificate authorities to trust for what this server calls, instead of the system's.",
)

TURNSTILE_URL: Final = Variable(
    "VESTIBULE_TURNSTILE_URL", url, TURNSTILE, "Where solutions of Turnstile are checked; for tests."
)

HIBP_URL: Final = Variable(
    "VESTIBULE_HIBP_URL",
    url,
    LEAKED_PASSWORDS,
    "Where ranges of leaked passwords are asked for: a mirror of your own, say.",
)

STUFFING_FAILURES: Final = Variable(
    "VESTIBULE_STUFFING_FAILURES",
    whole(0, 1_000_000),
    60,
    "Wrong passwords in a minute, per project, from which on networks that try many accounts may be refused;"
    " 0 is never.",
)
STUFFING_PERCENT: Final = Variable(
    "VESTIBULE_STUFFING_PERCENT",
    whole(1, 100),
    80,
    "How many percent of them and of the people who came in by password they must be by then.",
)
STUFFING_ACCOUNTS: Final = Variable(
    "VESTIBULE_STUFFING_ACCOUNTS",
    whole(1, 1_000_000),
    10,
    "At how many accounts a network has failed in ten minutes to be refused then.",
)

RATE_LIMITS: Final = switch(
    "VESTIBULE_RATE_LIMITS",
    "Apply rate limits at all. Those of nhost follow `AUTH_RATE_LIMIT_ENABLE`. With `--dev` off.",
    default=True,
)
REDIS_URL: Final = Variable[str | None](
    "VESTIBULE_REDIS_URL",
    text,
    None,
    "Redis or Valkey that counts for all processes: `redis://host:6379/0`, `rediss://`, `valkey://` or"
    " `unix:///run/redis.sock`. Without it, or a memcached, each counts in memory.",
    secret=True,
)
MAIL_PER_HOUR: Final = Variable(
    "VESTIBULE_MAIL_PER_HOUR",
    whole(1, 10_000_000),
    2_000,
    "Letters that strangers may cause in an hour, per project (sign-ups, resets); to one address it is 6 in any case.",
)
SMS_PER_HOUR: Final = Variable(
    "VESTIBULE_SMS_PER_HOUR",
    whole(1, 10_000_000),
    500,
    "Text messages that strangers may cause in an hour, per project; to one number it is 5 in any case.",
)
SMS_COUNTRIES: Final = Variable[tuple[str, ...]](
    "VESTIBULE_SMS_COUNTRIES",
    countries,
    (),
    "Countries whose numbers get text messages, like `DE,AT,CH`. Without it all do.",
)
ANONYMOUS_PER_HOUR: Final = Variable(
    "VESTIBULE_ANONYMOUS_USERS_PER_HOUR",
    whole(1, 10_000_000),
    1_000,
    "Anonymous users that one network may make in an hour, per project.",
)
SMTP_STARTTLS: Final = Variable(
    "VESTIBULE_SMTP_STARTTLS",
    one_of("auto", "required", "off"),
    "auto",
    "Upgrade the mail connection when offered, insist on it, or never.",
)
SMTP_CA_FILE: Final = Variable[str | None](
    "VESTIBULE_SMTP_CA_FILE",
    text,
    None,
    "Certificate authorities to trust for the mail server, instead of the system's.",
)
POSTMARK_TEMPLATES: Final = switch(
    "VESTIBULE_POSTMARK_TEMPLATES",
    "Use the templates that are kept at Postmark, `<locale>.<template>`; false sends our own letters through it.",
    default=True,
)
CLAIMS_WEBHOOK_URL: Final = Variable[str | None](
    "VESTIBULE_CLAIMS_WEBHOOK_URL", text, None, "A server of yours that is asked for the custom claims of each token."
)
CLAIMS_WEBHOOK_SECRET: Final = Variable[tuple[str, ...]](
    "VESTIBULE_CLAIMS_WEBHOOK_SECRET",
    names,
    (),
    "Signs what it is asked: `whsec_` and base64; several may be listed, each signs.",
    secret=True,
)
CLAIMS_WEBHOOK_TIMEOUT: Final = Variable(
    "VESTIBULE_CLAIMS_WEBHOOK_TIMEOUT", duration, timedelta(seconds=2), "How long its answer may take.", shown="2s"
)
CLAIMS_ON_FAILURE: Final = Variable(
    "VESTIBULE_CLAIMS_ON_FAILURE",
    one_of("refuse", "omit"),
    "refuse",
    "Where custom claims cannot be had: refuse the token, or make it without any as Nhost Auth does.",
)
KEEP_MESSAGES: Final = Variable(
    "VESTIBULE_KEEP_MESSAGES_DAYS",
    days(0, 36_500),
    timedelta(days=30),
    "How long the delivery log of sent messages is kept.",
    shown="30",
)
KEEP_UNSENT: Final = Variable(
    "VESTIBULE_KEEP_UNSENT_MESSAGES_DAYS",
    days(1, 365),
    timedelta(days=7),
    "How long a message waits for a mail server before it is given up.",
    shown="7",
)
KEEP_AUDIT: Final = Variable(
    "VESTIBULE_KEEP_AUDIT_DAYS",
    days(1, 36_500),
    timedelta(days=365),
    "How long audit entries are kept.",
    shown="365",
)

SECTIONS: Final[dict[str, tuple[Variable[Any], ...]]] = {  # Any: a list of variables of every type
    "Files": (CONFIG, STRICT),
    "Serving": (
        HOST,
        PORT,
        WORKERS,
        SHUTDOWN,
        PUBLIC_URL,
        ALLOW_HTTP,
        TRUSTED_PROXIES,
        METRICS_PORT,
        METRICS_HOST,
        DIALECTS,
        PROJECT_NAME,
        ALLOWED_ORIGINS,
        ACCESS_LOG,
        ECHO_REQUEST_ID,
    ),
    "Database": (DATABASE_URL, POOL_SIZE, PGBOUNCER, MIGRATE),
    "Keys, sessions and passwords": (
        SECRET_KEYS,
        SIGNING_ALGORITHM,
        REFRESH_GRACE,
        PASSWORD_CHANGE_ENDS_SESSIONS,
        PHONE_CHANGE_ENDS_SESSIONS,
        PHONE_KEPT,
        EMAIL_CHANGE_ENDS_SESSIONS,
        PROVIDER_CHANGE_ENDS_SESSIONS,
        ID_TOKEN_NONCE_REQUIRED,
        SECOND_FACTOR_AFTER,
        MFA_CHANGE_ENDS_SESSIONS,
        NOTICES,
        PASSKEY_DECOYS,
        METADATA_LIMIT,
        ARGON2_MEMORY,
        ARGON2_ITERATIONS,
        ARGON2_LANES,
        ALLOW_WEAK_HASHING,
        HASHING_THREADS,
        HASHING_WAITING,
        HASHING_DEADLINE,
    ),
    "Dialects": (
        NHOST_CODES,
        NHOST_PKCE_ONLY,
        NHOST_LINK_BY_POST,
        LINK_CONFIRM,
        SUBLAY_ACCESS_LIFE,
        CSRF,
        REQUIRE_ORIGIN,
    ),
    "Calls to other servers": (OUTBOUND_ALLOW, OUTBOUND_PROXY, OUTBOUND_CA_FILE),
    "Protection": (TURNSTILE_URL, HIBP_URL, STUFFING_FAILURES, STUFFING_PERCENT, STUFFING_ACCOUNTS),
    "Custom claims": (CLAIMS_WEBHOOK_URL, CLAIMS_WEBHOOK_SECRET, CLAIMS_WEBHOOK_TIMEOUT, CLAIMS_ON_FAILURE),
    "Limits, mail and retention": (
        RATE_LIMITS,
        REDIS_URL,
        MAIL_PER_HOUR,
        SMS_PER_HOUR,
        SMS_COUNTRIES,
        ANONYMOUS_PER_HOUR,
        SMTP_STARTTLS,
        SMTP_CA_FILE,
        POSTMARK_TEMPLATES,
        KEEP_MESSAGES,
        KEEP_UNSENT,
        KEEP_AUDIT,
    ),
}
