"""A whole server whose environment names a provider: somebody goes there and comes back signed in."""

from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.providers.recorded import PEOPLE
from tests.support.cores import PUBLIC_URL, settings_for
from tests.support.fakes import FakeClock
from tests.support.providers.identity import IdentityServer
from tests.support.providers.standing_in import Answer, serve
from vestibule.assembly.application import assemble
from vestibule.core.projects import NewProject
from vestibule.kernel.entropy import SystemEntropy


async def test_the_environment_names_a_provider_and_somebody_comes_in(
    database_url: str, clock: FakeClock, authorities: str
) -> None:
    """Through the door, the core and the flow, to a GitHub that says who came; other projects do not have it."""
    async with serve(IdentityServer(tokens=Answer(200, {"access_token": "t"}))) as github:
        github.documents = dict(PEOPLE["github"].documents)
        environ = {
            "AUTH_PROVIDER_GITHUB_ENABLED": "true",
            "AUTH_PROVIDER_GITHUB_CLIENT_ID": "us",
            "AUTH_PROVIDER_GITHUB_CLIENT_SECRET": "s3cret",
            "AUTH_PROVIDER_GITHUB_AUTHORIZATION_URL": f"{github.url}/authorize",
            "AUTH_PROVIDER_GITHUB_TOKEN_URL": f"{github.url}/token",
            "AUTH_PROVIDER_GITHUB_USER_PROFILE_URL": f"{github.url}/user",
            "VESTIBULE_OUTBOUND_ALLOW": "127.0.0.0/8",
            "VESTIBULE_OUTBOUND_CA_FILE": authorities,
        }
        settings = settings_for(database_url, environ, access_log=False)
        application = assemble(settings, clock=clock, entropy=SystemEntropy(), with_worker=False)
        await application.start()
        try:
            transport = httpx2.ASGITransport(app=application.app, client=("192.0.2.1", 1234))
            async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
                departed = await browser.get("/v1/signin/provider/github")
                assert departed.headers["location"].startswith(f"{github.url}/authorize?")
                state = dict(parse_qsl(urlsplit(departed.headers["location"]).query))["state"]
                cookie = departed.headers["set-cookie"].partition(";")[0]
                returned = await browser.get(
                    "/v1/signin/provider/github/callback",
                    params={"code": "a-code", "state": state},
                    headers={"cookie": cookie},
                )
            assert "refreshToken=" in returned.headers["location"], returned.headers["location"]
            other = await application.core.registry.create_project(NewProject("Shop", frozenset({"nhost"})))
            identities = application.core.arrive_from_provider.identities
            assert identities.find((await application.core.catalog.default()).id, "github") is not None
            assert identities.find(other.id, "github") is None
        finally:
            await application.stop()
