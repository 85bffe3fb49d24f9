"""How the tests speak Nhost Auth, and what its answers must look like to the letter."""

import base64
from typing import Any
from uuid import UUID

import httpx2
import msgspec

from tests.support.serving import Running
from vestibule.core.passwords import NewPassword, ProvisionedUser
from vestibule.dialects.nhost import NhostSettings
from vestibule.dialects.nhost.tokens import AccessTokens
from vestibule.kernel.secret import Secret

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

    async def delete(self, path: str, token: str | None = None, **headers: str) -> httpx2.Response:
        """Have something removed."""
        who = {} if token is None else {"authorization": f"Bearer {token}"}
        return await self.running.client.delete(self.base + path, headers={**who, **headers})

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

    async def anonymous(self, **body: Any) -> dict[str, Any]:
        """Come in without a name and return the session."""
        answer = await self.post("/signin/anonymous", body)
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()["session"]
        return session

    async def verified(self, email: str = EMAIL, password: str = PASSWORD) -> dict[str, Any]:
        """Become a user with a proven address and return the session."""
        new = ProvisionedUser(email=email, password=NewPassword(Secret(password)), verified_at=self.running.clock.now())
        await self.running.core.provision_user(self.running.project, new, actor="test")
        session: dict[str, Any] = (await self.sign_in(email, password)).json()["session"]
        return session

    async def elevated(self, session: dict[str, Any]) -> str:
        """Return an access token of this session's user who has just proven themselves again, whatever the method."""
        core, project = self.running.core, self.running.project
        user_id = UUID(session["user"]["id"])
        [known, *_] = await core.live_sessions.of_user(project.id, user_id)
        subject = await core.users.subject(core.db, project.id, user_id)
        tokens = AccessTokens.configured(core, NhostSettings())
        return (await tokens.session(project, subject, known, bytes(16), elevated=True)).access_token

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
