"""Somebody with a second factor, at the wire of Nhost Auth."""

from dataclasses import dataclass
from typing import Any

import httpx2

from tests.dialects.nhost.speaking import EMAIL, OK, Speaker
from tests.support.second_factor import Application
from tests.support.serving import Running
from vestibule.storage import Statement

ON = {"AUTH_MFA_ENABLED": "true", "AUTH_MFA_TOTP_ISSUER": "Acme"}
PROVEN = Statement(None, "UPDATE vestibule_credentials SET verified_at = created_at")
INVALID_TOTP = (401, "invalid-totp", "Invalid TOTP code")
DISABLED_ENDPOINT = (409, "disabled-endpoint", "This endpoint is disabled")
NOT_ACTIVE = (401, "disabled-mfa-totp", "User does not have TOTP MFA enabled")
NO_SECRET = (400, "no-totp-secret", "User does not have a TOTP secret")
ALREADY_ACTIVE = (400, "totp-already-active", "TOTP MFA is already active")


@dataclass
class Person:
    """A user who is signed in, and their authenticator application."""

    speaker: Speaker
    session: dict[str, Any]
    application: Application

    @property
    def token(self) -> str:
        """The access token."""
        token: str = self.session["accessToken"]
        return token

    @property
    def ours(self) -> Speaker:
        """The same caller at the server's own paths."""
        return Speaker(self.speaker.running, "/_/api")

    async def generate(self) -> httpx2.Response:
        """Ask for a secret."""
        return await self.speaker.get("/mfa/totp/generate", self.token)

    async def change(self, code: str, kind: str | None = "totp") -> httpx2.Response:
        """Turn the second factor on (`totp`) or off."""
        body = {"code": code} if kind is None else {"code": code, "activeMfaType": kind}
        return await self.speaker.post("/user/mfa", body, self.token)

    async def ticket(self) -> str:
        """Sign in as far as the password goes."""
        answer = await self.speaker.sign_in(EMAIL)
        assert list(answer.json()) == ["mfa"], answer.text
        ticket: str = answer.json()["mfa"]["ticket"]
        return ticket

    async def show(self, ticket: str, otp: str) -> httpx2.Response:
        """Show the second factor."""
        return await self.speaker.post("/signin/mfa/totp", {"ticket": ticket, "otp": otp})

    async def recovery_codes(self) -> list[str]:
        """Make recovery codes."""
        answer = await self.ours.post("/mfa/recovery-codes", {"code": self.application.fresh()}, self.token)
        assert answer.status_code == 200, answer.text
        codes: list[str] = answer.json()["codes"]
        return codes


async def somebody(running: Running, *, email_is_proven: bool = True) -> Person:
    """Sign up, with a proven address unless told otherwise, and without a second factor."""
    speaker = Speaker(running)
    session = await speaker.sign_up()
    if email_is_proven:
        await running.core.db.run(PROVEN)
    return Person(speaker, session, Application(b"", running.clock))


async def with_factor(running: Running, *, email_is_proven: bool = True) -> Person:
    """Sign up and turn the second factor on."""
    person = await somebody(running, email_is_proven=email_is_proven)
    offered = (await person.generate()).json()
    person.application = Application.scanning(offered["totpSecret"], running.clock)
    turned_on = await person.change(person.application.shows())
    assert (turned_on.status_code, turned_on.content) == (200, OK)
    return person
