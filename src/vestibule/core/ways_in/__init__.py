"""The ways in: what a user could come in by now. Whatever takes one away asks here whether any is left."""

from dataclasses import dataclass
from typing import Protocol

from vestibule.core.projects import Policy, Project
from vestibule.core.users import Subject
from vestibule.core.ways_in import store
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Queries

__all__ = ["ConfiguredProviders", "WaysIn"]


class ConfiguredProviders(Protocol):
    """Knows which providers of identities are there; what they do is no matter here."""

    def find(self, project_id: ProjectId, name: str) -> object | None:
        """Return the provider; None where the project does not have it."""
        ...


@dataclass(frozen=True, slots=True)
class WaysIn:
    """Counts what is switched on now, and nothing that is not: a passkey opens nothing where there are no passkeys."""

    providers: ConfiguredProviders

    async def any_is_left(self, tx: Queries, project: Project, subject: Subject) -> bool:
        """Tell whether the user could still come in.

        Call it after taking something away, in the same transaction: raising LastWayIn there brings it back. The
        transaction holds the user, so that of two who take the last two ways away one sees that none would be left.
        """
        if _is_reachable(project.policy, subject):
            return True
        providers = await tx.all(store.PROVIDERS_OF_USER, project_id=project.id, user_id=subject.id)
        if any(self.providers.find(project.id, provider) is not None for provider in providers):
            return True
        has_passkey = await tx.one(store.HAS_PASSKEY, project_id=project.id, user_id=subject.id)
        return project.policy.webauthn.enabled and has_passkey is not None


def _is_reachable(policy: Policy, subject: Subject) -> bool:
    """Tell whether a password is set, or a code or link would reach the user where they were proven to be."""
    mails = policy.sign_in_links_enabled or policy.email_codes_enabled
    if subject.has_password or (mails and subject.email_is_verified):
        return True
    return policy.text_codes_enabled and subject.phone_verified_at is not None
