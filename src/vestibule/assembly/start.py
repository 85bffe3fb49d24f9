"""What must be true before requests are served: the schema is ours, the root key fits, the project exists."""

from dataclasses import dataclass

from vestibule.core.facade import Core
from vestibule.core.projects import NewClient, Project
from vestibule.core.signing import KeyOwner, RootKeyCheck
from vestibule.kernel.errors import ClientNotFound, InvalidServiceKey
from vestibule.kernel.keyring import UnknownRootKey
from vestibule.migrations import head
from vestibule.settings import Settings


class StartRefused(Exception):
    """The server must not serve like this; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """Prepares a database for serving. Safe to run in several processes at once."""

    core: Core
    settings: Settings

    async def __call__(self) -> None:
        """Raises: StartRefused, StorageUnavailable."""
        await self._refuse_other_schema()
        try:
            await RootKeyCheck(self.core.db, self.core.keyring)()
            await self.core.second_factor.secrets.reseal_all(self.core.db)
        except UnknownRootKey as error:
            raise StartRefused(
                "this database was made with another root key: set VESTIBULE_SECRET_KEYS to the key it was made"
                " with (several may be listed, the first is current)"
            ) from error
        project = await self.core.registry.ensure_default()
        await self.core.catalog.refresh()
        await self.core.key_sets.of(KeyOwner(project.id))
        if self.settings.dev:
            await self._keep_development_credentials(project)

    async def _refuse_other_schema(self) -> None:
        revision = await self.core.db.schema_revision()
        if revision == head:
            return
        if revision is None or revision < head:
            raise StartRefused(
                f"the database schema is at {revision or 'nothing'}, this version needs {head}:"
                " run `vestibule migrate`, or serve with --migrate"
            )
        raise StartRefused(
            f"the database schema is at {revision}, newer than this version knows ({head}): upgrade vestibule"
        )

    async def _keep_development_credentials(self, project: Project) -> None:
        key, client_id = self.settings.dev_service_key, self.settings.dev_client_id
        if key is not None:
            try:
                await self.core.service_keys.check(project, key.reveal())
            except InvalidServiceKey:
                await self.core.service_keys.issue(project, "development", secret=key)
        if client_id is not None:
            try:
                await self.core.catalog.client(client_id)
            except ClientNotFound:
                # The usual addresses of front ends on a developer's machine.
                origins = tuple(f"http://localhost:{port}" for port in (3000, 4200, 5173, 8080))
                await self.core.registry.create_client(
                    project, NewClient("Development", public_id=client_id, allowed_origins=origins)
                )
