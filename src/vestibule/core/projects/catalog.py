"""Projects and clients by name, kept in memory until the catalog's generation changes."""

from dataclasses import dataclass, field
from uuid import UUID

from vestibule.core.projects import store
from vestibule.core.projects.model import DEFAULT_PROJECT, Client, Policy, Project
from vestibule.core.projects.overlay import client_from_row, overlaid
from vestibule.core.projects.store import ProjectRow
from vestibule.core.signing import KeyOwner, KeySets, SigningKey
from vestibule.kernel.errors import ClientNotFound, ProjectNotFound
from vestibule.kernel.ids import AccountId, ProjectId
from vestibule.storage import Database

_MOST_REMEMBERED = 10_000
_LONGEST_HOST = 253  # RFC 1035 section 2.3.4, in text; whoever sends a longer one shall not fill our memory


@dataclass(slots=True)
class Catalog:
    """Answers which project and which client a request means. Unknown names are never remembered, except hosts:
    every request asks for its own, and most servers have none bound.

    `default_policy` is the policy of the project `default`, from configuration, `default_key` its signing key and
    `default_name` its name, whatever is stored; other projects start from the built-in policy. Both policies are
    overlaid with the settings stored with the project.
    """

    db: Database
    key_sets: KeySets
    default_policy: Policy
    default_dialects: frozenset[str]
    default_key: SigningKey | None = None
    default_name: str = "Vestibule"
    seen_generation: str = ""
    _projects: dict[str, Project] = field(default_factory=dict)
    _projects_by_id: dict[ProjectId, Project] = field(default_factory=dict)
    _clients: dict[str, Client] = field(default_factory=dict)
    _clients_by_id: dict[UUID, Client] = field(default_factory=dict)
    _hosts: dict[str, tuple[Project, Client | None] | None] = field(default_factory=dict)
    _default_id: ProjectId | None = None

    async def default(self) -> Project:
        """Return the project that the configuration describes."""
        return await self.project(DEFAULT_PROJECT)

    def is_default(self, project_id: ProjectId) -> bool:
        """Tell whether that is the project that the configuration describes; it has been read once by then."""
        return project_id == self._default_id

    async def project(self, public_id: str) -> Project:
        """Return the project with that public id. Raises: ProjectNotFound."""
        known = self._projects.get(public_id)
        if known is not None:
            return known
        generation = self.key_sets.generation
        row = await self.db.one(store.PROJECT_BY_PUBLIC_ID, public_id=public_id)
        return self._remember(row, generation)

    async def project_by_id(self, project_id: ProjectId) -> Project:
        """Return the project with that id. Raises: ProjectNotFound."""
        known = self._projects_by_id.get(project_id)
        if known is not None:
            return known
        generation = self.key_sets.generation
        row = await self.db.one(store.PROJECT_BY_ID, id=project_id)
        return self._remember(row, generation)

    async def client(self, public_id: str) -> Client:
        """Return the client with that client_id. Raises: ClientNotFound."""
        known = self._clients.get(public_id)
        if known is not None:
            return known
        generation = self.key_sets.generation
        row = await self.db.one(store.CLIENT_BY_PUBLIC_ID, public_id=public_id)
        return self._remember_client(row, generation)

    async def client_by_id(self, client_id: UUID) -> Client:
        """Return the client with that internal id. Raises: ClientNotFound."""
        known = self._clients_by_id.get(client_id)
        if known is not None:
            return known
        generation = self.key_sets.generation
        row = await self.db.one(store.CLIENT_BY_ID, id=client_id)
        return self._remember_client(row, generation)

    async def by_host(self, hostname: str) -> tuple[Project, Client | None] | None:
        """Return what an operator bound to this host name; None when nothing is."""
        try:
            return self._hosts[hostname]
        except KeyError:
            pass
        if len(hostname) > _LONGEST_HOST:
            return None
        generation = self.key_sets.generation
        row = await self.db.one(store.HOST, hostname=hostname)
        found = None
        if row is not None:
            project = await self.project_by_id(ProjectId(row.project_id))
            found = project, (await self.client_by_id(row.client_id) if row.client_id else None)
        if generation == self.key_sets.generation:
            if len(self._hosts) >= _MOST_REMEMBERED:
                self._hosts.clear()
            self._hosts[hostname] = found
        return found

    async def lists_origin(self, origin: str) -> bool:
        """Tell whether any client lists this browser origin (a preflight cannot name its client)."""
        listed = await self.db.one(store.ORIGIN_IS_LISTED, origin=origin)
        return listed is True

    async def refresh(self) -> bool:
        """Compare the generation with the database's; forget everything when it moved. True if it did."""
        generation = await self.db.one(store.GENERATION) or ""
        moved = generation != self.seen_generation
        if moved:
            self.forget()
            self.seen_generation = generation
        return moved

    def forget(self) -> None:
        """Drop everything remembered here and in the key sets."""
        for memory in (self._projects, self._projects_by_id, self._clients, self._clients_by_id, self._hosts):
            memory.clear()
        self.key_sets.forget()

    def _remember(self, row: ProjectRow | None, generation: int) -> Project:
        if row is None:
            raise ProjectNotFound
        is_default = row.public_id == DEFAULT_PROJECT
        project = Project(
            id=ProjectId(row.id),
            public_id=row.public_id,
            name=self.default_name if is_default else row.name,
            dialects=self.default_dialects if is_default else frozenset(row.dialects),
            policy=overlaid(self.default_policy if is_default else Policy(), row.settings),
            parent_account_id=AccountId(row.parent_account_id) if row.parent_account_id else None,
        )
        if is_default:
            self._default_id = project.id
        if is_default and self.default_key is not None:
            self.key_sets.configured[KeyOwner(project.id)] = self.default_key
        if generation != self.key_sets.generation:
            return project  # read before the change that made us forget
        if len(self._projects) >= _MOST_REMEMBERED:
            self._projects.clear()
            self._projects_by_id.clear()
        self._projects[project.public_id] = project
        self._projects_by_id[project.id] = project
        return project

    def _remember_client(self, row: store.ClientRow | None, generation: int) -> Client:
        if row is None:
            raise ClientNotFound
        client = client_from_row(row)
        if generation != self.key_sets.generation:
            return client
        if len(self._clients) >= _MOST_REMEMBERED:
            self._clients.clear()
            self._clients_by_id.clear()
        self._clients[client.public_id] = client
        self._clients_by_id[client.id] = client
        return client
