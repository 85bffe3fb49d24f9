"""SQL of projects, hosts, clients and service keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vestibule.storage import Statement


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project as stored; `settings` overlays the policy."""

    id: UUID
    public_id: str
    name: str
    dialects: list[str]
    settings: dict[str, Any]
    parent_account_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client as stored."""

    project_id: UUID
    id: UUID
    public_id: str
    account_id: UUID | None
    name: str
    issuer: str | None
    audience: str | None
    allowed_origins: list[str]
    redirect_uris: list[str]
    allowed_scope: str | None
    default_scope: str | None
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HostRow:
    """What a host name stands for."""

    project_id: UUID
    client_id: UUID | None


@dataclass(frozen=True, slots=True)
class ServiceKeyRow:
    """A service key as stored; the secret itself is not."""

    id: UUID
    public_id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


GENERATION: Final = Statement(str, "SELECT value FROM vestibule_meta WHERE name = 'generation'")

PROJECT_BY_PUBLIC_ID: Final = Statement(
    ProjectRow,
    """
    SELECT id, public_id, name, dialects, settings, parent_account_id, created_at
    FROM vestibule_projects WHERE public_id = :public_id
    """,
)

PROJECT_BY_ID: Final = Statement(
    ProjectRow,
    """
    SELECT id, public_id, name, dialects, settings, parent_account_id, created_at
    FROM vestibule_projects WHERE id = :id
    """,
)

PROJECTS: Final = Statement(
    ProjectRow,
    """
    SELECT id, public_id, name, dialects, settings, parent_account_id, created_at
    FROM vestibule_projects WHERE id > :after ORDER BY id LIMIT :limit
    """,
)

INSERT_PROJECT: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_projects (id, public_id, name, dialects, settings, parent_account_id, created_at)
    VALUES (:id, :public_id, :name, :dialects, :settings, :parent_account_id, :created_at)
    ON CONFLICT (public_id) DO NOTHING
    RETURNING id
    """,
)

HOST: Final = Statement(HostRow, "SELECT project_id, client_id FROM vestibule_hosts WHERE hostname = :hostname")

INSERT_HOST: Final = Statement(
    str,
    """
    INSERT INTO vestibule_hosts (hostname, project_id, client_id, created_at)
    VALUES (:hostname, :project_id, :client_id, :created_at)
    ON CONFLICT (hostname) DO NOTHING
    RETURNING hostname
    """,
)

CLIENT_BY_PUBLIC_ID: Final = Statement(
    ClientRow,
    """
    SELECT project_id, id, public_id, account_id, name, issuer, audience, allowed_origins, redirect_uris,
           allowed_scope, default_scope, settings
    FROM vestibule_clients WHERE public_id = :public_id
    """,
)

CLIENT_BY_ID: Final = Statement(
    ClientRow,
    """
    SELECT project_id, id, public_id, account_id, name, issuer, audience, allowed_origins, redirect_uris,
           allowed_scope, default_scope, settings
    FROM vestibule_clients WHERE id = :id
    """,
)

ORIGIN_IS_LISTED: Final = Statement(
    bool,
    postgres="""
    SELECT EXISTS (
        SELECT 1 FROM vestibule_clients
        WHERE CAST(allowed_origins AS jsonb) @> jsonb_build_array(CAST(:origin AS text))
    )
    """,
    sqlite="""
    SELECT EXISTS (
        SELECT 1 FROM vestibule_clients, json_each(vestibule_clients.allowed_origins)
        WHERE json_each.value = :origin
    )
    """,
)

INSERT_CLIENT: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_clients
        (project_id, id, public_id, account_id, name, issuer, audience, allowed_origins, redirect_uris,
         allowed_scope, default_scope, secret_hash, settings, created_at)
    VALUES
        (:project_id, :id, :public_id, :account_id, :name, :issuer, :audience, :allowed_origins, :redirect_uris,
         :allowed_scope, :default_scope, :secret_hash, :settings, :created_at)
    ON CONFLICT (public_id) DO NOTHING
    RETURNING id
    """,
)

INSERT_SERVICE_KEY: Final = Statement(
    UUID,
    """
    INSERT INTO vestibule_service_keys
        (project_id, id, public_id, name, secret_hash, scopes, created_at, expires_at)
    VALUES (:project_id, :id, :public_id, :name, :secret_hash, :scopes, :created_at, :expires_at)
    ON CONFLICT (secret_hash) DO NOTHING
    RETURNING id
    """,
)

LIVE_SERVICE_KEY: Final = Statement(
    ServiceKeyRow,
    """
    SELECT id, public_id, name, scopes, created_at, expires_at, revoked_at, last_used_at
    FROM vestibule_service_keys
    WHERE project_id = :project_id AND secret_hash = :secret_hash AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > :now)
    """,
)

TOUCH_SERVICE_KEY: Final = Statement(
    None,
    "UPDATE vestibule_service_keys SET last_used_at = :now WHERE project_id = :project_id AND id = :id",
)

SERVICE_KEYS: Final = Statement(
    ServiceKeyRow,
    """
    SELECT id, public_id, name, scopes, created_at, expires_at, revoked_at, last_used_at
    FROM vestibule_service_keys WHERE project_id = :project_id ORDER BY created_at
    """,
)

REVOKE_SERVICE_KEY: Final = Statement(
    None,
    """
    UPDATE vestibule_service_keys SET revoked_at = :now
    WHERE project_id = :project_id AND public_id = :public_id AND revoked_at IS NULL
    """,
)
