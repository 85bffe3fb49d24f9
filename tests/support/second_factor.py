"""Authenticator applications and the users who have one."""

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.support.cores import DOOR, PASSWORD, CoreUnderTest
from tests.support.fakes import FakeClock
from vestibule.core.passwords import PasswordAttempt
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, SecondFactorRequired, SignedIn
from vestibule.core.totp import PendingSignIn, TotpOffer
from vestibule.core.totp.codes import STEP_SECONDS, code_of, step_of
from vestibule.kernel.secret import Secret

STEP = timedelta(seconds=STEP_SECONDS)
ON = {"mfa_enabled": True}


@dataclass
class Application:
    """An authenticator application on somebody's telephone, whose clock is that of the test."""

    secret: bytes
    clock: FakeClock

    @classmethod
    def scanning(cls, text: str, clock: FakeClock) -> "Application":
        """Take over a secret in base32, as from a QR code."""
        return cls(base64.b32decode(text + "=" * (-len(text) % 8)), clock)

    def shows(self, steps: int = 0) -> str:
        """Return the code that is shown now, or so many steps later."""
        return code_of(self.secret, step_of(self.clock.now()) + steps)

    def fresh(self) -> str:
        """Wait for the next code and return it: each works once."""
        self.clock.advance(STEP)
        return self.shows()

    def wrong(self) -> str:
        """Return a code that is wrong now, and for a while."""
        near = {self.shows(steps) for steps in range(-3, 4)}
        return next(text for text in map(str, range(100_000, 100_010)) if text not in near)


@dataclass
class Holder:
    """A user with a second factor, and what a test does with them."""

    under_test: CoreUnderTest
    session: SignedIn
    application: Application

    @property
    def id(self) -> UUID:
        """The user's id."""
        return self.session.subject.id

    def visit(self, **policy: Any) -> Visit:
        """Return a request to a project with second factors switched on."""
        return self.under_test.visit(**{**ON, **policy})

    async def ticket(self, visit: Visit | None = None) -> bytes:
        """Show the password, and nothing else yet."""
        attempt = PasswordAttempt(self.session.subject.email or "", Secret(PASSWORD))
        outcome = await self.under_test.core.sign_in_with_password(visit or self.visit(), attempt, DOOR)
        assert isinstance(outcome, SecondFactorRequired)
        return outcome.ticket

    async def show(
        self, ticket: bytes, code: str, *, visit: Visit | None = None, terms: DoorTerms = DOOR, **more: bool
    ) -> SignedIn:
        """Show a code for a ticket."""
        pending = PendingSignIn(ticket, Secret(code), **more)
        outcome = await self.under_test.core.second_factor.sign_in(visit or self.visit(), pending, terms)
        assert isinstance(outcome, SignedIn)
        return outcome

    async def elevate(self, code: str, **policy: Any) -> SignedIn:
        """Prove themselves again."""
        outcome = await self.under_test.core.second_factor.elevate(self.visit(**policy), self.id, Secret(code), DOOR)
        assert isinstance(outcome, SignedIn)
        return outcome

    async def generate(self, **policy: Any) -> TotpOffer:
        """Ask for a secret."""
        return await self.under_test.core.second_factor.generate(self.visit(**policy), self.id)

    async def offered(self) -> Application:
        """Ask for a secret and give it to an application."""
        offer = await self.generate()
        return Application.scanning(offer.secret.reveal(), self.under_test.clock)

    async def activate(self, code: str, **policy: Any) -> None:
        """Turn the second factor on; the session of the sign-up is kept."""
        await self.under_test.core.second_factor.activate(
            self.visit(**policy), self.id, Secret(code), kept_session=self.session.session.id
        )

    async def deactivate(self, code: str, **policy: Any) -> None:
        """Turn it off."""
        await self.under_test.core.second_factor.deactivate(
            self.visit(**policy), self.id, Secret(code), kept_session=self.session.session.id
        )

    async def recovery_codes(self) -> list[str]:
        """Make recovery codes."""
        code = Secret(self.application.fresh())
        made = await self.under_test.core.second_factor.make_recovery_codes(self.visit(), self.id, code)
        return [one.reveal() for one in made]

    async def left(self, **policy: Any) -> int:
        """Count the recovery codes."""
        return await self.under_test.core.second_factor.count_recovery_codes(self.visit(**policy), self.id)


async def newcomer(under_test: CoreUnderTest, email: str | None = None) -> Holder:
    """Sign up somebody whose address is proven; they have no second factor yet."""
    session = await under_test.sign_up(email)
    project, users = under_test.project, under_test.core.users
    [credential] = await users.credentials(under_test.db, project.id, session.subject.id)
    await users.mark_verified(under_test.db, project.id, credential.id, credential.email_key)
    return Holder(under_test, session, Application(b"", under_test.clock))


async def holder(under_test: CoreUnderTest, email: str | None = None) -> Holder:
    """Sign up somebody who turns the second factor on. The code of the next step is the first that works."""
    ann = await newcomer(under_test, email)
    ann.application = await ann.offered()
    await ann.activate(ann.application.shows())
    return ann
