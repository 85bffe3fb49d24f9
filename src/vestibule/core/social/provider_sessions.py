"""What an application may call a provider with: handed out once after the callback, and renewed at the provider."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.projects import Visit
from vestibule.core.social import store
from vestibule.core.social.identities import SealProviderSession
from vestibule.core.social.model import IdentityProviders, ProviderSession
from vestibule.core.users import UserDirectory
from vestibule.kernel.errors import EndpointDisabled, IdentityNotFound
from vestibule.kernel.secret import Secret
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class TakeProviderSession:
    """Hands out what the account that was used last has brought; of many who ask at once, one gets it."""

    db: Database
    users: UserDirectory
    seal: SealProviderSession

    async def __call__(self, visit: Visit, user_id: UUID, provider: str) -> ProviderSession | None:
        """Return it, and keep nothing; None where there is nothing. Raises: what UserDirectory.welcome raises."""
        project = visit.project
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        async with self.db.write() as tx:
            sealed = await tx.one(store.NEWEST, project_id=project.id, user_id=user_id, provider=provider)
            if sealed is None or sealed.tokens is None:
                return None
            blanked = await tx.run(store.BLANK, project_id=project.id, id=sealed.id, tokens=sealed.tokens)
        return self.seal.open(project.id, sealed.id, sealed.tokens) if blanked == 1 else None


@dataclass(frozen=True, slots=True)
class RefreshProviderSession:
    """Renews a session at the provider, for users who are linked with it; nothing is stored."""

    db: Database
    users: UserDirectory
    identities: IdentityProviders

    async def __call__(self, visit: Visit, user_id: UUID, provider: str, refresh_token: Secret) -> ProviderSession:
        """Return the new session.

        Raises: EndpointDisabled, IdentityNotFound, ProviderRefused, ProviderUnavailable, and what `welcome` raises.
        """
        project = visit.project
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        found = self.identities.find(project.id, provider)
        if found is None:
            raise EndpointDisabled
        linked = await self.db.all(store.OF_USER, project_id=project.id, user_id=user_id)
        if not any(row.provider == provider for row in linked):
            raise IdentityNotFound  # our client secret at the provider serves nobody else's token
        return await found.refreshed(refresh_token)
