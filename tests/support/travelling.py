"""Short ways with providers in the core: set out, be who the provider says, come back."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from tests.support.cores import DOOR, LETTER, CoreUnderTest
from vestibule.core.projects import Visit
from vestibule.core.signin import SignedIn
from vestibule.core.social import Arrival, Arrived, Departing, Journey
from vestibule.core.social.model import Callback, ExternalIdentity, ProviderSession

ANN: Final = "ann@example.com"
BROWSER: Final = bytes(range(32))
TARGET: Final = "http://localhost:3000"


def departing(provider: str = "github", **more: Any) -> Departing:
    """Return a wish to come in by a provider."""
    return Departing(**{"provider": provider, "flow": "sign-in", "browser": BROWSER, "redirect_to": TARGET, **more})


async def set_out(under_test: CoreUnderTest, wish: Departing | None = None, *, visit: Visit | None = None) -> str:
    """Begin a journey; return its state."""
    wish = wish or departing()
    await under_test.core.depart_to_provider(visit or under_test.visit(), wish)
    return next(reversed(under_test.identities[wish.provider].asked))


async def ended(
    under_test: CoreUnderTest,
    state: str,
    provider: str = "github",
    *,
    browsers: tuple[bytes, ...] = (BROWSER,),
    visit: Visit | None = None,
) -> Journey:
    """End a journey."""
    arrival = Arrival(provider=provider, state=state, browsers=browsers)
    return await under_test.core.arrive_from_provider.end(visit or under_test.visit(), arrival)


async def come_back(
    under_test: CoreUnderTest,
    state: str,
    identity: ExternalIdentity,
    session: ProviderSession | None = None,
    *,
    visit: Visit | None = None,
) -> Arrived:
    """Come back from a provider that says who it is."""
    visit = visit or under_test.visit()
    code = under_test.identities[identity.provider].consent(state, identity, session)
    journey = await ended(under_test, state, identity.provider, visit=visit)
    callback = Callback(code=code)
    return await under_test.core.arrive_from_provider(visit, journey, callback, LETTER, DOOR)


async def travel(
    under_test: CoreUnderTest,
    identity: ExternalIdentity,
    session: ProviderSession | None = None,
    *,
    visit: Visit | None = None,
    **more: Any,
) -> Arrived:
    """Go to a provider and come back as whoever it says."""
    state = await set_out(under_test, departing(identity.provider, **more), visit=visit)
    return await come_back(under_test, state, identity, session, visit=visit)


async def travelled(under_test: CoreUnderTest, identity: ExternalIdentity, **more: Any) -> SignedIn:
    """The same, and be signed in."""
    arrived = await travel(under_test, identity, **more)
    assert isinstance(arrived, SignedIn), arrived
    return arrived


def connecting(signed_in: SignedIn, provider: str = "github", **more: Any) -> Departing:
    """Return the wish of somebody who is signed in to link a provider."""
    return departing(
        provider, **{"flow": "connect", "user_id": signed_in.subject.id, "session_id": signed_in.session.id, **more}
    )


async def linked(under_test: CoreUnderTest, signed_in: SignedIn, identity: ExternalIdentity, **more: Any) -> UUID:
    """Link a provider to somebody who is signed in; return the identity's id."""
    state = await set_out(under_test, connecting(signed_in, identity.provider, **more))
    await come_back(under_test, state, identity)
    rows = await under_test.core.linked_identities(under_test.visit(), signed_in.subject.id)
    return next(row.id for row in rows if (row.issuer, row.subject) == (identity.issuer, identity.subject))


def elsewhere(identity: ExternalIdentity, provider: str) -> ExternalIdentity:
    """Return somebody with the same subject and address at another provider."""
    return replace(identity, provider=provider, issuer=f"https://{provider}.example")
