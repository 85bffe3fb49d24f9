"""The page between a mailed link and what it does (VESTIBULE_LINK_CONFIRM)."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.dialects.nhost.speaking import EMAIL, Speaker, refused
from tests.dialects.nhost.test_passwordless import brought
from tests.support.linking import CHALLENGE
from tests.support.serving import Running, Serve
from vestibule.dialects.nhost import confirm
from vestibule.dialects.nhost.links import TICKET_KINDS

CONFIRM = {"VESTIBULE_LINK_CONFIRM": "true"}
LINKS = {"sign_in_links_enabled": True}
OWN_PAGE = {"sec-fetch-site": "same-origin"}
OWN_ORIGIN = "http://localhost:4000"
WORDS = {
    path.stem: tomllib.loads(path.read_text("utf-8")) for path in (Path(confirm.__file__).parent / "words").iterdir()
}


async def mailed(running: Running, **more: Any) -> str:
    """Ask for a magic link and return it."""
    speaker = Speaker(running)
    await speaker.post("/signin/passwordless/email", {"email": EMAIL, **more})
    return (await speaker.newest_mail())[0]


def form_of(link: str) -> dict[str, str]:
    """Return what the page's button sends."""
    query = parse_qs(urlsplit(link).query)
    return {name: query[name][0] for name in ("ticket", "redirectTo", "codeChallenge") if name in query}


