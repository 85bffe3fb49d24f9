"""Every door under one set of verbs, so that a promise about all of them is written once.

A door speaks to one project. What it holds after a sign-in are the texts that a client would hold.
"""

import base64
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2
import msgspec

from tests.support.authenticator import Authenticator
from tests.support.linking import CHALLENGE, VERIFIER
from tests.support.serving import ALL_DOORS, CLIENT_ID, Running
from vestibule.core.projects import NewProject, Project
from vestibule.kernel.ids import unprefixed

EMAIL: Final = "ann@example.com"
PASSWORD: Final = "Correct horse 7"
NEW_PASSWORD: Final = "Another horse 8"
WRONG_PASSWORD: Final = "Not that horse 9"
NAMES: Final = ("nhost", "sublay", "accountmaker")
OTHER_HOST: Final = "auth.other.example"


@dataclass(frozen=True)
class Held:
    """What a client holds of one session."""

    access: str
    refresh: str
    user_id: UUID
    secret: bytes  # the refresh token without its dialect's clothes


@dataclass
class Door(ABC):
    """One dialect of one project."""

    running: Running
    project: Project
    client_id: str = CLIENT_ID
    host: str = "localhost:4000"
    name: ClassVar[str]

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send JSON, or no body at all; underscores in header names become hyphens; no cookie is kept."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else msgspec.json.encode(body)
        kind = {} if body is None else {"content-type": "application/json"}
        client = self.running.client
        client.cookies.clear()
        return await client.request(method, path, content=content, headers={"host": self.host, **kind, **named})

    async def sign_up(self, email: str = EMAIL, password: str = PASSWORD) -> Held:
        """Become a user who is signed in at once."""
        return self.held(await self.ask_to_sign_up(email, password))

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> Held:
        """Start another session."""
        return self.held(await self.try_to_sign_in(email, password))

    async def lives(self, refresh: str) -> bool:
        """Tell whether a refresh token is good for a new access token."""
        return (await self.try_to_refresh(refresh)).status_code == 200

    @abstractmethod
    async def ask_to_sign_up(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-up."""

    @abstractmethod
    async def try_to_sign_in(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-in."""

    @abstractmethod
    async def try_to_refresh(self, refresh: str) -> httpx2.Response:
        """Send a refresh token."""

    @abstractmethod
    async def opens(self, access: str) -> bool:
        """Tell whether an access token is good for anything here."""

    @abstractmethod
    def held(self, answer: httpx2.Response) -> Held:
        """Read what a sign-up, sign-in or refresh answered, which must have succeeded."""


@dataclass
class NhostDoor(Door):
    """Nhost Auth, with an authenticator at hand."""

    authenticator: Authenticator = field(default_factory=Authenticator)
    name = "nhost"

    async def ask_to_sign_up(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-up."""
        return await self.send("POST", "/v1/signup/email-password", {"email": email, "password": password})

    async def try_to_sign_in(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-in."""
        return await self.send("POST", "/v1/signin/email-password", {"email": email, "password": password})

    async def try_to_refresh(self, refresh: str) -> httpx2.Response:
        """Send a refresh token."""
        return await self.send("POST", "/v1/token", {"refreshToken": refresh})

    async def opens(self, access: str) -> bool:
        """Tell whether an access token is good for anything here."""
        return (await self.send("GET", "/v1/user", authorization=f"Bearer {access}")).status_code == 200

    def held(self, answer: httpx2.Response) -> Held:
        """Read what a sign-up, sign-in or refresh answered, which must have succeeded."""
        assert answer.status_code == 200, answer.text
        body = answer.json()
        session = body.get("session", body)
        token = session["refreshToken"]
        return Held(session["accessToken"], token, UUID(session["user"]["id"]), UUID(token).bytes)

    async def change_password(self, held: Held, password: str = NEW_PASSWORD) -> None:
        """Set another password as the signed-in user."""
        body = {"newPassword": password}
        answer = await self.send("POST", "/v1/user/password", body, authorization=f"Bearer {held.access}")
        assert answer.status_code == 200, answer.text

    async def reset_ticket(self, email: str = EMAIL) -> str:
        """Ask for a reset mail and return its ticket."""
        assert (await self.send("POST", "/v1/user/password/reset", {"email": email})).status_code == 200
        return await self._mailed("passwordReset")

    async def verify_ticket(self, email: str = EMAIL) -> str:
        """Ask for a verification mail and return its ticket."""
        asked = await self.send("POST", "/v1/user/email/send-verification-email", {"email": email})
        assert asked.status_code == 200, asked.text
        return await self._mailed("verifyEmail")

    async def follow(self, ticket: str) -> httpx2.Response:
        """Open the link of a mail."""
        return await self.send("GET", f"/v1/verify?ticket={ticket}&redirectTo=http://localhost:3000")

    async def press(self, ticket: str) -> httpx2.Response:
        """Press the button on the page that the link of a mail may open."""
        form = {"ticket": ticket, "redirectTo": "http://localhost:3000"}
        headers = {"host": self.host, "sec-fetch-site": "same-origin"}
        return await self.running.client.post("/v1/verify", data=form, headers=headers)

    async def link_ticket(self, email: str = EMAIL, **more: str) -> str:
        """Ask for a magic link, which also registers who is new, and return its ticket."""
        asked = await self.send("POST", "/v1/signin/passwordless/email", {"email": email, **more})
        assert asked.status_code == 200, asked.text
        return await self._mailed("passwordlessEmail")

    async def change_ticket(self, held: Held, new_email: str) -> str:
        """Ask for another address and return the ticket in the mail to it."""
        bearer = f"Bearer {held.access}"
        asked = await self.send("POST", "/v1/user/email/change", {"newEmail": new_email}, authorization=bearer)
        assert asked.status_code == 200, asked.text
        return await self._mailed("emailConfirmChange")

    async def _mailed(self, kind: str) -> str:
        # Of two mails of one moment either may be the newer one.
        mails = await self.running.mails()
        return next(mail.ticket for mail in mails if mail.ticket.startswith(f"{kind}:"))

    async def authorization_code(self, email: str = EMAIL) -> str:
        """Ask for a magic link with a challenge, open it, and return the code that it brings."""
        followed = await self.follow(await self.link_ticket(email, codeChallenge=CHALLENGE))
        return parse_qs(urlsplit(followed.headers["location"]).query)["code"][0]

    async def exchange(self, code: str) -> httpx2.Response:
        """Send a code with the verifier that goes with it."""
        return await self.send("POST", "/v1/token/exchange", {"code": code, "codeVerifier": VERIFIER})


@dataclass
class SublayDoor(Door):
    """Sublay v7, or with another base its predecessors."""

    base: str = "/v7"
    name = "sublay"

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """Send JSON to one of the project's own paths."""
        return await self.send("POST", f"{self.base}/{self.project.public_id}{path}", body, **headers)

    async def ask_to_sign_up(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-up."""
        return await self.post("/auth/sign-up", {"email": email, "password": password})

    async def try_to_sign_in(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-in."""
        return await self.post("/auth/sign-in", {"email": email, "password": password})

    async def try_to_refresh(self, refresh: str) -> httpx2.Response:
        """Send a refresh token."""
        return await self.post("/auth/request-new-access-token", {"refreshToken": refresh})

    async def opens(self, access: str) -> bool:
        """Tell whether an access token is good for anything here."""
        # The one thing that access tokens open here asks for the password as well: refused for that, it was opened.
        body = {"password": WRONG_PASSWORD, "newPassword": NEW_PASSWORD}
        answer = await self.post("/auth/change-password", body, authorization=f"Bearer {access}")
        return "auth/wrong-password" in answer.text

    def held(self, answer: httpx2.Response) -> Held:
        """Read what a sign-up, sign-in or refresh answered, which must have succeeded."""
        assert answer.status_code in {200, 201}, answer.text
        body = answer.json()
        token = body["refreshToken"]
        return Held(body["accessToken"], token, UUID(body["user"]["id"]), UUID(claims(token)["jti"]).bytes)

    async def change_password(self, held: Held, password: str = NEW_PASSWORD) -> None:
        """Set another password as the signed-in user."""
        body = {"password": PASSWORD, "newPassword": password}
        answer = await self.post("/auth/change-password", body, authorization=f"Bearer {held.access}")
        assert answer.status_code == 200, answer.text


class AccountMakerDoor(Door):
    """AccountMaker, through one client."""

    name = "accountmaker"

    async def ask_to_sign_up(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-up."""
        body = {"client_id": self.client_id, "email": email, "password": password}
        return await self.send("POST", "/auth/sign-up", body)

    async def try_to_sign_in(self, email: str, password: str) -> httpx2.Response:
        """Send a sign-in."""
        body = {"client_id": self.client_id, "email": email, "password": password}
        return await self.send("POST", "/auth/sign-in", body)

    async def try_to_refresh(self, refresh: str) -> httpx2.Response:
        """Send a refresh token."""
        return await self.send("POST", "/auth/refresh", {"refresh_token": refresh, "client_id": self.client_id})

    async def opens(self, access: str) -> bool:
        """Tell whether an access token is good for anything here."""
        headers = {"authorization": f"Bearer {access}", "x_client_id": self.client_id}
        return (await self.send("GET", "/auth/me", **headers)).status_code == 200

    def held(self, answer: httpx2.Response) -> Held:
        """Read what a sign-up, sign-in or refresh answered, which must have succeeded."""
        assert answer.status_code == 200, answer.text
        body = answer.json()
        tokens = body.get("tokens", body)
        user_id = unprefixed("uid", claims(tokens["access_token"])["sub"])
        assert user_id is not None
        secret = from_base64url(tokens["refresh_token"].removeprefix("rt_"))[16:]
        return Held(tokens["access_token"], tokens["refresh_token"], user_id, secret)

    async def mailed_token(self) -> str:
        """Return the token in the newest link: of two mails of one moment the notice may be the newer one."""
        queries = [parse_qs(urlsplit(mail.link).query) for mail in await self.running.mails()]
        return next(query["token"][0] for query in queries if "token" in query)


@dataclass(frozen=True)
class Doors:
    """All doors of one project."""

    nhost: NhostDoor
    sublay: SublayDoor
    replyke: SublayDoor
    accountmaker: AccountMakerDoor

    def __getitem__(self, name: str) -> Door:
        door: Door = getattr(self, name)
        return door

    @property
    def all(self) -> tuple[Door, ...]:
        """One door per dialect."""
        return self.nhost, self.sublay, self.accountmaker

    @property
    def every(self) -> tuple[Door, ...]:
        """Also the doors of older generations."""
        return *self.all, self.replyke


def doors_of(
    running: Running, project: Project | None = None, client_id: str = CLIENT_ID, host: str = "localhost:4000"
) -> Doors:
    """Return the doors of a project, the default one unless told."""
    project = project or running.project
    return Doors(
        NhostDoor(running, project, client_id, host),
        SublayDoor(running, project, client_id, host),
        LegacyDoor(running, project, client_id, host, "/api/v6"),
        AccountMakerDoor(running, project, client_id, host),
    )


class LegacyDoor(SublayDoor):
    """Replyke v6, whose refresh tokens stay as they are."""

    def held(self, answer: httpx2.Response) -> Held:
        """Read what a sign-up, sign-in or refresh answered, which must have succeeded."""
        body = answer.json()
        if "refreshToken" in body:
            return super().held(answer)
        assert answer.status_code == 200, answer.text
        return Held(body["accessToken"], "", UUID(body["user"]["id"]), b"")


async def other_doors(running: Running) -> Doors:
    """Make a second project that opens every door and sends magic links, and return its doors."""
    settings = {"sign_in_links_enabled": True, "client_url": "http://localhost:3000"}
    new = NewProject("Other", ALL_DOORS, public_id="other", hosts=(OTHER_HOST,), settings=settings)
    project = await running.core.registry.create_project(new)
    client = await running.new_client(project)
    await running.core.catalog.refresh()
    return doors_of(running, project, client.public_id, OTHER_HOST)


def claims(token: str) -> dict[str, Any]:
    """Return what a JWT says, unverified."""
    read: dict[str, Any] = msgspec.json.decode(from_base64url(token.split(".")[1]))
    return read


def from_base64url(text: str) -> bytes:
    """Decode base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base64url(raw: bytes) -> str:
    """Encode base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def as_uuid(secret: bytes) -> str:
    """Return 16 bytes as a UUID's text."""
    return str(uuid.UUID(bytes=secret))
