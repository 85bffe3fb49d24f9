"""Turns layers of variables into the tree, or says everything that is wrong with them at once."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from vestibule.core.passwords import HashingLoad
from vestibule.core.projects import Gravatar, Policy
from vestibule.core.reaper import Retention
from vestibule.core.signing import Algorithm
from vestibule.settings import checks, files, nhost, own
from vestibule.settings.claims import claims_settings
from vestibule.settings.dev_provider import DevProvider, dev_provider, with_dev_provider
from vestibule.settings.doors import Door, accountmaker_settings, nhost_settings, sublay_settings
from vestibule.settings.environ import Problem, Reader, SettingsError, Variable
from vestibule.settings.keys import configured_jwt, root_keys
from vestibule.settings.limits import limit_settings
from vestibule.settings.mail import mail_settings, mail_templates
from vestibule.settings.nhost.unused import tell_missing, turned_on, unsafe_switches
from vestibule.settings.outbound import outbound_settings
from vestibule.settings.process import DEV, Flags, Listening, cores, is_loopback, listening, reader_of
from vestibule.settings.protection import protection_settings, stuffing
from vestibule.settings.providers import provider_settings
from vestibule.settings.sms import text_settings
from vestibule.settings.tree import Settings
from vestibule.settings.ways_in import ways_in
from vestibule.storage.urls import sqlite_location
from vestibule.wire.address import TrustedProxies

_UNNAMED: Final = "Vestibule"
_DIALECTS: Final = frozenset({"nhost", "sublay", "accountmaker"})


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings, and what an operator should know about how they came to be."""

    settings: Settings
    warnings: tuple[Problem, ...]
    unused: tuple[str, ...]
    reader: Reader


def load(environ: Mapping[str, str], *, config_file: Path | None = None, flags: Flags | None = None) -> Settings:
    """Return the settings. Raises: SettingsError with every problem."""
    flags = flags or Flags()
    if config_file is not None:
        flags = dataclasses.replace(flags, config_file=str(config_file))
    return read(environ, flags).settings


def read(environ: Mapping[str, str], flags: Flags, *, dev_folder: Path = files.DEV_FOLDER) -> Reading:
    """Return the settings with the warnings about them. Raises: SettingsError with every problem.

    With `--dev` the folder and the keys in it are made on the first call.
    """
    return reading_of(*what_can_be_read(environ, flags, dev_folder=dev_folder))


def what_can_be_read(
    environ: Mapping[str, str], flags: Flags, *, dev_folder: Path = files.DEV_FOLDER
) -> tuple[Reader, Settings | None]:
    """Return the settings for what they are worth, and the reader, which knows what is wrong with them.

    Raises: SettingsError for an unreadable file.
    """
    reader = reader_of(environ, flags)
    reader.strict = reader.get(own.files.STRICT)
    checks.names(reader)
    checks.values(reader)
    reader.problems += unsafe_switches(reader)
    tell_missing(reader)
    dev = files.dev_keys(dev_folder) if flags.dev else None
    return reader, _settings(reader, flags, dev)


def reading_of(reader: Reader, settings: Settings | None) -> Reading:
    """Return the settings if nothing is wrong with them. Raises: SettingsError with every problem."""
    if reader.problems or settings is None:
        raise SettingsError(reader.problems)
    return Reading(settings, tuple(reader.warnings), tuple(turned_on(reader)), reader)


