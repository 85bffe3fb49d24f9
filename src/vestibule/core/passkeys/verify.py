"""The cryptographic half of the ceremonies, pure: an answer and what was expected of it in, facts or a refusal out.

py_webauthn reads what authenticators write and checks attestation statements; it is imported at the first use, since
few servers need it and it is slow to load. Assertions are judged here, because the library cannot verify every
algorithm that the options offer.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from vestibule.core.passkeys.answers import (
    LONGEST_CREDENTIAL_ID,
    Assertion,
    Attestation,
    client_data_of,
    from_base64url,
    to_base64url,
)
from vestibule.core.passkeys.signatures import ALGORITHMS, public_key_of, refuse_wrong_signature
from vestibule.kernel.errors import PasskeyRefused

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticatorData
    from webauthn.registration.verify_registration_response import VerifiedRegistration

_LONGEST_KEY: Final = 2048  # an RSA key of 8,192 bits has half of that


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a ceremony was begun with."""

    challenge: bytes
    rp_id: str
    origins: tuple[str, ...]
    user_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What a verified attestation says about the new passkey; `public_key` is a COSE_Key."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: bytes
    transports: tuple[str, ...]
    is_backup_eligible: bool
    is_backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a verified assertion says about the passkey that made it."""

    sign_count: int
    is_backup_eligible: bool
    is_backed_up: bool


def verified_attestation(attestation: Attestation, expected: Expected) -> NewKey:
    """Check a new passkey as W3C WebAuthn section 7.1 says. No makes of authenticators are preferred to others.

    Raises: PasskeyRefused.
    """
    _refuse_client_data(attestation, expected, "webauthn.create")
    verified = _registration(attestation, expected)
    is_same = verified.credential_id == attestation.credential_id
    if not is_same or len(verified.credential_id) > LONGEST_CREDENTIAL_ID:
        raise PasskeyRefused
    if len(verified.credential_public_key) > _LONGEST_KEY:
        raise PasskeyRefused
    public_key_of(verified.credential_public_key)  # without an attestation statement nobody has used it yet
    return NewKey(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        aaguid=UUID(verified.aaguid).bytes,
        transports=attestation.transports,
        is_backup_eligible=verified.credential_device_type == "multi_device",
        is_backed_up=verified.credential_backed_up,
    )


def verified_assertion(assertion: Assertion, expected: Expected, public_key: bytes) -> Proof:
    """Check a passkey's signature as W3C WebAuthn section 7.2 says, but for the counter, which the row decides about.

    Raises: PasskeyRefused.
    """
    _refuse_client_data(assertion, expected, "webauthn.get")
    data = _authenticator_data(assertion.authenticator_data)
    if data.rp_id_hash != hashlib.sha256(expected.rp_id.encode()).digest():
        raise PasskeyRefused
    flags = data.flags
    if not flags.up or (expected.user_verified and not flags.uv) or (flags.bs and not flags.be):
        raise PasskeyRefused
    signed = assertion.authenticator_data + hashlib.sha256(assertion.client_data).digest()
    refuse_wrong_signature(public_key, assertion.signature, signed)
    return Proof(sign_count=data.sign_count, is_backup_eligible=flags.be, is_backed_up=flags.bs)


def _refuse_client_data(answer: Attestation | Assertion, expected: Expected, kind: str) -> None:
    said = client_data_of(answer)
    # Origins are compared to the letter: they are what a browser vouches for.
    if said.type != kind or said.origin not in expected.origins:
        raise PasskeyRefused
    # A page of somebody else's that holds ours in a frame could lay its own picture over the ceremony.
    if said.cross_origin or from_base64url(said.challenge) != expected.challenge:
        raise PasskeyRefused


def _registration(attestation: Attestation, expected: Expected) -> "VerifiedRegistration":
    from webauthn import verify_registration_response  # noqa: PLC0415 - see above
    from webauthn.helpers.structs import AuthenticatorAttestationResponse, RegistrationCredential  # noqa: PLC0415

    credential = RegistrationCredential(
        id=to_base64url(attestation.credential_id),
        raw_id=attestation.credential_id,
        response=AuthenticatorAttestationResponse(
            client_data_json=attestation.client_data, attestation_object=attestation.attestation_object
        ),
    )
    try:
        return verify_registration_response(
            credential=credential,
            expected_challenge=expected.challenge,
            expected_rp_id=expected.rp_id,
            expected_origin=list(expected.origins),
            require_user_verification=expected.user_verified,
            supported_pub_key_algs=list(ALGORITHMS),  # type: ignore[arg-type]  # compared as numbers
        )
    except Exception as error:  # strangers wrote every byte that is parsed there; whatever breaks is their doing
        raise PasskeyRefused from error


def _authenticator_data(raw: bytes) -> "AuthenticatorData":
    from webauthn.helpers import parse_authenticator_data  # noqa: PLC0415 - see above

    try:
        return parse_authenticator_data(raw)
    except Exception as error:  # as above
        raise PasskeyRefused from error
