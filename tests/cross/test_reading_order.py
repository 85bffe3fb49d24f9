"""Whoever reads the documentation of a door begins where a user begins."""

import pytest

from tests.support.serving import Serve

_NHOST = ["/signup/email-password", "/signin/email-password"]
_NHOST_TAGS = [
    *("authentication", "session", "user", "security", "recovery codes", "linked providers", "passkeys"),
    *("personal access tokens", "verification", "system"),
]
_SUBLAY = ["/v7/{project}/auth/sign-up", "/v8/{project}/auth/sign-up", "/api/v7/{project}/auth/sign-up"]


@pytest.mark.parametrize(
    ("door", "first", "tags"),
    [
        ("nhost", _NHOST, _NHOST_TAGS),
        ("sublay", _SUBLAY, ["v7", "v6", "v5", "internal"]),
        ("accountmaker", ["/auth/sign-up", "/auth/sign-in"], ["sign up", "sign in", "session", "verification", "csrf"]),
    ],
)
async def test_documents_begin_with_signing_up(serve: Serve, door: str, first: list[str], tags: list[str]) -> None:
    """Not with what comes first in the alphabet; the newest generation before the older ones."""
    async with serve() as running:
        document = (await running.client.get(f"/openapi/{door}.json")).json()
        assert list(document["paths"])[: len(first)] == first
        assert [tag["name"] for tag in document["tags"]] == tags


async def test_the_page_shows_code_as_code(serve: Serve) -> None:
    """Docstrings mark it by backticks, in summaries and in descriptions of endpoints and shapes too."""
    async with serve() as running:
        page = (await running.client.get("/docs")).text
        assert "<code>email_unverified</code>: verify" in page
        assert "`" not in page.partition("<script>")[0]
