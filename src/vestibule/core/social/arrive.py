"""Takes somebody in who comes back from a provider: signs in, signs up, or links, as the journey was begun for.

Two steps, so that a door knows where to say what went wrong: the journey ends first, and only then is the provider
asked. So whatever happens, its `state` and its code are used up (security 46).
"""

from dataclasses import dataclass
from typing import TypeAlias

from vestibule.core.letters import LetterForm
from vestibule.core.projects import Visit
from vestibule.core.sessions import LiveSessions
from vestibule.core.signin import DoorTerms, Method
from vestibule.core.social.enter import Entered, EnterWithIdentity, Entry
from vestibule.core.social.journeys import Arrival, Journey, Journeys
from vestibule.core.social.link import LinkIdentity
from vestibule.core.social.model import Callback, IdentityProviders
from vestibule.kernel.errors import EndpointDisabled, InvalidProviderState


@dataclass(frozen=True, slots=True)
class Linked:
    """The provider was linked to whoever is signed in; no session comes of it."""


Arrived: TypeAlias = Entered | Linked


@dataclass(frozen=True, slots=True)
class ArriveFromProvider:
    """Ends a journey, and does what it was begun for."""

    journeys: Journeys
    identities: IdentityProviders
    sessions: LiveSessions
    enter: EnterWithIdentity
    link: LinkIdentity

    async def end(self, visit: Visit, arrival: Arrival) -> Journey:
        """Return the journey that is over now. Raises: InvalidProviderState."""
        return await self.journeys.end(visit, arrival)

    async def __call__(
        self, visit: Visit, journey: Journey, callback: Callback, letter: LetterForm, terms: DoorTerms
    ) -> Arrived:
        """Ask the provider who came, and act on it; `letter` is for who is new and must prove an address.

        Raises: EndpointDisabled, ProviderExchangeFailed, ProviderProfileFailed, and what the two ways raise.
        """
        provider = self.identities.find(visit.project.id, journey.provider)
        if provider is None:
            raise EndpointDisabled
        vouched = await provider.identify(callback, journey.request)
        if journey.flow == "connect":
            if journey.user_id is None or not await self._is_signed_in(visit, journey):
                raise InvalidProviderState
            await self.link(visit, journey.user_id, vouched)
            return Linked()
        entry = Entry(
            flow=journey.flow,
            method=Method.PROVIDER,
            letter=letter,
            options=journey.options,
            challenge=journey.challenge,
        )
        return await self.enter(visit, vouched, entry, terms)

    async def _is_signed_in(self, visit: Visit, journey: Journey) -> bool:
        """Tell whether the session that asked for the link still lives (security 10).

        Tokens that some other server of the operator made speak of no session.
        """
        if journey.user_id is None or journey.session_id is None:
            return journey.user_id is not None
        return await self.sessions.includes(visit.project.id, journey.user_id, journey.session_id)
