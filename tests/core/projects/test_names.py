"""Ids, origins and redirect URIs that could never work are refused when they are typed."""

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.projects import NewClient, NewProject
from vestibule.core.projects.overlay import InvalidSettings

DOORS = frozenset({"nhost"})


@pytest.mark.parametrize("public_id", ["a/b", "", " a", "ä", "a b", "..", "-a", "a" * 65, "a\n"])
async def test_an_id_that_cannot_stand_in_a_path_makes_no_project(under_test: CoreUnderTest, public_id: str) -> None:
    """Nobody could ever call it."""
    with pytest.raises(InvalidSettings):
        await under_test.core.registry.create_project(NewProject("Acme", DOORS, public_id=public_id or "/"))


@pytest.mark.parametrize(
    "origin",
    [
        *("https://A.example", "https://a.example/", "a.example", "https://a.example/path", "null", "ftp://a.example"),
        *("https://ann@a.example", "https://a.example:99999", "https://"),
    ],
)
async def test_an_origin_no_browser_sends_makes_no_client(under_test: CoreUnderTest, origin: str) -> None:
    """It would never match, and nobody would learn why."""
    with pytest.raises(InvalidSettings):
        await under_test.core.registry.create_client(under_test.project, NewClient("x", allowed_origins=(origin,)))


@pytest.mark.parametrize(
    "uri",
    [
        *("javascript:alert(1)", "data:text/html,x", "/relative", "https://a.example/#f", "http://a.example/cb"),
        *("https://ann@a.example/", "https:///nowhere", "https://a.example\\@b.example/", "https://a.example/\n"),
    ],
)
async def test_a_redirect_uri_that_leads_astray_makes_no_client(under_test: CoreUnderTest, uri: str) -> None:
    """What an operator sets is judged like what a caller sends (security 70)."""
    with pytest.raises(InvalidSettings):
        await under_test.core.registry.create_client(under_test.project, NewClient("x", redirect_uris=(uri,)))


async def test_what_clients_really_use_is_taken(under_test: CoreUnderTest) -> None:
    """Browser origins with and without a port, https, loopback and private-use redirect URIs."""
    client = await under_test.core.registry.create_client(
        under_test.project,
        NewClient(
            "x",
            public_id="cid_web.1",
            allowed_origins=("https://app.example.com", "http://localhost:5173", "http://[::1]:3000"),
            redirect_uris=("https://app.example.com/cb?x=1", "http://127.0.0.1:8400/cb", "com.example.app:/cb"),
        ),
    )
    assert client.public_id == "cid_web.1"
    assert len(client.redirect_uris) == 3
