"""How the tests speak AccountMaker: a caller without a cookie jar, and readers of tokens and mails."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec

from tests.support.serving import CLIENT_ID, ORIGIN, Running
from vestibule.dialects.accountmaker import AccountMakerSettings
from vestibule.storage import Statement

PASSWORD = "Correct horse 7"
EMAIL = "ann@example.com"
OWN_ORIGIN = "http://localhost:4000"
PAGE = {"origin": ORIGIN}
ENCRYPTED = AccountMakerSettings("https://auth.example.com")  # as a real server is: cookies are Secure

LEAVE_ALL_ACCOUNTS = Statement(None, "DELETE FROM vestibule_memberships WHERE project_id = :project_id")
PROMOTE = Statement(None, "UPDATE vestibule_memberships SET role = :role WHERE project_id = :project_id")
ERASE = Statement(None, "UPDATE vestibule_users SET profile = NULL WHERE project_id = :project_id")
EXPECT_FACTOR = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE project_id = :project_id")


@dataclass
class Caller:
    """Calls on behalf of one client. It keeps no cookies; a test sends those that it means."""

    running: Running
    client_id: str | None = CLIENT_ID

    async def post(self, path: str, body: Any = None, cookies: Any = None, **headers: str) -> httpx2.Response:
        """Send `body` as JSON; None sends none at all. Underscores in header names become hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else msgspec.json.encode(body)
        kind = {} if body is None else {"content-type": "application/json"}
        return await self._send("POST", path, {**kind, **named}, cookies, content)

    async def get(self, path: str, cookies: Any = None, **headers: str) -> httpx2.Response:
        """Read `path`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._send("GET", path, named, cookies)

    async def _send(
        self, method: str, path: str, headers: dict[str, str], cookies: Any, content: bytes | None = None
    ) -> httpx2.Response:
        sent = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
        self.running.client.cookies.clear()
        return await self.running.client.request(
            method, path, content=content, headers={"accept": "application/json", **headers, **sent}
        )

    async def sign_up(self, email: str = EMAIL, **more: Any) -> dict[str, Any]:
        """Sign up and return the AuthenticationResult."""
        answer = await self.post(
            "/auth/sign-up", {"client_id": self.client_id, "email": email, "password": PASSWORD, **more}
        )
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def sign_in(
        self, email: str = EMAIL, password: str = PASSWORD, cookies: Any = None, body: Any = None, **headers: str
    ) -> httpx2.Response:
        """Sign in; `body` has further members."""
        named = {"client_id": self.client_id, "email": email, "password": password, **(body or {})}
        return await self.post("/auth/sign-in", named, cookies, **headers)

    async def refresh(self, token: str) -> httpx2.Response:
        """Refresh with the token in the body."""
        return await self.post("/auth/refresh", {"refresh_token": token})

    async def me(self, token: str, **headers: str) -> httpx2.Response:
        """Read the profile with a bearer token."""
        return await self.get("/auth/me", authorization=f"Bearer {token}", **headers)

    async def csrf(self) -> tuple[str, str]:
        """Open a CSRF session; return its cookie's value and a token."""
        answer = await self.get("/auth/csrf-session")
        return set_cookies(answer)["csrf_session"].partition(";")[0], answer.json()["csrf_token"]


def set_cookies(answer: httpx2.Response) -> dict[str, str]:
    """Return the cookies that an answer sets: name to value and attributes."""
    lines = answer.headers.get_list("set-cookie")
    return {name: rest for name, _, rest in (line.partition("=") for line in lines)}


def claims(token: str) -> dict[str, Any]:
    """Return what a JWT says, unverified."""
    return segment(token, 1)


def segment(token: str, place: int) -> dict[str, Any]:
    """Return the header (0) or the payload (1) of a JWT, unverified."""
    text = token.split(".")[place]
    read: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return read


async def mailed_token(running: Running) -> str:
    """Return the token in the newest mail's link."""
    link = await mailed_link(running)
    return parse_qs(urlsplit(link).query)["token"][0]


async def mailed_link(running: Running) -> str:
    """Return the link in the newest mail."""
    text = (await running.mails())[0].text
    return next(word for word in text.split() if "token=" in word)


def assert_problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is problem details as documented; return them."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"{OWN_ORIGIN}/problems/{code}"
    assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert isinstance(problem["title"], str)
    return problem


def assert_invalid(answer: httpx2.Response, path: str, kind: str, *, where: str = "body", received: Any = None) -> None:
    """Check that exactly one field is blamed."""
    problem = assert_problem(answer, 400, "validation_failed")
    assert problem["invalid_params"] == [{"in": where, "path": path, "type": kind, "received": received}]
