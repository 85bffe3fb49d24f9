"""The ceremonies in a real browser: Chromium with its virtual authenticator, on a page with the real client."""

import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import CDPSession, Page, async_playwright

from tests.journeys.nhost.browser.site import site
from tests.journeys.nhost.running import node, serving
from tests.support.ports import reserved_port

INVALID_REQUEST: Final = {"error": "invalid-request", "message": "The request payload is incorrect", "status": 400}


@asynccontextmanager
async def browser_page(url: str) -> AsyncIterator[Page]:
    """Open a tab that must not complain about anything."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(url)
        await page.wait_for_function("window.ready === true")
        yield page
        await browser.close()
    assert complaints == []


async def authenticator(devtools: CDPSession, **options: Any) -> str:
    """Plug in a virtual authenticator and return its id."""
    told = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        **options,
    }
    answer = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": told})
    return str(answer["authenticatorId"])


def claims_of(session: dict[str, Any]) -> dict[str, Any]:
    payload = session["accessToken"].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


async def test_the_ceremonies_in_chromium(sqlite_url: str, tmp_path: Path) -> None:
    """Sign-up, sign-in with an address and without, elevation, another key, and a copied one."""
    node()
    site_port, port = reserved_port(), reserved_port()
    environ = {
        "VESTIBULE_DATABASE_URL": sqlite_url,
        "AUTH_PORT": str(port),
        "AUTH_SERVER_URL": f"http://127.0.0.1:{port}/v1",
        "AUTH_CLIENT_URL": f"http://localhost:{site_port}",
        "AUTH_EMAIL_SIGNIN_EMAIL_VERIFIED_REQUIRED": "false",
        "AUTH_WEBAUTHN_ENABLED": "true",
        "AUTH_REQUIRE_ELEVATED_CLAIM": "required",
        "HASURA_GRAPHQL_JWT_SECRET": json.dumps({"type": "HS256", "key": "a shared secret, long enough for HS256"}),
    }
    async with (
        site(site_port) as origin,
        serving(environ, port, tmp_path),
        browser_page(f"{origin}/?auth=http://127.0.0.1:{port}/v1") as page,
    ):

        async def attempt(name: str, *given: str) -> dict[str, Any]:
            answer: dict[str, Any] = await page.evaluate("(told) => window.attempt(...told)", [name, *given])
            return answer

        devtools = await page.context.new_cdp_session(page)
        await devtools.send("WebAuthn.enable")
        first = await authenticator(devtools)

        made = await attempt("signUp", "ann@example.com")
        assert "session" in made, made
        user = made["session"]["user"]
        assert made["credential"]["response"]["transports"] == ["internal"]

        for email in ("", "ann@example.com"):
            signed = await attempt("signIn", email)
            assert signed["session"]["user"]["id"] == user["id"], signed
            handle = signed["credential"]["response"]["userHandle"]
            assert handle == user["id"]  # base64url of its bytes reads as the id again
        assert (await page.evaluate("window.ceremonies.stored()"))["user"]["id"] == user["id"]

        # An address of nobody: the browser finds no key, the server says nothing.
        assert await attempt("signIn", "nobody@example.com") == {"refused": "NotAllowedError"}

        stale = (await page.evaluate("window.ceremonies.stored()"))["accessToken"]
        assert (await attempt("add", stale, "too soon"))["refused"]["reason"] == "elevated claim required"
        elevated = (await attempt("elevate"))["session"]
        assert claims_of(elevated)["https://hasura.io/jwt/claims"]["x-hasura-auth-elevated"] == user["id"]

        # The same authenticator is excluded; another one is not.
        assert await attempt("add", elevated["accessToken"], "again") == {"refused": "InvalidStateError"}
        kept = (await devtools.send("WebAuthn.getCredentials", {"authenticatorId": first}))["credentials"]
        await devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": first})
        plain = {"transport": "usb", "hasResidentKey": False, "hasUserVerification": False, "isUserVerified": False}
        second = await authenticator(devtools, **plain)
        added = await attempt("add", elevated["accessToken"], "a spare")
        assert added["added"]["nickname"] == "a spare", added
        assert (await attempt("signIn", "ann@example.com"))["session"]["user"]["id"] == user["id"]

        # A copy of the first key with an older counter betrays itself.
        await devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": second})
        copy = await authenticator(devtools)
        [stolen] = [each for each in kept if each["isResidentCredential"]]
        await devtools.send(
            "WebAuthn.addCredential", {"authenticatorId": copy, "credential": {**stolen, "signCount": 0}}
        )
        assert await attempt("signIn", "") == {"refused": INVALID_REQUEST}
