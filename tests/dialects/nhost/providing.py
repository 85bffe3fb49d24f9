"""How the tests go to a provider and come back, as a browser would."""

from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from tests.dialects.nhost.speaking import BASE
from tests.support.identities import Scripted, parameter
from tests.support.serving import Running
from vestibule.core.social.model import ExternalIdentity, ProviderSession

ANN: Final = "ann@example.com"


@dataclass
class Traveller:
    """Somebody with a browser of their own, whose cookies are kept here and nowhere else."""

    running: Running
    cookies: dict[str, str] = field(default_factory=dict)

    async def depart(self, provider: str = "github", how: str = "signin", **query: str) -> httpx2.Response:
        """Ask to be sent to a provider."""
        path = f"{BASE}/{how}/provider/{provider}"
        return self._kept(await self.running.client.get(path, params=query, headers=self._headers()))

    async def departed(self, provider: str = "github", how: str = "signin", **query: str) -> str:
        """Be sent to a provider; return the state that the journey has."""
        answer = await self.depart(provider, how, **query)
        assert answer.status_code == httpx2.codes.FOUND, answer.text
        state = parameter(answer.headers["location"], "state")
        assert answer.headers["location"].startswith(self.provider(provider).issuer), answer.headers["location"]
        return state

    async def come_back(self, provider: str = "github", **query: str) -> httpx2.Response:
        """Come back from a provider with these parameters, by a form where it sends one."""
        path = f"{BASE}/signin/provider/{provider}/callback"
        if self.provider(provider).answers_by_form:
            headers = {**self._headers(), "content-type": "application/x-www-form-urlencoded"}
            return await self.running.client.post(path, content=urlencode(query), headers=headers)
        return await self.running.client.get(path, params=query, headers=self._headers())

    async def travel(
        self,
        identity: ExternalIdentity,
        session: ProviderSession | None = None,
        how: str = "signin",
        **query: str,
    ) -> httpx2.Response:
        """Go to a provider, be who it says, and come back."""
        state = await self.departed(identity.provider, how, **query)
        code = self.provider(identity.provider).consent(state, identity, session)
        return await self.come_back(identity.provider, state=state, code=code)

    def provider(self, name: str) -> Scripted:
        """Return a provider."""
        return self.running.identities[name]

    def _headers(self) -> dict[str, str]:
        self.running.client.cookies.clear()
        return {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def _kept(self, answer: httpx2.Response) -> httpx2.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.running.client.cookies.clear()
        return answer


def told(answer: httpx2.Response) -> tuple[str, dict[str, str]]:
    """Return where a redirect leads, and its parameters."""
    assert answer.status_code == httpx2.codes.FOUND, (answer.status_code, answer.text)
    parts = urlsplit(answer.headers["location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query, keep_blank_values=True))


async def signed_in(running: Running, answer: httpx2.Response) -> dict[str, Any]:
    """Exchange the refresh token of a redirect; return the session."""
    _, parameters = told(answer)
    assert "refreshToken" in parameters, parameters
    exchanged = await running.client.post(f"{BASE}/token", json={"refreshToken": parameters["refreshToken"]})
    assert exchanged.status_code == httpx2.codes.OK, exchanged.text
    session: dict[str, Any] = exchanged.json()
    return session
