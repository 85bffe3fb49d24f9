"""Every attack on the way to a provider and back, in a real browser with the real client: nobody gets in by one."""

from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.async_api import expect

from tests.journeys.nhost.browser.world import (
    FIRST,
    SECOND,
    World,
    expect_refusal,
    expect_user,
    held_back,
    sign_in,
    told,
    world,
)
from tests.support.providers.loopback import NEWCOMER
from vestibule.web.dev_provider import Fault

__all__ = ["told", "world"]

pytestmark = pytest.mark.engine("sqlite")  # what a browser does depends on no engine
TEN_MINUTES: Final = timedelta(minutes=10)
LIES: Final = {
    **dict.fromkeys(
        (
            *(Fault.WRONG_NONCE, Fault.WRONG_ISSUER, Fault.WRONG_AUDIENCE, Fault.EXPIRED),
            *(Fault.FOREIGN_KEY, Fault.UNKNOWN_KEY, Fault.UNSIGNED, Fault.OTHER_SUBJECT),
        ),
        "oauth-profile-fetch-failed",
    ),
    **dict.fromkeys((Fault.MIX_UP, Fault.ERROR_PAGE, Fault.HUGE_BODY), "oauth-token-echange-failed"),
}


async def test_a_state_of_another_browser_is_refused(world: World) -> None:
    """A link that signs a victim in as the attacker: the browser that opens it did not begin (security 42)."""
    attacker, victim = await world.visitor(), await world.visitor()
    address = await held_back(attacker, world.first)
    await victim.goto(address)
    await expect_refusal(world, victim, "invalid-state")

    await sign_in(victim)  # also a browser that has a cookie of its own
    await expect_user(victim, "Reader")
    await attacker.goto(address)  # what was begun there still ends there: the stranger has spent nothing
    await expect_user(attacker, "Reader")


async def test_a_callback_is_good_once(world: World) -> None:
    """An address out of the history signs nobody in again (security 46)."""
    page = await world.visitor()
    address = await held_back(page, world.first)
    await page.goto(address)
    await expect_user(page, "Reader")
    again = await page.context.new_page()
    await again.goto(address)
    await expect(again.locator("#error")).to_contain_text("invalid-state")
    assert await world.sessions() == 1
    assert len(world.first.asked("/token")) == 1


async def test_a_state_older_than_ten_minutes_is_refused(world: World) -> None:
    """Ten minutes are enough for a slow second factor at the provider, and more is not needed (security 50)."""
    page = await world.visitor()
    world.first.shows_page = True
    await sign_in(page)
    await page.get_by_role("button", name="Reader").wait_for()
    world.clock.advance(TEN_MINUTES)
    await page.get_by_role("button", name="Reader").click()
    await expect_refusal(world, page, "invalid-state")

    await sign_in(page)
    await page.get_by_role("button", name="Reader").wait_for()
    world.clock.advance(TEN_MINUTES - timedelta(seconds=1))
    await page.get_by_role("button", name="Reader").click()
    await expect_user(page, "Reader")


async def test_a_victim_is_not_linked_to_the_attacker(world: World) -> None:
    """Who follows the attacker's link to a provider comes back in a browser that began nothing (security 43)."""
    attacker, victim = await world.visitor(), await world.visitor()
    await sign_in(attacker)
    await expect_user(attacker, "Reader")
    world.second.person = NEWCOMER  # the victim, who has a session there
    url = await attacker.evaluate(f"window.app.linkSafely('{SECOND}')")
    await victim.goto(url)
    await expect(victim.locator("#error")).to_contain_text("invalid-state")
    await sign_in(victim, SECOND)
    assert (await expect_user(victim, "Newcomer"))["email"] == "newcomer@example.com"


async def test_a_foreign_page_begins_no_link(world: World) -> None:
    """Its form carries no token, whatever cookies the browser has (security 43)."""
    page = await world.visitor()
    await sign_in(page)
    await expect_user(page, "Reader")
    evil = f"<form method=post action='{world.server}/v1/link/provider/{SECOND}'><button>Win</button></form>"
    await page.goto(f"{world.second.url}/jwks")  # any page at an origin of somebody else's
    await page.set_content(evil)
    async with page.expect_response(f"{world.server}/v1/link/provider/{SECOND}") as pressed:
        await page.get_by_role("button", name="Win").click()
    assert (await pressed.value).status in {400, 401, 415}
    assert world.second.asked("/authorize") == []


