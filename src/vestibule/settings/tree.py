"""The settings of a server as one frozen tree: everything the assembly needs, nothing it has to interpret."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from vestibule.claims import ClaimsSettings
from vestibule.core.passwords import Argon2Profile, HashingLoad, Stuffing
from vestibule.core.projects import Policy
from vestibule.core.reaper import Retention
from vestibule.core.signing import Algorithm
from vestibule.delivery.settings import MailSettings
from vestibule.delivery.sms import TextSettings
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.sublay.settings import SublaySettings
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundSettings
from vestibule.protection.settings import ProtectionSettings
from vestibule.providers import ProviderSettings
from vestibule.settings.dev_provider import DevProvider
from vestibule.wire import LimitSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredJwt:
    """HASURA_GRAPHQL_JWT_SECRET. For RS algorithms `key` is the public and `signing_key` the private PEM."""

    algorithm: Algorithm
    key: Secret
    signing_key: Secret | None
    kid: str | None
    issuer: str | None
    claims_namespace: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one server process is told.

    `root_keys_origin` names the variable (or file) that the root keys come from. `migrations_url` is the connection
    for migrations, which may have more rights. `shutdown_grace` is how long running requests may take to end.
    `dev_service_key` and `dev_client_id` are there with `--dev` only, `dev_provider` with one process besides.
    """

    database_url: str = field(repr=False)  # may hold a password
    migrations_url: str = field(repr=False)
    pool_size: int = 10
    pgbouncer: bool = False
    root_keys: tuple[Secret, ...]
    root_keys_origin: str
    jwt: ConfiguredJwt | None
    signing_algorithm: Algorithm = Algorithm.RS256
    project_name: str
    policy: Policy
    dialects: frozenset[str]
    public_url: str
    nhost: NhostSettings
    sublay: SublaySettings
    accountmaker: AccountMakerSettings
    mail: MailSettings | None = None
    mail_templates: Path | None = None
    texts: TextSettings | None = None
    claims: ClaimsSettings | None = None
    providers: ProviderSettings = field(default_factory=ProviderSettings)
    outbound: OutboundSettings = field(default_factory=OutboundSettings)
    protection: ProtectionSettings = field(default_factory=ProtectionSettings)
    host: str = "0.0.0.0"  # noqa: S104 - in a container the only useful one; --dev binds 127.0.0.1
    port: int = 4000
    workers: int = 1
    metrics_port: int | None = None
    metrics_host: str = "127.0.0.1"
    dev: bool = False
    dev_expose: bool = False
    limits: LimitSettings = field(default_factory=LimitSettings)
    trusted_proxies: tuple[str, ...] = ()
    access_log: bool = True
    log_as_text: bool = False
    log_debug: bool = False
    echo_request_id: bool = False
    argon2: Argon2Profile = field(default_factory=Argon2Profile)
    hashing: HashingLoad = field(default_factory=HashingLoad)
    stuffing: Stuffing = field(default_factory=Stuffing)
    refresh_grace: timedelta = timedelta(seconds=30)
    retention: Retention = field(default_factory=Retention)
    migrate: bool = False
    shutdown_grace: timedelta = timedelta(seconds=30)
    dev_service_key: Secret | None = None
    dev_client_id: str | None = None
    dev_provider: DevProvider | None = None
