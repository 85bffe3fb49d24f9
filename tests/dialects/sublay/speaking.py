"""How the tests speak Sublay: a caller at one base of one project, and the users and keys they need."""

import base64
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec

from tests.support.serving import Running
from vestibule.core.facade import Core
from vestibule.core.projects import NewProject, Project

PASSWORD = "s3cur3P@ss"
GENERATIONS = ("/api/v5", "/api/v6", "/v7")
LEGACY = ("/api/v5", "/api/v6")


@dataclass
class Caller:
    """Posts JSON under a base, with whatever headers it was given. It keeps no cookies."""

    client: httpx2.AsyncClient
    base: str
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send `body` as JSON; None sends no body at all."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.client.cookies.clear()
        content = None if body is None else msgspec.json.encode(body)
        kind = {} if body is None else {"content-type": "application/json"}
        return await self.client.post(self.base + path, content=content, headers={**kind, **self.headers, **named})

    async def sign_up(self, email: str = "ann@example.com", **more: Any) -> dict[str, Any]:
        """Sign up and return the answer's body."""
        answer = await self.post("/auth/sign-up", {"email": email, "password": PASSWORD, **more})
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def sign_in(self, email: str = "ann@example.com", password: str = PASSWORD) -> httpx2.Response:
        """Sign in."""
        return await self.post("/auth/sign-in", {"email": email, "password": password})

    async def refresh(self, token: str | None) -> httpx2.Response:
        """Ask for a new access token."""
        return await self.post("/auth/request-new-access-token", {"refreshToken": token})

    async def sign_out(self, token: str | None) -> httpx2.Response:
        """Sign out."""
        return await self.post("/auth/sign-out", {"refreshToken": token})


def caller(running: Running, generation: str = "/v7", project: Project | None = None) -> Caller:
    """Return somebody who calls a project (the default one) in one generation of the API."""
    return Caller(running.client, f"{generation}/{(project or running.project).public_id}")


async def other_project(core: Core, **settings: Any) -> Project:
    """Make another project that speaks this dialect."""
    settings = {"password_min_length": 3, **settings}
    return await core.registry.create_project(NewProject("Other", frozenset({"sublay"}), settings=settings))


async def key_headers(core: Core, project: Project, header: str = "X-Sublay-Project-ID") -> dict[str, str]:
    """Return the headers of a backend of `project`."""
    issued = await core.service_keys.issue(project, "backend")
    return {"Authorization": f"Bearer {issued.secret.reveal()}", header: project.public_id}


def claims(token: str) -> dict[str, Any]:
    """Return what a JWT says, unverified."""
    body = token.split(".")[1]
    read: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return read