@pytest.mark.parametrize("told", [{"VESTIBULE_NHOST_LINK_BY_POST": "true"}])
async def test_an_attackers_token_in_an_address_links_nobody(world: World, told: dict[str, str]) -> None:
    """Where the operator wants it so, no address says whose account a provider is linked to (security 43)."""
    attacker, victim = await world.visitor(), await world.visitor()
    await sign_in(attacker)
    await expect_user(attacker, "Reader")
    stolen = await attacker.evaluate("window.app.token()")
    await sign_in(victim, SECOND, {"connect": stolen})
    await expect(victim.locator("#error")).to_contain_text("disabled-endpoint")
    assert world.second.asked("/authorize") == []


async def test_a_provider_that_lies_or_breaks_signs_nobody_in(world: World) -> None:
    """Nonce, issuer, audience, signature and subject are looked at, and the issuer in the address (security 6, 7, 8,
    9, 44, 45).
    """
    page = await world.visitor()
    for fault, error in LIES.items():
        world.first.fault = fault
        await page.goto(world.origin)
        await sign_in(page)
        await expect_refusal(world, page, error)
    world.first.fault = None
    await sign_in(page)
    await expect_user(page, "Reader")


async def test_an_answer_of_one_provider_is_not_taken_for_that_of_another(world: World) -> None:
    """Each has a callback of its own, which the state knows (security 45)."""
    page = await world.visitor()
    address = await held_back(page, world.first)
    await page.goto(address.replace(world.callback(FIRST), world.callback(SECOND)))
    await expect_refusal(world, page, "invalid-state")
    assert world.second.asked("/token") == []


async def test_a_foreign_state_is_refused(world: World) -> None:
    """One that the server never made (security 42)."""
    page = await world.visitor()
    world.first.fault = Fault.FOREIGN_STATE
    await sign_in(page)
    await expect_refusal(world, page, "invalid-state")


async def test_markup_in_an_error_is_shown_nowhere(world: World) -> None:
    """Our own words come first; what the provider says stays a parameter, its code only if it is one (security 47)."""
    page = await world.visitor()
    world.first.fault = Fault.ERROR_REDIRECT
    async with page.expect_response(lambda answer: answer.url.startswith(world.callback(FIRST))) as answered:
        await sign_in(page)
    answer = await answered.value
    assert (answer.status, answer.headers.get("content-type")) == (302, None)
    assert "<" not in answer.headers["location"]
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert told["error"] == ["oauth-provider-error"]
    assert not any(
        "<" in words for name, values in told.items() if name != "provider_error_description" for words in values
    )
    await expect_refusal(world, page, "oauth-provider-error")
    assert await page.title() == "Notes"

    world.first.fault = None
    state = parse_qs(urlsplit(await held_back(page, world.first)).query)["state"][0]
    hostile = urlencode(
        {"state": state, "error": "<b>", "error_description": "\x1b", "error_uri": "javascript:alert(1)"}
    )
    async with page.expect_response(lambda answer: answer.url.startswith(world.callback(FIRST))) as answered:
        await page.goto(f"{world.callback(FIRST)}?{hostile}")
    told = parse_qs(urlsplit((await answered.value).headers["location"]).query)
    assert {name: told[name] for name in told if name.startswith("provider_")} == {"provider_error": ["unknown"]}


async def test_what_a_link_asks_of_the_provider_is_not_passed_on(world: World) -> None:
    """An attacker's link chooses neither the account nor whether the provider asks (security 48)."""
    page = await world.visitor()
    await sign_in(page, FIRST, {"login_hint": "attacker@example.com", "prompt": "none", "scope": "admin", "nonce": "x"})
    await expect_user(page, "Reader")
    [asked] = world.first.asked("/authorize")
    assert set(asked.query) == {
        *("client_id", "redirect_uri", "response_type", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert asked.query["code_challenge_method"] == "S256"
    assert "admin" not in asked.query["scope"]
    assert asked.query["nonce"] != "x"


async def test_a_redirect_of_the_token_endpoint_is_not_followed(world: World) -> None:
    """Our secret and the code go nowhere else, although an answer waits there (security 49)."""
    page = await world.visitor()
    world.first.fault = Fault.REDIRECT
    await sign_in(page)
    await expect_refusal(world, page, "oauth-token-echange-failed")
    assert [request.query for request in world.first.asked("/token")] == [{}]
