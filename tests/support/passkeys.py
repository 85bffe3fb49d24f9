"""Passkeys at the core: options in and answers out, and somebody who has an authenticator."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from tests.support.authenticator import ORIGIN, Authenticator, b64
from tests.support.cores import DOOR, LETTER, CoreUnderTest
from vestibule.core.facade import Core
from vestibule.core.passkeys import (
    ALGORITHMS,
    CreationOptions,
    NewPasskey,
    PasskeySignUp,
    PasskeySignUpAnswer,
    PresentedAssertion,
    PresentedAttestation,
    RequestOptions,
)
from vestibule.core.projects import Visit, WebAuthn
from vestibule.core.signin import SecondFactorRequired, SignedIn


def as_creation(options: CreationOptions) -> dict[str, Any]:
    """Return the options as an authenticator's browser takes them."""
    return {
        "rp": {"id": options.party.rp_id, "name": options.party.rp_name},
        "user": {"id": str(options.user_id), "name": options.name},
        "challenge": b64(options.challenge),
        "pubKeyCredParams": [{"alg": algorithm} for algorithm in ALGORITHMS],
        "excludeCredentials": [{"id": b64(known)} for known in options.exclude],
    }


def as_request(options: RequestOptions) -> dict[str, Any]:
    """Return the options as an authenticator's browser takes them."""
    allowed = [{"id": b64(known)} for known in options.allow or ()]
    return {"rpId": options.party.rp_id, "challenge": b64(options.challenge), "allowCredentials": allowed}


def attestation(credential: dict[str, Any]) -> PresentedAttestation:
    """Return the browser's answer to a creation."""
    response = credential["response"]
    return PresentedAttestation(
        id=credential["id"],
        raw_id=credential["rawId"],
        type=credential["type"],
        client_data_json=response["clientDataJSON"],
        attestation_object=response["attestationObject"],
        transports=tuple(response["transports"]),
    )


def new_key(credential: dict[str, Any], nickname: str | None = None) -> NewPasskey:
    """Return the browser's answer to a creation, with a name for it."""
    return NewPasskey(presented=attestation(credential), nickname=nickname)


def assertion(credential: dict[str, Any]) -> PresentedAssertion:
    """Return the browser's answer to a request."""
    response = credential["response"]
    return PresentedAssertion(
        id=credential["id"],
        raw_id=credential["rawId"],
        type=credential["type"],
        client_data_json=response["clientDataJSON"],
        authenticator_data=response["authenticatorData"],
        signature=response["signature"],
        user_handle=response.get("userHandle"),
    )


PARTY: Final = WebAuthn(enabled=True, rp_id="localhost", rp_name="Tests", origins=(ORIGIN,))
EMAIL: Final = "ann@example.com"


@dataclass
class PasskeyUser:
    """Somebody with an authenticator, and a core to use it on."""

    under_test: CoreUnderTest
    authenticator: Authenticator = field(default_factory=Authenticator)
    email: str = EMAIL

    @property
    def core(self) -> Core:
        """The use-cases."""
        return self.under_test.core

    def visit(self, **policy: Any) -> Visit:
        """Return a request to a project where passkeys are on."""
        return self.under_test.visit(**{"webauthn": PARTY, **policy})

    async def begin_sign_up(self, visit: Visit | None = None, **more: Any) -> dict[str, Any]:
        """Ask for the options of a sign-up."""
        new = PasskeySignUp(email=self.email, **more)
        return as_creation(await self.core.sign_up_with_passkey.begin(visit or self.visit(), new, lambda _: None))

    async def finish_sign_up(
        self, credential: dict[str, Any], visit: Visit | None = None, nickname: str | None = None, **more: Any
    ) -> SignedIn | None:
        """Hand the new key in."""
        answer = PasskeySignUpAnswer(passkey=new_key(credential, nickname), **more)
        return await self.core.sign_up_with_passkey.finish(visit or self.visit(), answer, lambda _: LETTER, DOOR)

    async def sign_up(self, visit: Visit | None = None) -> SignedIn:
        """Sign up and be signed in."""
        options = await self.begin_sign_up(visit)
        signed_in = await self.finish_sign_up(self.authenticator.create(options), visit)
        assert signed_in is not None
        return signed_in

    async def begin_sign_in(self, email: str | None = None, visit: Visit | None = None) -> dict[str, Any]:
        """Ask for the options of a sign-in."""
        return as_request(await self.core.sign_in_with_passkey.begin(visit or self.visit(), email))

    async def finish_sign_in(
        self, credential: dict[str, Any], visit: Visit | None = None
    ) -> SignedIn | SecondFactorRequired:
        """Hand the signature in."""
        return await self.core.sign_in_with_passkey.finish(visit or self.visit(), assertion(credential), DOOR)

    async def sign_in(
        self, email: str | None = None, visit: Visit | None = None, **twists: Any
    ) -> SignedIn | SecondFactorRequired:
        """Do both."""
        options = await self.begin_sign_in(email, visit)
        return await self.finish_sign_in(self.authenticator.get(options, **twists), visit)

    async def begin_addition(self, user_id: UUID, visit: Visit | None = None) -> dict[str, Any]:
        """Ask for the options of another key."""
        return as_creation(await self.core.add_passkey.begin(visit or self.visit(), user_id))

    async def finish_addition(
        self, user_id: UUID, credential: dict[str, Any], nickname: str | None = None, visit: Visit | None = None
    ) -> UUID:
        """Hand another key in."""
        new = new_key(credential, nickname)
        return await self.core.add_passkey.finish(visit or self.visit(), user_id, new)

    async def add(self, user_id: UUID, nickname: str | None = None) -> UUID:
        """Add a key of another authenticator."""
        options = await self.begin_addition(user_id)
        other = Authenticator()
        added = await self.finish_addition(user_id, other.create(options), nickname)
        self.authenticator.passkeys += other.passkeys
        return added

    async def begin_elevation(self, user_id: UUID, visit: Visit | None = None) -> dict[str, Any]:
        """Ask for the options of an elevation."""
        return as_request(await self.core.elevate_with_passkey.begin(visit or self.visit(), user_id))

    async def finish_elevation(self, user_id: UUID, credential: dict[str, Any]) -> SignedIn | SecondFactorRequired:
        """Hand the signature in."""
        return await self.core.elevate_with_passkey.finish(self.visit(), user_id, assertion(credential), DOOR)
