"""The pages of the development provider in a real browser: readable, pressed by mouse and keyboard, light and dark."""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import Page, Route, expect

from tests.support.browsing import listening, page
from tests.web.dev_provider.application import CALLBACK, CHALLENGE, CONSUMER
from vestibule.wire.app import App

__all__ = ["page"]

QUERY = {
    "client_id": CONSUMER,
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid email",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
async def url(app: App, unused_tcp_port: int) -> AsyncIterator[str]:
    """The provider behind a real server."""
    async with listening(app, unused_tcp_port) as served:
        yield f"{served}/_/provider/authorize"


@pytest.fixture
async def came_back(page: Page) -> list[dict[str, Any]]:
    """What the browser brings to the callback, which is not there."""
    seen: list[dict[str, Any]] = []

    async def arrive(route: Route) -> None:
        seen.append({"method": route.request.method, "url": route.request.url, "body": route.request.post_data})
        await route.fulfill(content_type="text/html", body="<!doctype html><link rel=icon href='data:,'><h1>Back</h1>")

    await page.route(f"{CALLBACK}**", arrive)
    return seen


async def test_one_press_signs_in(page: Page, url: str, came_back: list[dict[str, Any]]) -> None:
    """And the browser is where it came from, without a word from the policies."""
    await page.goto(f"{url}?{urlencode(QUERY)}")
    await expect(page.get_by_role("heading", name="Dev Provider")).to_be_visible()
    await page.get_by_role("button", name="Reader").click()
    await expect(page.get_by_role("heading", name="Back")).to_be_visible()
    assert [(seen["method"], "code=" in seen["url"]) for seen in came_back] == [("GET", True)]


async def test_enter_continues_as_ones_own(page: Page, url: str, came_back: list[dict[str, Any]]) -> None:
    """Not as the first of the people; a misspelt address stays on the page."""
    await page.goto(f"{url}?{urlencode(QUERY | {'login_hint': 'ann'})}")
    email = page.get_by_label("Email", exact=True)
    await email.press("Enter")
    assert came_back == []
    await email.fill("ann@example.com")
    await page.get_by_text("Let something go wrong").click()
    await page.get_by_label("Sends the browser back with an error").check()
    await email.press("Enter")
    await expect(page.get_by_role("heading", name="Back")).to_be_visible()
    assert "error=access_denied" in came_back[0]["url"]


async def test_the_form_posts_itself(page: Page, url: str, came_back: list[dict[str, Any]]) -> None:
    """As Apple's page does."""
    apple = {"response_type": "code id_token", "response_mode": "form_post", "nonce": "n", "scope": "name email"}
    await page.goto(f"{url}?{urlencode(QUERY | apple)}")
    await page.get_by_role("button", name="Newcomer").click()
    await expect(page.get_by_role("heading", name="Back")).to_be_visible()
    [seen] = came_back
    assert seen["method"] == "POST"
    assert {"code=", "id_token=", "user=", "state=s"} <= {
        part for part in ("code=", "id_token=", "user=", "state=s") if part in seen["body"]
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_can_be_read_on_a_narrow_screen(page: Page, url: str, scheme: str) -> None:
    """Nothing is cut off, and text stands out from its ground by 4.5 to 1 (WCAG 1.4.3)."""
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    await page.goto(f"{url}?{urlencode(QUERY)}")
    await page.get_by_text("Let something go wrong").click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    contrasts = json.loads(await page.evaluate(_CONTRASTS))
    assert len(contrasts) > 10
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}


_CONTRASTS = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = numbers(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const element of document.querySelectorAll("h1, p, span, label, legend, summary, button")) {
    const words = element.textContent.trim();
    if (!words || element.children.length) continue;
    const [a, b] = [numbers(getComputedStyle(element).color), ground(element)].map(light);
    found[words] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  return JSON.stringify(found);
}"""
