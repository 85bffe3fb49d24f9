"""Key sets, and how often they are fetched."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.providers.conftest import Place
from tests.providers.test_id_tokens import ADA, KEYS, claims, publish
from tests.support.providers.identity import public_jwk, rsa_key, signed
from tests.support.providers.standing_in import Fault
from vestibule.kernel.errors import InvalidIdToken
from vestibule.outbound import OutboundFailed, TimedOut, Unreachable
from vestibule.providers.remembered import Remembered

HOUR = 3600


@dataclass
class Library:
    """A document that counts who reads it, and a clock that stands still."""

    fetched: int = 0
    is_away: bool = False
    seconds: float = 1_000.0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def fetch(self) -> int:
        """Return how often that was done."""
        self.fetched += 1
        await self.gate.wait()
        if self.is_away:
            raise TimedOut("it did not answer in time")
        return self.fetched

    def remembered(self) -> Remembered[int]:
        """Return a memory of it."""
        return Remembered(self.fetch, now=lambda: self.seconds)


async def test_it_is_fetched_once_an_hour() -> None:
    """When somebody needs it."""
    library = Library()
    remembered = library.remembered()
    assert library.fetched == 0
    assert [await remembered.get() for _ in range(5)] == [1] * 5
    library.seconds += HOUR
    assert [await remembered.get() for _ in range(5)] == [2] * 5


async def test_one_task_fetches_for_all() -> None:
    """Fifty wait for one request (security 125)."""
    library = Library()
    library.gate.clear()
    remembered = library.remembered()
    waiting = [asyncio.create_task(remembered.get()) for _ in range(50)]
    await asyncio.sleep(0)
    library.gate.set()
    assert await asyncio.gather(*waiting) == [1] * 50
    assert library.fetched == 1


async def test_something_newer_is_asked_for_twice_a_minute_at_most() -> None:
    """However many names nobody knows (security 125)."""
    library = Library()
    remembered = library.remembered()
    assert [await remembered.newer() for _ in range(100)] == [1] * 100
    library.seconds += 31
    assert [await remembered.newer() for _ in range(100)] == [2] * 100


async def test_a_server_that_is_away_costs_one_task_its_deadline() -> None:
    """The others fail at once, for half a minute; then one tries again (security 97, 125)."""
    library = Library(is_away=True)
    remembered = library.remembered()
    for _ in range(50):
        with pytest.raises(OutboundFailed):
            await remembered.get()
    assert library.fetched == 1
    library.is_away = False
    library.seconds += 31
    assert await remembered.get() == 2


async def test_what_is_known_serves_for_a_day() -> None:
    """A provider's key server may be down for a while (security 97)."""
    library = Library()
    remembered = library.remembered()
    await remembered.get()
    library.is_away = True
    library.seconds += 23 * HOUR
    assert [await remembered.get() for _ in range(50)] == [1] * 50
    assert library.fetched == 2
    library.seconds += HOUR
    with pytest.raises(OutboundFailed):
        await remembered.get()


async def test_a_waiting_task_that_is_given_up_does_not_stop_the_rest() -> None:
    """The caller went away while it fetched: the next one fetches at once."""
    library = Library()
    library.gate.clear()
    remembered = library.remembered()
    first, second = asyncio.create_task(remembered.get()), asyncio.create_task(remembered.get())
    await asyncio.sleep(0)
    first.cancel()
    library.gate.set()
    assert await second == 2


async def test_a_fetch_that_breaks_is_tried_again_at_once() -> None:
    """Nothing was learned of the server."""
    library = Library()

    async def breaks_once() -> int:
        if await library.fetch() == 1:
            raise RuntimeError("a fault of our own")
        return library.fetched

    remembered = Remembered(breaks_once, now=lambda: library.seconds)
    with pytest.raises(RuntimeError):
        await remembered.get()
    assert await remembered.get() == 2


async def test_random_names_of_keys_cause_no_storm(place: Place) -> None:
    """Two hundred forged tokens cause one fetch (security 125)."""
    publish(place)
    verifier = place.verifier("google", "web.apps.googleusercontent.com")
    content = claims(place)
    for number in range(200):
        with pytest.raises(InvalidIdToken):
            await verifier(signed(content, kid=f"random-{number}"), None)
    assert len(place.server.asked(KEYS)) == 1
    assert (await verifier(signed(content), None)).subject == ADA["sub"]


async def test_a_new_key_is_found(place: Place) -> None:
    """Providers change keys without telling; the set is fetched when a token names one that is not in it."""
    publish(place)
    verifier = place.verifier("google", "web.apps.googleusercontent.com")
    assert (await verifier(signed(claims(place)), None)).subject == ADA["sub"]
    publish(place, public_jwk(rsa_key("next"), "k2"))
    keys = verifier._checks._keys  # type: ignore[attr-defined] # the clock of the memory is inside
    remembered = (await keys())._keys
    remembered._fetched_at -= 31
    remembered._asked_at -= 31
    assert (await verifier(signed(claims(place), key=rsa_key("next"), kid="k2"), None)).subject == ADA["sub"]
    with pytest.raises(InvalidIdToken):  # and the old one is gone
        await verifier(signed(claims(place)), None)


async def test_a_key_server_that_fails_stops_being_asked(place: Place) -> None:
    """Each sign-in would wait for it (security 97)."""
    place.server.faults += [Fault.HANGS_UP] * 5
    verifier = place.verifier("google", "web.apps.googleusercontent.com")
    for _ in range(5):
        with pytest.raises(InvalidIdToken):
            await verifier(signed(claims(place)), None)
    assert len(place.server.requests) == 1


async def test_who_was_first_to_ask_learns_what_went_wrong() -> None:
    """For the operator's log: those who come a moment later learn that it failed, and no more."""
    library = Library(is_away=True)
    remembered = library.remembered()
    with pytest.raises(TimedOut):
        await remembered.get()
    with pytest.raises(Unreachable):
        await remembered.get()
