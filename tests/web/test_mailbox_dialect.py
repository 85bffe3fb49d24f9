"""The mailbox page as mounted: headers, hosts, and nothing but reading."""

from collections.abc import Callable

import httpx2
import pytest

LINK = "https://auth.acme.example/verify?ticket=verifyEmail%3Ax"
PutMail = Callable[[str, str], str]


async def test_the_page_its_frame_and_its_assets_are_served(http: httpx2.AsyncClient, put_mail: PutMail) -> None:
    """Each with the policy that it needs, and kept nowhere."""
    mail = put_mail("bob@example.com", LINK)
    page = await http.get(f"/_/mail/{mail}?view=html")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    frame = await http.get(f"/_/mail/{mail}/body")
    assert LINK in frame.text
    assert "sandbox allow-popups" in frame.headers["content-security-policy"]
    for name, kind in {
        "page.css": "text/css",
        "gallery.css": "text/css",
        "page.js": "text/javascript",
        "icon.svg": "image/svg+xml",
    }.items():
        asset = await http.get(f"/_/assets/mailbox/{name}")
        assert asset.headers["content-type"].startswith(kind)


async def test_json_lists_what_tests_need(http: httpx2.AsyncClient, put_mail: PutMail) -> None:
    """The newest first, or those of one recipient."""
    put_mail("bob@example.com", LINK)
    put_mail("ann@example.com", LINK)
    entries = (await http.get("/_/mail.json")).json()
    assert [entry["to"] for entry in entries] == ["ann@example.com", "bob@example.com"]
    [entry] = (await http.get("/_/mail.json", params={"to": "bob@example.com"})).json()
    assert (entry["subject"], entry["template"]) == ("Verify your email for Acme Notes", "email-verify")
    assert (entry["link"], entry["ticket"]) == (LINK, "verifyEmail:x")
    assert entry["headers"]["X-Link"] == LINK
    assert LINK in entry["text"]
    assert entry["html"].startswith("<!DOCTYPE html>")


async def test_what_is_gone_is_not_found(http: httpx2.AsyncClient) -> None:
    """With a way back for people."""
    gone = await http.get("/_/mail/0")
    assert gone.status_code == 404
    assert 'href="/_/mail"' in gone.text
    for path in ("/_/mail/0/body", "/_/assets/mailbox/pages.py", "/_/assets/mailbox/..%2fpages.py"):
        assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:4000", "[::2]:4000"]
)
@pytest.mark.parametrize("path", ["/_/mail", "/_/mail.json", "/_/mail/0/body", "/_/mail/templates"])
async def test_a_rebound_name_reads_no_mail(http: httpx2.AsyncClient, put_mail: PutMail, host: str, path: str) -> None:
    """A web site whose name suddenly means 127.0.0.1 sends its own name along."""
    put_mail("bob@example.com", LINK)
    refused = await http.get(path, headers={"host": host})
    assert refused.status_code == 403
    assert "bob" not in refused.text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:4000", "[::1]:4000", "LOCALHOST:4000"])
async def test_this_machine_is_let_in(http: httpx2.AsyncClient, host: str) -> None:
    """By each of its names."""
    assert (await http.get("/_/mail", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_the_page_is_only_for_reading(http: httpx2.AsyncClient, method: str) -> None:
    """There is nothing that another site could make a browser do here."""
    assert (await http.request(method, "/_/mail")).status_code == 405
