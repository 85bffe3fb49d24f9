"""Signing in by providers in a real browser with the real client, and linking a second one."""

import pytest
from playwright.async_api import expect

from tests.journeys.nhost.browser.world import SECOND, World, expect_user, sign_in, told, world
from tests.support.providers.loopback import NEWCOMER

__all__ = ["told", "world"]

pytestmark = pytest.mark.engine("sqlite")  # what a browser does depends on no engine


async def test_a_page_signs_in_and_links_a_second_provider(world: World) -> None:
    """By the client's own address; afterwards either provider leads to the same user."""
    page = await world.visitor()
    await sign_in(page)
    user = await expect_user(page, "Reader")
    assert (user["email"], user["emailVerified"]) == ("reader@example.com", True)

    world.second.person = NEWCOMER
    async with page.expect_navigation(url=lambda url: url.startswith(world.origin)):
        await page.evaluate(f"window.app.link('{SECOND}')")
    await expect(page.locator("#error")).to_have_text("")

    other = await world.visitor()
    await sign_in(other, SECOND)
    assert (await expect_user(other, "Reader"))["id"] == user["id"]


async def test_linking_can_begin_without_a_token_in_the_address(world: World) -> None:
    """The page asks with a header, and its browser gets a cookie that it must bring back."""
    page = await world.visitor()
    await sign_in(page)
    user = await expect_user(page, "Reader")
    world.second.person = NEWCOMER
    url = await page.evaluate(f"window.app.linkSafely('{SECOND}')")
    await page.goto(url)
    await expect(page.locator("#who")).to_have_text("Reader")
    await expect(page.locator("#error")).to_have_text("")
    other = await world.visitor()
    await sign_in(other, SECOND)
    assert (await expect_user(other, "Reader"))["id"] == user["id"]
