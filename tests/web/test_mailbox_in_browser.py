"""The mailbox page in a real browser: it refreshes by itself, and links lead out of the message's frame."""

from collections.abc import Callable

from playwright.async_api import Page, expect


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
