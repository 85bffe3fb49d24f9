"""The gallery of templates: complete, harmless, and telling what is wrong with an operator's template."""

from pathlib import Path
from typing import get_args

import httpx2
import pytest
from playwright.async_api import Page, expect

from tests.support.letters import MAILS, TEXTS
from vestibule.core.outbox import SecurityEvent
from vestibule.delivery.locales import LOCALES
from vestibule.delivery.samples import Samples

GALLERY = "/_/mail/templates"


def write(folder: Path, name: str, subject: str, html: str) -> None:
    home = folder / name
    home.mkdir(parents=True)
    (home / "subject.txt").write_text(subject)
    (home / "body.html").write_text(html)


async def test_every_template_in_every_language_is_shown(http: httpx2.AsyncClient) -> None:
    """None is left out, mails in frames without rights, texts as text."""
    page = await http.get(GALLERY)
    assert page.status_code == 200
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "<script" not in page.text
    for template in MAILS:
        for locale in LOCALES:
            assert f'src="{GALLERY}/{template}/{locale}/body" loading="lazy" tabindex="-1" sandbox=""' in page.text
    for template in TEXTS:
        for locale in LOCALES:
            assert f'href="{GALLERY}/{template}/{locale}"' in page.text
    assert page.text.count('class="bubble"') == len(TEXTS) * len(LOCALES)
    assert "Your Acme Notes code is 482913." in page.text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("template", [*MAILS, *TEXTS])
async def test_each_has_a_page_of_its_own(
    http: httpx2.AsyncClient, samples: Samples, template: str, locale: str
) -> None:
    """With its subject and its text; the frame has the mail's own strict policy."""
    page = await http.get(f"{GALLERY}/{template}/{locale}")
    sample = samples.sample(template, locale)
    assert sample is not None
    assert page.status_code == 200
    assert sample.problem == ""
    assert sample.subject in page.text
    assert sample.text.splitlines()[0].replace("'", "&#39;") in page.text
    body = await http.get(f"{GALLERY}/{template}/{locale}/body")
    assert body.status_code == (404 if template in TEXTS else 200)
    if template in MAILS:
        assert "sandbox allow-popups" in body.headers["content-security-policy"]
        assert "script-src" not in body.headers["content-security-policy"]
        assert '<base target="_blank">' in body.text


async def test_a_notice_shows_each_of_its_events(http: httpx2.AsyncClient) -> None:
    """One template tells of all of them."""
    told = set()
    for event in get_args(SecurityEvent):
        body = await http.get(f"{GALLERY}/security-changed/en/body", params={"event": event})
        told.add(body.text)
        assert f"event={event}" in (await http.get(f"{GALLERY}/security-changed/en")).text
    assert len(told) == len(get_args(SecurityEvent))
    assert (await http.get(f"{GALLERY}/security-changed/en/body?event=nope")).status_code == 200


@pytest.mark.parametrize(
    "path", ["nope/en", "email-verify/nope", "nope/en/body", "email-verify/nope/body", "email-verify"]
)
async def test_what_is_not_there_is_not_found(http: httpx2.AsyncClient, path: str) -> None:
    """Names come from the address line; they lead to no file."""
    assert (await http.get(f"{GALLERY}/{path}")).status_code == 404


async def test_light_and_dark_can_be_chosen(http: httpx2.AsyncClient) -> None:
    """Whatever the browser at hand prefers: the letter's own queries are answered for it."""
    shown = {
        scheme: (await http.get(f"{GALLERY}/email-verify/en/body", params={"scheme": scheme})).text
        for scheme in ("auto", "light", "dark")
    }
    assert "@media (prefers-color-scheme: dark)" in shown["auto"]
    assert "@media (max-width:0)" in shown["light"]
    assert "@media (min-width:0)" in shown["dark"]
    assert '<meta name="color-scheme" content="dark">' in shown["dark"]
    assert "scheme=dark" in (await http.get(f"{GALLERY}?scheme=dark")).text
    assert (await http.get(f"{GALLERY}?scheme=nope")).status_code == 400


async def test_an_operators_templates_are_marked(http: httpx2.AsyncClient, templates_folder: Path) -> None:
    """With the folder, the language that was found, and locales of their own."""
    write(templates_folder, "nl/email-verify", "Hoi ${displayName}", "<p>${link}</p>")
    write(templates_folder, "en/password-reset", "x", "{% if %}")
    grid = (await http.get(GALLERY)).text
    assert f'href="{GALLERY}/email-verify/nl"' in grid
    assert "Hoi Ada Lovelace" in grid
    assert ">yours in en</span>" not in grid
    page = (await http.get(f"{GALLERY}/email-verify/nl")).text
    assert str(templates_folder) in page


async def test_a_broken_template_says_what_is_wrong(http: httpx2.AsyncClient, templates_folder: Path) -> None:
    """And the others are shown all the same; the words come from a file and are escaped."""
    write(templates_folder, "en/email-verify", "x", "{% <script> %}")
    write(templates_folder, "en/password-reset", "x", "<p>mine</p>")
    page = await http.get(f"{GALLERY}/email-verify/en")
    assert "This template cannot be used" in page.text
    assert "TemplateSyntaxError" in page.text
    assert "<script" not in page.text
    grid = (await http.get(GALLERY)).text
    assert "TemplateSyntaxError" in grid
    assert ">yours in en</span>" in grid  # a Bulgarian reader gets the operator's English
    assert (await http.get(f"{GALLERY}/email-verify/en/body")).status_code == 404


async def test_previews_are_drawn_in_a_browser(server_url: str, page: Page) -> None:
    """From the mailbox to the grid to one letter, light and dark, without a word from the policies."""
    await page.goto(f"{server_url}/_/mail")
    await page.get_by_role("link", name="Templates").click()
    await expect(page.locator("iframe")).to_have_count(len(MAILS) * len(LOCALES))
    heading = page.frame_locator("iframe").first.get_by_role("heading", name="Verify your email")
    await expect(heading).to_be_visible()
    await page.get_by_role("link", name="Dark").click()
    await page.locator(f'a.tile[href^="{GALLERY}/email-verify/ar"]').click()
    letter = page.frame_locator("iframe")
    await expect(letter.locator("html")).to_have_attribute("dir", "rtl")
    await expect(letter.locator("body")).to_have_css("background-color", "rgb(16, 17, 19)")
    await page.get_by_role("link", name="Light").click()
    await expect(letter.locator("body")).to_have_css("background-color", "rgb(244, 244, 242)")
    await expect(page.locator("pre")).to_contain_text("482913")
