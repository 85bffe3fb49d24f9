"""The page with the button in a real browser: pressing it leads to the application, a foreign page presses nothing."""

import html
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.support.browsing import listening, open_browser, page
from tests.support.cores import settings_for
from tests.support.fakes import FakeClock
from vestibule.assembly.application import Application, assemble
from vestibule.core.links import LinkWish
from vestibule.core.projects import Visit
from vestibule.dialects.nhost.links import letter_form
from vestibule.kernel.entropy import SystemEntropy
from vestibule.storage import Statement

__all__ = ["page"]

pytestmark = pytest.mark.engine("sqlite")  # what a browser does depends on no engine
SESSIONS = Statement(int, "SELECT COUNT(*) FROM vestibule_sessions")
EVIL = """<!doctype html><link rel=icon href="data:,"><form method=post action="{action}">
<input name=ticket value="{ticket}"><input name=redirectTo value="{target}"><button>Win a prize</button></form>"""


@dataclass
class Site:
    """The server, the application that its links lead to, and a page of somebody else, each at an origin of its own."""

    application: Application
    server: str
    target: str
    evil: str
    pages: dict[str, str]

    async def link(self) -> str:
        """Ask for a magic link as Ann and return it."""
        core = self.application.core
        project = await core.catalog.default()
        nhost = settings_for("sqlite:///x").nhost
        letter = letter_form(
            replace(nhost, server_url=f"{self.server}/v1"), project, "passwordlessEmail", f"{self.target}/in?a=1#top"
        )
        visit = Visit(project, "nhost", "192.0.2.1", "req-1")
        await core.request_sign_in_link(visit, LinkWish(email="ann@example.com", letter=letter))
        [message] = await core.outbox.claim(core.db, "test", limit=9, lease=letter.life)
        return core.outbox.variables(message).link

    async def sessions(self) -> int:
        """Return how many sessions there are."""
        return await self.application.core.db.one(SESSIONS) or 0


def _showing(pages: dict[str, str], *, home: str = "") -> Callable[..., Awaitable[None]]:
    """Return an ASGI application that shows fixed pages, and sends whoever comes to `/in` on to `home`."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent_on = scope["path"] == "/in"
        body = pages.get(scope["path"], "<!doctype html><link rel=icon href='data:,'><h1>Welcome</h1>")
        headers = [(b"content-type", b"text/html")]
        if sent_on:
            headers.append((b"location", f"{home}?{scope['query_string'].decode()}".encode()))
        await send({"type": "http.response.start", "status": 302 if sent_on else 200, "headers": headers})
        await send({"type": "http.response.body", "body": body.encode()})

    return app


@pytest.fixture
async def site(database_url: str, clock: FakeClock, unused_tcp_port_factory: Callable[[], int]) -> AsyncIterator[Site]:
    """All three behind real sockets."""
    ports = [unused_tcp_port_factory() for _ in range(3)]
    server, target = f"http://localhost:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
    environ = {
        "VESTIBULE_PUBLIC_URL": server,
        "AUTH_SERVER_URL": f"{server}/v1",
        "AUTH_CLIENT_URL": target,
        "AUTH_EMAIL_PASSWORDLESS_ENABLED": "true",
        "VESTIBULE_LINK_CONFIRM": "true",
        "VESTIBULE_PROJECT_NAME": "Acme Notes",
    }
    settings = settings_for(database_url, environ, access_log=False)
    application = assemble(settings, clock=clock, entropy=SystemEntropy(), with_worker=False)
    pages: dict[str, str] = {}
    async with (
        listening(application.app, ports[0]),
        listening(_showing({}, home=f"http://localhost:{ports[2]}/home"), ports[1]),
        listening(_showing(pages), ports[2]) as evil,
    ):
        yield Site(application, server, target, evil, pages)


async def test_the_button_signs_in(page: Page, site: Site) -> None:
    """By keyboard as by mouse; the token arrives at the application, which may send its users on to another origin."""
    await page.goto(await site.link())
    await expect(page).to_have_title("Sign in · Acme Notes")
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert await site.sessions() == 0

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Sign in")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Welcome")).to_be_visible()

    parts = urlsplit(page.url)
    assert (f"{parts.scheme}://{parts.netloc}", parts.path, parts.fragment) == (
        site.evil.replace("127.0.0.1", "localhost"),
        "/home",
        "top",
    )
    assert {"refreshToken", "type", "a"} == parse_qs(parts.query).keys()
    assert await site.sessions() == 1
    assert await page.evaluate("document.referrer") == ""  # the application learns nothing of where they came from


async def test_a_page_of_somebody_else_cannot_press_it(site: Site) -> None:
    """A form of its own is refused, and no frame shows ours (security 69, 106)."""
    link = await site.link()
    ticket = parse_qs(urlsplit(link).query)["ticket"][0]
    site.pages["/prize"] = EVIL.format(action=f"{site.server}/v1/verify", ticket=ticket, target=site.target)
    site.pages["/frame"] = f'<!doctype html><link rel=icon href="data:,"><iframe src="{html.escape(link)}"></iframe>'
    async with open_browser() as browser:
        tab = await browser.new_page()
        await tab.goto(f"{site.evil}/prize")
        async with tab.expect_response(f"{site.server}/v1/verify") as pressed:
            await tab.get_by_role("button", name="Win a prize").click()
        assert (await pressed.value).status == 403
        await tab.goto(f"{site.evil}/frame")
        await expect(tab.frame_locator("iframe").get_by_role("button", name="Sign in")).to_have_count(0)
    assert await site.sessions() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl"), ("de", "ltr")])
async def test_it_fits_a_narrow_screen_in_both_schemes(
    site: Site, page: Page, scheme: str, language: str, direction: str
) -> None:
    """Nothing is cut off, the words can be read, and its style is applied."""
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    await page.set_extra_http_headers({"accept-language": language})
    await page.goto(await site.link())

    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    assert await page.evaluate("document.documentElement.dir") == direction
    button = page.get_by_role("button")
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= 44  # WCAG 2.5.5
    ink, ground = [
        await button.evaluate(f"element => getComputedStyle(element).{name}") for name in ("color", "backgroundColor")
    ]
    assert (
        {ink, ground} == {"rgb(255, 255, 255)", "rgb(24, 24, 27)"}
        if scheme == "light"
        else {
            "rgb(24, 24, 27)",
            "rgb(245, 245, 244)",
        }
    )