def _settings(reader: Reader, flags: Flags, dev: files.DevKeys | None) -> Settings | None:
    place = listening(reader, flags)
    jwt = configured_jwt(reader, is_dev=flags.dev)
    keys, origin = root_keys(reader, jwt, dev)
    public_url = _public_url(reader, place, is_dev=flags.dev)
    mail = mail_settings(reader)
    if flags.dev and mail is None and place.workers > 1:
        reader.refuse(
            own.serving.WORKERS.name,
            f"is {place.workers}, and the mailbox of --dev lives in one process",
            f"use one worker, or set {nhost.mail.SMTP_HOST.name}",
        )
    door = Door(reader=reader, jwt=jwt, public_url=public_url, is_dev=flags.dev)
    database_url = _database_url(reader)
    nhost_door = nhost_settings(door)
    dialects, policy, providers, provider = _dialects(reader), _policy(reader), provider_settings(reader), None
    if dev is not None and place.workers == 1 and "nhost" in dialects:  # what it remembers is in one process
        provider = dev_provider(public_url, nhost_door.server_url, dev.provider_secret)
        providers = with_dev_provider(providers, provider)
        policy = _with_page(policy, provider, is_target=reader.origin(nhost.server.CLIENT_URL.name) == DEV)
    checks.redirect_urls(reader)
    return Settings(
        database_url=database_url,
        migrations_url=_usable_database(reader, nhost.server.POSTGRES_MIGRATIONS) or database_url,
        pool_size=reader.get(own.database.POOL_SIZE),
        pgbouncer=reader.get(own.database.PGBOUNCER),
        root_keys=keys,
        root_keys_origin=origin,
        jwt=jwt,
        signing_algorithm=Algorithm(reader.get(own.keys.SIGNING_ALGORITHM)),
        project_name=_project_name(reader),
        policy=policy,
        dialects=dialects,
        public_url=public_url,
        nhost=nhost_door,
        sublay=sublay_settings(door),
        accountmaker=accountmaker_settings(door),
        mail=mail,
        mail_templates=mail_templates(reader),
        texts=text_settings(reader, is_dev=flags.dev),
        claims=claims_settings(reader),
        providers=providers,
        outbound=outbound_settings(reader, itself=public_url if provider else ""),
        protection=protection_settings(reader),
        host=place.host,
        port=place.port,
        workers=place.workers,
        metrics_port=reader.get(own.serving.METRICS_PORT),
        metrics_host=reader.get(own.serving.METRICS_HOST),
        dev=flags.dev,
        dev_expose=flags.dev_expose,
        limits=limit_settings(reader, workers=place.workers),
        trusted_proxies=_trusted_proxies(reader),
        access_log=reader.get(own.serving.ACCESS_LOG),
        log_as_text=place.log_as_text,
        log_debug=reader.get(nhost.server.DEBUG),
        echo_request_id=reader.get(own.serving.ECHO_REQUEST_ID),
        argon2=checks.argon2(reader, dev=flags.dev),
        hashing=HashingLoad(
            threads=reader.get(own.hashing.HASHING_THREADS) or max(1, cores() // place.workers),
            waiting=reader.get(own.hashing.HASHING_WAITING),
            deadline_seconds=reader.get(own.hashing.HASHING_DEADLINE).total_seconds(),
        ),
        stuffing=stuffing(reader),
        refresh_grace=reader.get(own.sessions.REFRESH_GRACE),
        retention=Retention(
            messages=reader.get(own.retention.KEEP_MESSAGES),
            unsent_messages=reader.get(own.retention.KEEP_UNSENT),
            audit=reader.get(own.retention.KEEP_AUDIT),
        ),
        migrate=reader.get(own.database.MIGRATE),
        shutdown_grace=place.shutdown_grace,
        dev_service_key=dev.service_key if dev else None,
        dev_client_id=dev.client_id if dev else None,
        dev_provider=provider,
    )


def _with_page(policy: Policy, provider: DevProvider, *, is_target: bool) -> Policy:
    """Let the development page be a redirect target; with `is_target` the default one, where a front end may be."""
    allowed = (*policy.allowed_redirect_urls, provider.page)
    if not is_target:
        return dataclasses.replace(policy, allowed_redirect_urls=allowed)
    return dataclasses.replace(policy, client_url=provider.page, allowed_redirect_urls=(policy.client_url, *allowed))


def _database_url(reader: Reader) -> str:
    chosen = reader.first(own.database.DATABASE_URL, nhost.server.POSTGRES, nhost.server.HASURA_DATABASE)
    found = _usable_database(reader, chosen)
    if found is None:
        reader.refuse(
            own.database.DATABASE_URL.name,
            "is unset, and so are POSTGRES_CONNECTION and HASURA_GRAPHQL_DATABASE_URL",
            "set it to sqlite:////var/lib/vestibule/vestibule.db or postgresql://user:password@host/name",
        )
        return ""
    return found


def _usable_database(reader: Reader, variable: Variable[str | None]) -> str | None:
    found = reader.get(variable)
    if found is None:
        return None
    if found.startswith("sqlite:"):
        try:
            sqlite_location(found)
        except ValueError as error:
            reader.refuse(variable.name, f"cannot be used: {error}")
    elif not found.startswith(("postgres://", "postgresql://")):
        reader.refuse(variable.name, "is no database URL", "it starts with sqlite:///, postgres:// or postgresql://")
    return found


def _public_url(reader: Reader, place: Listening, *, is_dev: bool) -> str:
    chosen = own.serving.PUBLIC_URL if reader.is_set(own.serving.PUBLIC_URL) else nhost.server.SERVER_URL
    written = reader.get(chosen)
    if written is None:
        if not is_dev and not reader.is_set(chosen):
            reader.refuse(
                own.serving.PUBLIC_URL.name,
                "is unset, so links in mails would lead nowhere",
                f"set it, or {nhost.server.SERVER_URL.name}, to how browsers reach this server",
            )
        host = "localhost" if place.host in {"127.0.0.1", "0.0.0.0", "::1", "::"} else place.host  # noqa: S104 - compared
        return f"http://{host}:{place.port}"
    found = checks.url(reader, chosen.name, written, dev=is_dev)
    parts = urlsplit(found)
    if chosen is own.serving.PUBLIC_URL and parts.path:
        reader.refuse(chosen.name, f"has the path {parts.path}", "give scheme and host only; dialects know their paths")
    return f"{parts.scheme}://{parts.netloc}"


def _dialects(reader: Reader) -> frozenset[str]:
    listed = reader.get(own.serving.DIALECTS)
    found = frozenset(listed)
    if not found or not found <= _DIALECTS:
        reader.refuse(
            own.serving.DIALECTS.name, f"is {','.join(sorted(found))}", f"choose from {', '.join(sorted(_DIALECTS))}"
        )
    return found


def _project_name(reader: Reader) -> str:
    named = reader.get(own.serving.PROJECT_NAME)
    if named is not None:
        return named
    try:
        parts = urlsplit(reader.get(nhost.server.CLIENT_URL))
    except ValueError:  # who checks redirect targets complains about it
        return _UNNAMED
    host = parts.hostname if parts.scheme in {"http", "https"} else None
    return _UNNAMED if host is None or is_loopback(host) else host


def _trusted_proxies(reader: Reader) -> tuple[str, ...]:
    found = reader.get(own.serving.TRUSTED_PROXIES)
    try:
        TrustedProxies(found)
    except ValueError as error:
        reader.refuse(
            own.serving.TRUSTED_PROXIES.name, f"cannot be used: {error}", "list networks like 10.0.0.0/8, or unix"
        )
    return found


def _policy(reader: Reader) -> Policy:
    default_role = reader.get(nhost.users.DEFAULT_ROLE)
    default_locale = reader.get(nhost.users.DEFAULT_LOCALE)
    return Policy(
        sign_up_enabled=not reader.get(nhost.users.DISABLE_SIGNUP),
        new_users_disabled=reader.get(nhost.users.DISABLE_NEW_USERS),
        verified_email_required=reader.get(nhost.users.VERIFIED_REQUIRED),
        default_role=default_role,
        allowed_roles=_with(reader.get(nhost.users.ALLOWED_ROLES), default_role),
        default_locale=default_locale,
        allowed_locales=_with(reader.get(nhost.users.ALLOWED_LOCALES), default_locale),
        password_min_length=checks.password_length(reader),
        password_change_ends_other_sessions=reader.get(own.sessions.PASSWORD_CHANGE_ENDS_SESSIONS),
        phone_change_ends_other_sessions=reader.get(own.sessions.PHONE_CHANGE_ENDS_SESSIONS),
        email_change_ends_other_sessions=reader.get(own.sessions.EMAIL_CHANGE_ENDS_SESSIONS),
        provider_change_ends_other_sessions=reader.get(own.sessions.PROVIDER_CHANGE_ENDS_SESSIONS),
        id_token_nonce_required=reader.get(own.sessions.ID_TOKEN_NONCE_REQUIRED),
        reclaim_on_first_proof=reader.get(own.sessions.RECLAIM_ON_FIRST_PROOF),
        allowed_emails=reader.get(nhost.users.ALLOWED_EMAILS),
        allowed_email_domains=reader.get(nhost.users.ALLOWED_DOMAINS),
        blocked_emails=reader.get(nhost.users.BLOCKED_EMAILS),
        blocked_email_domains=reader.get(nhost.users.BLOCKED_DOMAINS),
        client_url=reader.get(nhost.server.CLIENT_URL),
        allowed_redirect_urls=reader.get(nhost.server.REDIRECT_URLS),
        allowed_origins=reader.get(own.serving.ALLOWED_ORIGINS),
        access_token_life=checks.access_token_life(reader),
        refresh_token_life=reader.get(nhost.tokens.REFRESH_LIFE),
        metadata_limit_bytes=reader.get(own.sessions.METADATA_LIMIT),
        mail_per_hour=reader.get(own.limits.MAIL_PER_HOUR),
        gravatar=Gravatar(
            enabled=reader.get(nhost.users.GRAVATAR_ENABLED),
            default=reader.get(nhost.users.GRAVATAR_DEFAULT),
            rating=reader.get(nhost.users.GRAVATAR_RATING),
        ),
        **ways_in(reader),
    )


def _with(items: tuple[str, ...], needed: str) -> tuple[str, ...]:
    return items if needed in items else (*items, needed)
