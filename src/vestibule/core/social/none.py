"""A server for which no provider is configured."""

from dataclasses import dataclass

from vestibule.core.social.model import IdentityProvider, IdTokenVerifier
from vestibule.kernel.ids import ProjectId


@dataclass(frozen=True, slots=True)
class NoProviders:
    """Knows nobody."""

    def find(self, project_id: ProjectId, name: str) -> IdentityProvider | None:  # noqa: ARG002 - the Protocol's signature
        """Return None."""
        return None

    def verifier(self, project_id: ProjectId, name: str) -> IdTokenVerifier | None:  # noqa: ARG002 - as above
        """Return None."""
        return None
