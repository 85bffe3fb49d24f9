"""The mailbox page in a real browser: it refreshes by itself, and links lead out of the message's frame."""

from collections.abc import Callable
from typing import Literal
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.support.fakes import FakeClock
from vestibule.delivery.mailbox import Mailbox
from vestibule.delivery.sms.dev import DevTransport
from vestibule.delivery.texts import Text


async def test_mail_appears_by_itself_and_its_link_can_be_clicked(
    server_url: str, page: Page, put_mail: Callable[[str, str], str]
) -> None:
    """From the empty page to the clicked button, without a reload, and without a word from the policies."""
    link = f"{server_url}/_/mail.json"
    await page.goto(f"{server_url}/_/mail")
    await expect(page.get_by_role("heading", name="No mail yet")).to_be_visible()
    put_mail("bob@example.com", link)
    await expect(page.locator("#list .entry")).to_have_count(1)
    await expect(page).to_have_title("Mail (1) · Vestibule")
    async with page.expect_popup() as opening:
        await page.frame_locator("iframe").get_by_role("link", name="Verify email").click()
    await expect(await opening.value).to_have_url(link)
    async with page.expect_popup() as opening:
        await page.get_by_role("link", name="Open link").click()
    await expect(await opening.value).to_have_url(link)


async def test_an_open_mail_stays_open_while_others_arrive(
    server_url: str, page: Page, put_mail: Callable[[str, str], str]
) -> None:
    """Only the list changes under a reader."""
    first = put_mail("ann@example.com", server_url)
    await page.goto(f"{server_url}/_/mail/{first}?view=text")
    await expect(page.locator("pre.sheet")).to_contain_text("ann@example.com")
    put_mail("bob@example.com", server_url)
    await expect(page.locator("#list .entry")).to_have_count(2)
    await expect(page.locator("pre.sheet")).to_contain_text("ann@example.com")
    await expect(page.locator("#list .entry[aria-current]")).to_contain_text("ann@example.com")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_header_fits_a_phone(
    page: Page, server_url: str, put_mail: Callable[[str, str], str], scheme: Literal["light", "dark"]
) -> None:
    """One line, with the way to the templates in it, and nothing that is cut off."""
    put_mail("ann@example.com", server_url)
    await page.set_viewport_size({"width": 375, "height": 667})
    await page.emulate_media(color_scheme=scheme)
    await page.goto(f"{server_url}/_/mail")
    bar = await page.locator(".bar").bounding_box()
    assert bar is not None
    assert bar["height"] < 60
    await expect(page.get_by_role("link", name="Templates")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 375


async def test_a_text_message_is_dark_where_the_page_is(
    page: Page, server_url: str, box: Mailbox, clock: FakeClock
) -> None:
    """Light on dark, not a white sheet."""
    text = Text(uuid4(), "signin-passwordless-sms", "+4915112345678", "Your code is 482913.", clock.now())
    await DevTransport(box, lambda _: None).send(text)
    await page.emulate_media(color_scheme="dark")
    await page.goto(f"{server_url}/_/mail")
    message = page.frame_locator("iframe").locator("body")
    await expect(message).to_have_text("Your code is 482913.")
    await expect(message).to_have_css("color", "rgb(255, 255, 255)")
