"""The journey to a provider and back: whose it is, how long it lasts, and that nobody makes it twice."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.cores import DOOR, LETTER, ROOT_KEY, CoreUnderTest, core_under_test
from tests.support.fakes import FakeClock
from tests.support.travelling import ANN, come_back, departing, ended, set_out, travel
from vestibule.core.signin import SignedIn
from vestibule.core.social.model import Callback
from vestibule.kernel.errors import (
    EndpointDisabled,
    InvalidProviderState,
    ProviderExchangeFailed,
    ProviderUnavailable,
    SignUpDisabled,
)
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Statement

OLD, NEW = Secret(ROOT_KEY), Secret("another root key that is long enough as well")
PAYLOADS = Statement(dict, "SELECT payload FROM vestibule_tickets")


async def test_a_journey_is_made_once(under_test: CoreUnderTest) -> None:
    """The second one who comes with the same state is refused before the provider is asked (security 42, 46)."""
    state = await set_out(under_test)
    await come_back(under_test, state, under_test.identities["github"].person("1"))
    with pytest.raises(InvalidProviderState):
        await ended(under_test, state)
    assert under_test.identities["github"].identified == 1


async def test_a_journey_is_over_even_if_nothing_came_of_it(under_test: CoreUnderTest) -> None:
    """Whatever the provider answers, its code and our state are used up (security 46)."""
    state = await set_out(under_test)
    journey = await ended(under_test, state)
    with pytest.raises(ProviderExchangeFailed):
        await under_test.core.arrive_from_provider(under_test.visit(), journey, Callback(code="nonsense"), LETTER, DOOR)
    with pytest.raises(InvalidProviderState):
        await ended(under_test, state)


async def test_a_journey_lasts_ten_minutes(under_test: CoreUnderTest) -> None:
    """Long enough for a provider that asks for a second factor, and no longer (security 50)."""
    early, late = await set_out(under_test), await set_out(under_test)
    under_test.clock.advance(timedelta(minutes=9, seconds=59))
    assert (await ended(under_test, early)).provider == "github"
    under_test.clock.advance(timedelta(seconds=1))
    with pytest.raises(InvalidProviderState):
        await ended(under_test, late)


@pytest.mark.parametrize("browsers", [(), (b"\1" * 32,), (b"",)])
async def test_another_browser_cannot_end_a_journey(under_test: CoreUnderTest, browsers: tuple[bytes, ...]) -> None:
    """A state that was handed to somebody else signs nobody in; its owner still can (security 42)."""
    state = await set_out(under_test)
    with pytest.raises(InvalidProviderState):
        await ended(under_test, state, browsers=browsers)
    assert (await ended(under_test, state, browsers=(*browsers, departing().browser))).provider == "github"


async def test_another_provider_cannot_end_a_journey(under_test: CoreUnderTest) -> None:
    """Each has a callback of its own: what one was asked with is nothing to another (security 45)."""
    state = await set_out(under_test)
    with pytest.raises(InvalidProviderState):
        await ended(under_test, state, "google")
    assert (await ended(under_test, state)).provider == "github"


async def test_the_issuer_of_the_callback_counts(under_test: CoreUnderTest) -> None:
    """A provider hears of it, and refuses what another one has sent (RFC 9207, security 45)."""
    state = await set_out(under_test)
    github = under_test.identities["github"]
    code = github.consent(state, github.person("1"))
    journey = await ended(under_test, state)
    with pytest.raises(ProviderExchangeFailed):
        await under_test.core.arrive_from_provider(
            under_test.visit(), journey, Callback(code=code, issuer="https://evil.example"), LETTER, DOOR
        )


@pytest.mark.parametrize("state", ["", "x", "A" * 43 + "=", "!" * 43, "A" * 42 + "B", "ä" * 43])
async def test_what_is_no_state_is_refused(under_test: CoreUnderTest, state: str) -> None:
    """In any spelling."""
    with pytest.raises(InvalidProviderState):
        await ended(under_test, state)


async def test_a_state_opens_nothing_elsewhere(under_test: CoreUnderTest) -> None:
    """Neither at another door nor in another project (security 38, 111)."""
    state = await set_out(under_test)
    for visit in (under_test.visit("sublay"), under_test.visit(project=await under_test.other_project())):
        with pytest.raises(InvalidProviderState):
            await ended(under_test, state, visit=visit)
    assert (await ended(under_test, state)).provider == "github"


async def test_every_journey_has_a_verifier_and_a_nonce_of_its_own(under_test: CoreUnderTest) -> None:
    """The same ones come back, 256 bits each, and two journeys have none in common (security 44)."""
    first, second = await set_out(under_test), await set_out(under_test)
    asked = under_test.identities["github"].asked
    words = [getattr(asked[state], name) for state in (first, second) for name in ("state", "nonce", "code_verifier")]
    assert len({*words}) == 6
    assert {len(word) for word in words} == {43}
    request = (await ended(under_test, first)).request
    assert (request.nonce, request.code_verifier) == (asked[first].nonce, asked[first].code_verifier)


async def test_nothing_stored_opens_anything(under_test: CoreUnderTest) -> None:
    """State, nonce, verifier, the browser's secret and a request token's secret: none is in the table (security 39)."""
    state = await set_out(under_test, departing("twitter"))
    asked = under_test.identities["twitter"].asked[state]
    [payload] = await under_test.db.all(PAYLOADS)
    text = str(payload)
    for secret in (state, asked.nonce, asked.code_verifier, asked.kept, departing().browser.hex()):
        assert secret not in text


async def test_what_a_provider_wants_back_it_gets_back(under_test: CoreUnderTest) -> None:
    """The secret of a request token travels with the journey (RFC 5849 section 2.3)."""
    outcome = await travel(under_test, under_test.identities["twitter"].person("1"))
    assert isinstance(outcome, SignedIn)


async def test_parameters_travel_with_the_journey(under_test: CoreUnderTest) -> None:
    """And so does what the application wants to have back."""
    wish = departing("workos", parameters={"organization": "org_1"}, passed_on="mine", redirect_to="http://a.example")
    state = await set_out(under_test, wish)
    assert under_test.identities["workos"].asked[state].parameters == {"organization": "org_1"}
    journey = await ended(under_test, state, "workos")
    assert (journey.passed_on, journey.redirect_to) == ("mine", "http://a.example")
    assert journey.request.parameters == {"organization": "org_1"}


async def test_nobody_sets_out_where_they_cannot_arrive(under_test: CoreUnderTest) -> None:
    """A provider that the project does not have, or that is away; a sign-up where there is none."""
    with pytest.raises(EndpointDisabled):
        await under_test.core.depart_to_provider(under_test.visit(), departing("spotify"))
    with pytest.raises(SignUpDisabled):
        await under_test.core.depart_to_provider(under_test.visit(sign_up_enabled=False), departing(flow="sign-up"))
    under_test.identities["github"].failure = ProviderUnavailable
    with pytest.raises(ProviderUnavailable):
        await under_test.core.depart_to_provider(under_test.visit(), departing())
    assert await under_test.count("tickets") == 0


async def test_a_provider_that_was_taken_away_meanwhile_lets_nobody_in(under_test: CoreUnderTest) -> None:
    """It is asked again when somebody comes back."""
    state = await set_out(under_test)
    journey = await ended(under_test, state)
    providers: dict[str, Any] = dict(under_test.identities.providers)
    del under_test.identities.providers["github"]
    with pytest.raises(EndpointDisabled):
        await under_test.core.arrive_from_provider(under_test.visit(), journey, Callback(code="x"), LETTER, DOOR)
    under_test.identities.providers.update(providers)


async def test_a_person_with_the_address_is_not_named_by_a_state(under_test: CoreUnderTest) -> None:
    """A journey to sign in belongs to nobody until the provider has said who came."""
    await under_test.sign_up(ANN)
    state = await set_out(under_test)
    assert (await ended(under_test, state)).user_id is None


async def test_a_state_has_one_spelling(under_test: CoreUnderTest) -> None:
    """Its last sign has two bits that stand for nothing: written otherwise it is another state, which nobody has."""
    state = await set_out(under_test)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    with pytest.raises(InvalidProviderState):
        await ended(under_test, state[:-1] + alphabet[alphabet.index(state[-1]) + 1])
    assert (await ended(under_test, state)).provider == "github"


@pytest.mark.parametrize("provider", ["github", "twitter"])
async def test_a_journey_waits_for_a_server_that_has_its_root_key(
    database_url: str, db: Database, clock: FakeClock, provider: str
) -> None:
    """Begun on a server that has the next key already, or the one before still: elsewhere it is refused, and spent
    by nobody (security 28).
    """
    old = await core_under_test(database_url, db, clock, root_keys=(OLD,))
    state = await set_out(old, departing(provider))
    new = await core_under_test(database_url, db, clock, root_keys=(NEW, OLD), identities=old.identities)
    alone = await core_under_test(database_url, db, clock, root_keys=(NEW,), identities=old.identities)
    with pytest.raises(InvalidProviderState):
        await ended(alone, state, provider)
    asked = old.identities[provider].asked[state]
    assert (await ended(new, state, provider)).request == asked
