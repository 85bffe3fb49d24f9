"""Sends somebody to a provider."""

from dataclasses import dataclass

from vestibule.core.projects import Visit
from vestibule.core.signup import refuse_unless_open
from vestibule.core.social.journeys import Departing, Journeys
from vestibule.core.social.model import IdentityProviders
from vestibule.core.users import UserDirectory
from vestibule.kernel.errors import EndpointDisabled
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class Departed:
    """Where the browser goes; with `answers_by_form` it comes back by a POST from another site's page."""

    url: str
    answers_by_form: bool


@dataclass(frozen=True, slots=True)
class DepartToProvider:
    """Begins a journey. Whoever links a provider to themselves is asked now already whether they may."""

    db: Database
    users: UserDirectory
    identities: IdentityProviders
    journeys: Journeys

    async def __call__(self, visit: Visit, departing: Departing) -> Departed:
        """Raises: SignUpDisabled, EndpointDisabled, ProviderUnavailable, and for `connect` what `welcome` raises."""
        project = visit.project
        if departing.flow == "sign-up":
            refuse_unless_open(project.policy)
        if departing.flow == "connect":
            if departing.user_id is None:
                raise ValueError("whoever links a provider is a user")
            await self.users.welcome(self.db, project.id, project.policy, departing.user_id)
        provider = self.identities.find(project.id, departing.provider)
        if provider is None:
            raise EndpointDisabled
        secret, request = self.journeys.request(departing.parameters)
        departure = await provider.depart(request)
        await self.journeys.remember(visit, departing, secret, departure.kept)
        return Departed(departure.url, provider.answers_by_form)
