"""How the tests speak Nhost Auth, and what its answers must look like to the letter."""

import base64
from typing import Any

import httpx2
import msgspec

from tests.support.serving import Running

BASE = "/v1"
EMAIL = "Ann@Example.com"
PASSWORD = "correct horse"
CLIENT_URL = "http://localhost:3000"

SESSION_KEYS = ["accessToken", "accessTokenExpiresIn", "refreshToken", "refreshTokenId", "user"]
USER_KEYS = [
    "activeMfaType",
    "avatarUrl",
    "createdAt",
    "defaultRole",
    "displayName",
    "email",
    "emailVerified",
    "id",
    "isAnonymous",
    "locale",
    "metadata",
    "phoneNumberVerified",
    "roles",
]
OK = b'"OK"\n'


class Speaker:
    """Somebody who calls the server under one base."""

    def __init__(self, running: Running, base: str = BASE) -> None:
        self.running = running
        self.base = base

    async def post(self, path: str, body: Any = None, token: str | None = None, **headers: str) -> httpx2.Response:
        """Send `body` as JSON; None sends no body at all."""
        content = None if body is None else msgspec.json.encode(body)
        kind = {} if body is None else {"content-type": "application/json"}
        who = {} if token is None else {"authorization": f"Bearer {token}"}
        return await self.running.client.post(self.base + path, content=content, headers={**kind, **who, **headers})

    async def submit(self, path: str, form: dict[str, str], **headers: str) -> httpx2.Response:
        """Send `form` as a browser does when a button is pressed."""
        return await self.running.client.post(self.base + path, data=form, headers=headers)

    async def get(self, path: str, token: str | None = None, **headers: str) -> httpx2.Response:
        """Read a path."""
        who = {} if token is None else {"authorization": f"Bearer {token}"}
        return await self.running.client.get(self.base + path, headers={**who, **headers})

    async def sign_up(self, email: str = EMAIL, password: str = PASSWORD, **options: Any) -> dict[str, Any]:
        """Sign up and return the session."""
        answer = await self.post("/signup/email-password", {"email": email, "password": password, "options": options})
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()["session"]
        return session

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> httpx2.Response:
        """Try to sign in."""
        return await self.post("/signin/email-password", {"email": email, "password": password})

    async def refresh(self, token: str) -> httpx2.Response:
        """Exchange a refresh token."""
        return await self.post("/token", {"refreshToken": token})

    async def newest_mail(self) -> tuple[str, str]:
        """Return link and ticket of the newest mail."""
        mail = (await self.running.mails())[0]
        assert mail.headers["X-Ticket"] == mail.ticket
        return mail.link, mail.ticket

    async def follow(self, link: str, **headers: str) -> httpx2.Response:
        """Open a link as a browser would."""
        return await self.running.client.get(link, headers=headers)


def refused(answer: httpx2.Response, status: int, code: str, message: str) -> None:
    """Assert a business error, byte for byte."""
    body = msgspec.json.encode({"error": code, "message": message, "status": status})
    assert (answer.status_code, answer.content) == (status, body + b"\n")
    assert answer.headers["content-type"] == "application/json"


def malformed(answer: httpx2.Response, reason: str, code: str = "schema-validation-error") -> None:
    """Assert the newest server's answer to a request out of shape."""
    assert (answer.status_code, answer.json()) == (400, {"error": code, "reason": reason})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


WRONG_PASSWORD = (401, "invalid-email-password", "Incorrect email or password")
INVALID_REQUEST = (400, "invalid-request", "The request payload is incorrect")
INVALID_REFRESH = (401, "invalid-refresh-token", "Invalid or expired refresh token")
INVALID_TICKET = (401, "invalid-ticket", "Invalid ticket")
DISABLED = (401, "disabled-user", "User is disabled")
UNVERIFIED = (401, "unverified-user", "User is not verified.")


def part(token: str, place: int) -> dict[str, Any]:
    """Return header (0) or payload (1) of a JWT, unverified."""
    body = token.split(".")[place]
    read: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return read