def inputs(page: httpx2.Response) -> dict[str, str]:
    """Return the hidden fields of a page."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))


async def test_following_a_link_spends_nothing_until_the_button_is_pressed(serve: Serve) -> None:
    """A scanner that opens every link leaves it good, however often it comes (security 98, 99)."""
    async with serve(CONFIRM, policy=LINKS) as running:
        speaker = Speaker(running)
        link = await mailed(running)
        for _ in range(2):
            assert (await speaker.follow(link)).status_code == 200
        page = await speaker.follow(link)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert (await running.client.head(link)).content == b""
        assert inputs(page) == form_of(link)
        assert 'action="verify"' in page.text

        parameters = brought(await speaker.submit("/verify", inputs(page), **OWN_PAGE))

        assert parameters.keys() == {"refreshToken", "type"}
        assert (await speaker.refresh(parameters["refreshToken"])).status_code == 200
        again = brought(await speaker.submit("/verify", inputs(page), **OWN_PAGE))
        assert again["error"] == "invalid-ticket"


async def test_the_page_says_nothing_about_the_ticket(serve: Serve) -> None:
    """One that was never issued gets the same page: there is nothing to probe."""
    async with serve(CONFIRM, policy=LINKS) as running:
        link = await mailed(running)
        good = await Speaker(running).follow(link)
        ticket = form_of(link)["ticket"]
        unknown = "passwordlessEmail:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"
        bad = await Speaker(running).follow(link.replace(ticket.replace(":", "%3A"), unknown))
        assert bad.text == good.text.replace(ticket, unknown)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("ticket=foo:1&redirectTo=http://localhost:3000/z", "invalid-ticket"),
        ("ticket=verifyEmail:x&redirectTo=http://evil.example", "redirectTo-not-allowed"),
        ("ticket=verifyEmail:x&redirectTo=http://localhost:3000&codeChallenge=short", "invalid-request"),
    ],
)
async def test_a_link_that_can_never_work_is_told_at_once(serve: Serve, query: str, told: str) -> None:
    """By the redirect that it would end in."""
    async with serve(CONFIRM) as running:
        assert brought(await Speaker(running).get(f"/verify?{query}"))["error"] == told


async def test_a_challenge_goes_along(serve: Serve) -> None:
    """The button brings a code then."""
    async with serve(CONFIRM, policy=LINKS) as running:
        link = await mailed(running, codeChallenge=CHALLENGE)
        page = await Speaker(running).follow(link)
        assert inputs(page)["codeChallenge"] == CHALLENGE
        assert brought(await Speaker(running).submit("/verify", inputs(page), **OWN_PAGE)).keys() == {"code", "type"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": OWN_ORIGIN},
    ],
)
async def test_a_page_of_somebody_else_presses_nothing(serve: Serve, headers: Mapping[str, str]) -> None:
    """It would sign its visitors in as whom it likes (security 106); the ticket stays good."""
    async with serve(CONFIRM, policy=LINKS) as running:
        speaker = Speaker(running)
        form = form_of(await mailed(running))
        answer = await speaker.submit("/verify", form, **headers)
        refused(answer, 403, "invalid-request", "The request payload is incorrect")
        assert "refreshToken" in brought(await speaker.submit("/verify", form, **OWN_PAGE))


async def test_a_browser_that_names_its_origin_only_is_believed(serve: Serve) -> None:
    """Those from before Sec-Fetch-Site."""
    async with serve(CONFIRM, policy=LINKS) as running:
        answer = await Speaker(running).submit("/verify", form_of(await mailed(running)), origin=OWN_ORIGIN)
        assert "refreshToken" in brought(answer)


async def test_the_page_can_do_nothing_but_its_form(serve: Serve) -> None:
    """No scripts, no frames, nothing from elsewhere, no referrer, no cache (security 36, 37, 69, 71)."""
    async with serve(CONFIRM, policy=LINKS) as running:
        page = await Speaker(running).follow(await mailed(running))
        policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
        assert policy.pop("style-src").startswith("'sha256-")
        assert policy == {
            "default-src": "'none'",
            "form-action": "'self' http: https:",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "<script" not in page.text
        assert "style=" not in page.text


async def test_what_a_link_carries_is_shown_as_text(serve: Serve) -> None:
    """Nobody writes markup into the page by a link (security 71)."""
    async with serve(CONFIRM) as running:
        markup = '"><img src=x onerror=alert(1)>'
        query = {"ticket": "verifyEmail:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"}
        target = f"http://localhost:3000/?q={markup}".replace(" ", "+")
        page = await running.client.get("/v1/verify", params={**query, "redirectTo": target})
        assert page.status_code == 200
        assert "<img" not in page.text
        assert "&#34;&gt;&lt;img" in page.text


async def test_a_target_of_an_application_of_its_own_may_be_gone_to(serve: Serve) -> None:
    """Its scheme is named to the browser, and no host is shown where there is none."""
    environ = {**CONFIRM, "AUTH_ACCESS_CONTROL_ALLOWED_REDIRECT_URLS": "com.acme.app:/done"}
    async with serve(environ, policy=LINKS) as running:
        page = await Speaker(running).follow(await mailed(running, options={"redirectTo": "com.acme.app:/done"}))
        assert "form-action 'self' com.acme.app: https:;" in page.headers["content-security-policy"]
        assert 'class="host"' not in page.text


@pytest.mark.parametrize(
    ("accepted", "language", "direction"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "ltr"),
        ("ar", "ar", "rtl"),
        ("xx, ja;q=0.5, fr;q=0.9", "fr", "ltr"),
        ("zh_TW", "zh", "ltr"),
        ("de;q=0, es;q=nonsense, bg;q=0.1", "bg", "ltr"),
        ("*", "en", "ltr"),
        ("", "en", "ltr"),
        ("x" * 5000 + ",de", "de", "ltr"),
    ],
)
async def test_the_page_speaks_the_readers_language(serve: Serve, accepted: str, language: str, direction: str) -> None:
    """The best liked one that it knows."""
    async with serve(CONFIRM, policy=LINKS) as running:
        page = await Speaker(running).follow(await mailed(running), **{"accept-language": accepted})
        assert f'<html lang="{language}" dir="{direction}">' in page.text
        assert WORDS[language]["passwordlessEmail"]["button"] in page.text


async def test_the_projects_language_comes_before_english(serve: Serve) -> None:
    """For readers whose languages it does not know."""
    async with serve({**CONFIRM, "AUTH_LOCALE_DEFAULT": "cs"}, policy=LINKS) as running:
        page = await Speaker(running).follow(await mailed(running), **{"accept-language": "sw"})
        assert '<html lang="cs"' in page.text


def test_every_language_says_everything() -> None:
    """The same texts in all ten, none empty, the place for the host in each."""
    assert WORDS.keys() == {"en", "es", "fr", "cs", "bg", "de", "pt", "ja", "zh", "ar"}
    for language, words in WORDS.items():
        assert words.keys() == {"leads_to", "ending", *TICKET_KINDS}, language
        assert words["leads_to"].count("{host}") == 1, language
        for kind in TICKET_KINDS:
            assert words[kind].keys() == {"heading", "text", "button"}, language
            assert all(text.strip() for text in words[kind].values()), language
        if language != "en":
            assert words["ending"] != WORDS["en"]["ending"]


async def test_without_the_setting_links_stay_one_click(serve: Serve) -> None:
    """As the original's clients expect."""
    async with serve(policy=LINKS) as running:
        assert (await Speaker(running).follow(await mailed(running))).status_code == 302


async def test_every_kind_of_link_has_its_page(serve: Serve) -> None:
    """And the page says which it is."""
    async with serve(CONFIRM, policy=LINKS) as running:
        for kind in TICKET_KINDS:
            ticket = f"{kind}:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"
            page = await Speaker(running).get(f"/verify?ticket={ticket}&redirectTo=http://localhost:3000")
            assert f"<h1>{WORDS['en'][kind]['heading']}</h1>" in page.text
