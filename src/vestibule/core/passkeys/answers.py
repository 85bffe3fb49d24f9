"""What browsers answer to a ceremony, as bytes, and what can be read off it before anything is believed."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from vestibule.kernel.errors import PasskeyRefused

LONGEST_CREDENTIAL_ID: Final = 1023  # W3C WebAuthn section 7.1, step 26
_TRANSPORTS: Final = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A new passkey, as an authenticator hands it over; nothing in it is checked yet."""

    credential_id: bytes
    client_data: bytes
    attestation_object: bytes
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """A signature by a passkey, as an authenticator hands it over; nothing in it is checked yet."""

    credential_id: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    user_handle: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedAttestation:
    """RegistrationResponseJSON (W3C WebAuthn section 5.1.8), as far as it matters: text that may not even decode."""

    id: str
    raw_id: str
    type: str
    client_data_json: str
    attestation_object: str
    transports: tuple[str, ...] = ()

    def read(self) -> Attestation:
        """Return the bytes behind the texts. Raises: PasskeyRefused."""
        return Attestation(
            credential_id=_credential_id(self.id, self.raw_id, self.type),
            client_data=from_base64url(self.client_data_json),
            attestation_object=from_base64url(self.attestation_object),
            transports=tuple(transport for transport in _TRANSPORTS if transport in self.transports),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedAssertion:
    """AuthenticationResponseJSON (W3C WebAuthn section 5.1.8), in the same manner."""

    id: str
    raw_id: str
    type: str
    client_data_json: str
    authenticator_data: str
    signature: str
    user_handle: str | None = None

    def read(self) -> Assertion:
        """Return the bytes behind the texts. Raises: PasskeyRefused."""
        return Assertion(
            credential_id=_credential_id(self.id, self.raw_id, self.type),
            client_data=from_base64url(self.client_data_json),
            authenticator_data=from_base64url(self.authenticator_data),
            signature=from_base64url(self.signature),
            user_handle=from_base64url(self.user_handle) if self.user_handle else None,
        )


class ClientData(msgspec.Struct, frozen=True, rename="camel"):
    """What the browser says about the ceremony (W3C WebAuthn section 5.8.1); other members mean nothing to us."""

    type: str
    challenge: str
    origin: str
    cross_origin: bool = False


def client_data_of(answer: Attestation | Assertion) -> ClientData:
    """Return what the browser says. Raises: PasskeyRefused."""
    try:
        return msgspec.json.decode(answer.client_data, type=ClientData)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PasskeyRefused from error


def challenge_of(answer: Attestation | Assertion) -> bytes:
    """Return the challenge that the browser claims to answer. Raises: PasskeyRefused."""
    return from_base64url(client_data_of(answer).challenge)


def _credential_id(text: str, raw: str, kind: str) -> bytes:
    credential_id = from_base64url(raw)
    if kind != "public-key" or from_base64url(text) != credential_id:
        raise PasskeyRefused
    return credential_id


def from_base64url(text: str) -> bytes:
    """Return the bytes behind base64url, with or without its padding. Raises: PasskeyRefused for any other text."""
    bare = text.rstrip("=")
    try:
        decoded = urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError) as error:
        raise PasskeyRefused from error
    if to_base64url(decoded) != bare:  # the decoder skips what it does not know, and one value has one spelling
        raise PasskeyRefused
    return decoded


def to_base64url(raw: bytes) -> str:
    """Return base64url without padding, as everything binary is written in WebAuthn's JSON."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def is_handle_of(user_handle: bytes, user_id: UUID) -> bool:
    """Tell whether an authenticator that returns this handle means the user.

    Options name the user by the id's text, which browsers read as base64url: that makes 27 bytes. Pages that take the
    text as it is store its 36 characters.
    """
    text = str(user_id)
    return user_handle in {urlsafe_b64decode(text), text.encode()}
