"""How the tests speak the passkey endpoints: with an authenticator in software at their side."""

from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

from tests.dialects.nhost.speaking import EMAIL, Speaker
from tests.support.authenticator import Authenticator
from tests.support.serving import Running

ON: Final = {"AUTH_WEBAUTHN_ENABLED": "true"}


@dataclass
class Ceremonies:
    """Somebody at the server's door with an authenticator."""

    running: Running
    authenticator: Authenticator = field(default_factory=Authenticator)

    @property
    def speaker(self) -> Speaker:
        """Whoever calls."""
        return Speaker(self.running)

    async def post(self, path: str, body: Any = None, token: str | None = None) -> httpx2.Response:
        """Send JSON, or nothing."""
        return await self.speaker.post(path, body, token)

    async def asked(self, path: str, body: Any = None, token: str | None = None) -> dict[str, Any]:
        """Return the options that an endpoint answers."""
        answer = await self.post(path, body, token)
        assert answer.status_code == 200, answer.text
        options: dict[str, Any] = answer.json()
        return options

    async def sign_up(self, email: str = EMAIL, **more: Any) -> httpx2.Response:
        """Go through a whole sign-up."""
        options = await self.asked("/signup/webauthn", {"email": email})
        return await self.post("/signup/webauthn/verify", {"credential": self.authenticator.create(options), **more})

    async def signed_up(self, email: str = EMAIL) -> dict[str, Any]:
        """Go through a whole sign-up and return the session."""
        answer = await self.sign_up(email)
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()["session"]
        return session

    async def sign_in(self, body: Any = None, **twists: Any) -> httpx2.Response:
        """Go through a whole sign-in."""
        options = await self.asked("/signin/webauthn", body)
        return await self.post("/signin/webauthn/verify", {"credential": self.authenticator.get(options, **twists)})

    async def add(self, token: str, **more: Any) -> httpx2.Response:
        """Add a key of another authenticator."""
        options = await self.asked("/user/webauthn/add", token=token)
        other = Authenticator()
        body = {"credential": other.create(options), **more}
        self.authenticator.passkeys += other.passkeys
        return await self.post("/user/webauthn/verify", body, token)

    async def elevate(self, token: str, **twists: Any) -> httpx2.Response:
        """Prove oneself again."""
        options = await self.asked("/elevate/webauthn", token=token)
        return await self.post(
            "/elevate/webauthn/verify", {"credential": self.authenticator.get(options, **twists)}, token
        )
