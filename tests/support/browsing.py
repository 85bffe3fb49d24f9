"""A real browser, and an application behind a real socket for it to visit."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

_PATIENCE_MILLISECONDS: Final = 120_000  # for what a page will show in the end, on a machine with much else to do
expect.set_options(timeout=_PATIENCE_MILLISECONDS)


def chromium() -> str:
    """Return the path of Chromium; skip the test, or fail where CI=true, when there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    return found


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    """Start a browser for one test."""
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"], timeout=_PATIENCE_MILLISECONDS
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def listening(app: Any, port: int) -> AsyncIterator[str]:
    """Serve an ASGI application on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn offers nothing to wait for)
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A browser's tab that must not complain about anything."""
    async with open_browser() as browser:
        tab = await browser.new_page()
        complaints: list[str] = []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        yield tab
    assert complaints == []
