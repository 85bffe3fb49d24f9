"""Creates projects, clients and host bindings: the operator's side of the catalog."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import store
from vestibule.core.projects.catalog import Catalog
from vestibule.core.projects.model import DEFAULT_PROJECT, Client, Policy, Project
from vestibule.core.projects.names import refuse_unusable_id, refuse_unusable_origin, refuse_unusable_redirect
from vestibule.core.projects.overlay import InvalidSettings, overlaid
from vestibule.core.projects.store import ProjectRow
from vestibule.core.signing import KeyOwner, KeySets, KeyState, announce_change
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.ids import AccountId, ClientId, ProjectId, prefixed
from vestibule.storage import Database, Json, Queries


class NameTaken(Exception):
    """The public id, client id or host name is in use."""


@dataclass(frozen=True, slots=True)
class NewProject:
    """What an operator says of a new project; without `public_id` its own UUID becomes the name."""

    name: str
    dialects: frozenset[str]
    public_id: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewClient:
    """What an operator says of a new client."""

    name: str
    public_id: str | None = None
    issuer: str | None = None
    audience: str | None = None
    allowed_origins: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()
    account_id: AccountId | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registry:
    """Writes the catalog; each change bumps its generation, so that every worker sees it within seconds.

    `check_policy` raises ValueError for a policy that makes no sense to a slice above this one.
    """

    db: Database
    catalog: Catalog
    key_sets: KeySets
    audit: AuditLog
    clock: Clock
    entropy: Entropy
    check_policy: Callable[[Policy], object]

    async def ensure_default(self) -> Project:
        """Return the default project, creating it on the first start."""
        if await self.db.one(store.PROJECT_BY_PUBLIC_ID, public_id=DEFAULT_PROJECT) is None:
            try:
                return await self.create_project(
                    NewProject(self.catalog.default_name, self.catalog.default_dialects, public_id=DEFAULT_PROJECT)
                )
            except NameTaken:
                pass  # another worker was first
        return await self.catalog.default()

    async def create_project(self, new: NewProject) -> Project:
        """Create a project with a signing key. Raises: NameTaken, InvalidSettings."""
        self._refuse_senseless(overlaid(Policy(), new.settings))
        project_id = ProjectId(self._new_id())
        public_id = new.public_id or str(project_id)
        refuse_unusable_id(public_id)
        configured = public_id == DEFAULT_PROJECT and self.catalog.default_key is not None
        key = None if configured else await self.key_sets.generate()
        async with self.db.write() as tx:
            created = await tx.one(
                store.INSERT_PROJECT,
                id=project_id,
                public_id=public_id,
                name=new.name,
                dialects=Json(sorted(new.dialects)),
                settings=Json(new.settings),
                parent_account_id=None,
                created_at=self.clock.now(),
            )
            if created is None:
                raise NameTaken(public_id)
            for hostname in new.hosts:
                await self._bind(tx, hostname, project_id, None)
            if key is not None:
                await self.key_sets.keep(tx, KeyOwner(project_id), key, KeyState.ACTIVE)
            await self.audit.record(tx, AuditEntry(project_id, "project.created", actor="operator"))
            await announce_change(tx)
        return await self.catalog.project(public_id)

    async def create_client(self, project: Project, new: NewClient) -> Client:
        """Create a client with a signing key of its own. Raises: NameTaken, InvalidSettings."""
        client_id = ClientId(self._new_id())
        public_id = new.public_id or prefixed("cid", client_id)
        refuse_unusable_id(public_id)
        for origin in new.allowed_origins:
            refuse_unusable_origin(origin)
        for uri in new.redirect_uris:
            refuse_unusable_redirect(uri)
        owner = KeyOwner(project.id, client_id)
        key = await self.key_sets.generate(self.key_sets.algorithm_of(owner))
        async with self.db.write() as tx:
            created = await tx.one(
                store.INSERT_CLIENT,
                project_id=project.id,
                id=client_id,
                public_id=public_id,
                account_id=new.account_id,
                name=new.name,
                issuer=new.issuer,
                audience=new.audience,
                allowed_origins=Json(list(new.allowed_origins)),
                redirect_uris=Json(list(new.redirect_uris)),
                allowed_scope=None,
                default_scope=None,
                secret_hash=None,
                settings=Json(new.settings),
                created_at=self.clock.now(),
            )
            if created is None:
                raise NameTaken(public_id)
            for hostname in new.hosts:
                await self._bind(tx, hostname, project.id, client_id)
            await self.key_sets.keep(tx, owner, key, KeyState.ACTIVE)
            detail = {"client_id": public_id}
            await self.audit.record(tx, AuditEntry(project.id, "client.created", actor="operator", detail=detail))
            await announce_change(tx)
        return await self.catalog.client(public_id)

    async def projects(self, *, after: ProjectId | None = None, limit: int = 100) -> list[ProjectRow]:
        """Return projects in the order of their ids, a page at a time; the default one under its configured name."""
        rows = await self.db.all(store.PROJECTS, after=after or UUID(int=0), limit=limit)
        name = self.catalog.default_name
        return [replace(row, name=name) if row.public_id == DEFAULT_PROJECT else row for row in rows]

    def _refuse_senseless(self, policy: Policy) -> None:
        if policy.default_role not in policy.allowed_roles:
            raise InvalidSettings(f"default_role {policy.default_role!r} is not one of allowed_roles")
        if policy.default_locale not in policy.allowed_locales:
            raise InvalidSettings(f"default_locale {policy.default_locale!r} is not one of allowed_locales")
        try:
            self.check_policy(policy)
        except ValueError as error:
            raise InvalidSettings(str(error)) from error

    async def _bind(self, tx: Queries, hostname: str, project_id: ProjectId, client_id: ClientId | None) -> None:
        bound = await tx.one(
            store.INSERT_HOST,
            hostname=hostname.lower(),
            project_id=project_id,
            client_id=client_id,
            created_at=self.clock.now(),
        )
        if bound is None:
            raise NameTaken(hostname)

    def _new_id(self) -> UUID:
        return new_uuid7(self.entropy, to_micros(self.clock.now()))
