"""`vestibule serve --dev` in a real browser: somebody signs in with the provider that the server is to itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.journeys.nhost.running import serving
from tests.support.browsing import page
from tests.support.ports import reserved_port

__all__ = ["page"]

pytestmark = pytest.mark.engine("sqlite")  # what a browser does depends on no engine


@pytest.fixture
def told() -> dict[str, str]:
    """Nothing."""
    return {}


@pytest.fixture
async def dev_server(tmp_path: Path, told: dict[str, str]) -> AsyncIterator[str]:
    """A server that a developer has started in an empty folder; it is told what a test wants."""
    port = reserved_port()
    async with serving(told, port, tmp_path, "--dev", "--port", str(port)):
        banner = (tmp_path / "server.log").read_text()
        assert f"http://localhost:{port}/_/sign-in" in banner
        yield f"http://localhost:{port}"


async def press(page: Page, person: str, fault: str | None = None) -> None:
    """Go to the provider and choose there."""
    await page.get_by_role("button", name="Sign in with Dev Provider").click()
    if fault is not None:
        await page.get_by_text("Let something go wrong").click()
        await page.get_by_label(fault).check()
    await page.get_by_role("button", name=person).click()


async def test_the_button_signs_in(page: Page, dev_server: str) -> None:
    """From either name of this machine, and out again; whoever has no address comes in as well."""
    await page.goto(f"{dev_server.replace('localhost', '127.0.0.1')}/_/sign-in")
    await page.wait_for_url(f"{dev_server}/_/sign-in")
    await press(page, "Reader")
    await expect(page.get_by_role("heading", name="Signed in")).to_be_visible()
    await expect(page.locator("#person")).to_contain_text("reader@example.com (verified)")
    assert page.url == f"{dev_server}/_/sign-in"  # the code is not left in the address

    await page.reload()
    await expect(page.get_by_role("heading", name="Signed in")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    await press(page, "Guest")
    await expect(page.locator("#person")).to_contain_text("none")


@pytest.mark.parametrize("told", [{"AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "true"}])
async def test_a_fault_is_told(page: Page, dev_server: str, told: dict[str, str]) -> None:
    """The page says what the server said, and who must prove an address first; the next journey is well again."""
    await page.goto(f"{dev_server}/_/sign-in")
    for fault in ("Another nonce than was asked for", "Redirects, and would answer there"):
        await press(page, "Reader", fault)
        await expect(page.get_by_role("heading", name="That did not work")).to_be_visible()
        await expect(page.locator("#words")).to_contain_text("oauth-")
    await press(page, "Newcomer")
    await expect(page.get_by_role("heading", name="Almost")).to_be_visible()
    await press(page, "Reader")
    await expect(page.locator("#person")).to_contain_text("reader@example.com (verified)")
