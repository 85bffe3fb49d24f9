"""The JSON of passkeys: options as the original writes them, credentials as `PublicKeyCredential.toJSON()` does."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.core.passkeys import (
    ALGORITHMS,
    CreationOptions,
    ListedPasskey,
    NewPasskey,
    PresentedAssertion,
    PresentedAttestation,
    RequestOptions,
    to_base64url,
)
from vestibule.dialects.nhost.shapes import Body, CodeChallenge, Email, SignUpOptions

Octets = Annotated[str, Meta(description="base64url without padding", extra_json_schema={"format": "byte"})]
Nickname = Annotated[str, Meta(max_length=128, description="What the user calls the key")]


class AuthenticatorAttestationResponse(Body, frozen=True):
    """What an authenticator says of a new key. The members that are not required repeat what is in the others."""

    client_data_json: Octets = msgspec.field(name="clientDataJSON")
    attestation_object: Octets
    transports: list[str] | UnsetType = UNSET
    authenticator_data: Octets | UnsetType = UNSET
    public_key: Octets | UnsetType = UNSET
    public_key_algorithm: int | UnsetType = UNSET


class AuthenticatorAssertionResponse(Body, frozen=True):
    """What an authenticator signs."""

    client_data_json: Octets = msgspec.field(name="clientDataJSON")
    authenticator_data: Octets
    signature: Octets
    user_handle: Octets | UnsetType | None = UNSET


class CredentialCreationResponse(Body, frozen=True):
    """A new key, as a browser writes it."""

    id: str
    raw_id: Octets
    type: str
    response: AuthenticatorAttestationResponse
    authenticator_attachment: str | UnsetType = UNSET
    client_extension_results: dict[str, Any] | UnsetType = UNSET  # Any: extensions say what they like


class CredentialAssertionResponse(Body, frozen=True):
    """The proof that somebody holds a key, as a browser writes it."""

    id: str
    raw_id: Octets
    type: str
    response: AuthenticatorAssertionResponse
    authenticator_attachment: str | UnsetType = UNSET
    client_extension_results: dict[str, Any] | UnsetType = UNSET  # Any: as above


class SignUpWebauthnRequest(Body, frozen=True):
    """Begins a sign-up with a passkey."""

    email: Email
    options: SignUpOptions = SignUpOptions()


class SignUpWebauthnVerifyRequest(Body, frozen=True):
    """Ends it. Options given here replace those given at the beginning, member by member."""

    credential: CredentialCreationResponse
    options: SignUpOptions = SignUpOptions()
    nickname: Nickname | UnsetType = UNSET
    code_challenge: CodeChallenge | UnsetType = UNSET


class SignInWebauthnRequest(Body, frozen=True):
    """Begins a sign-in with a passkey; without an address, of whoever the authenticator knows."""

    email: Email | UnsetType = UNSET


class SignInWebauthnVerifyRequest(Body, frozen=True):
    """Ends a sign-in or an elevation. The address is of no effect."""

    credential: CredentialAssertionResponse
    email: Email | UnsetType = UNSET


class VerifyAddSecurityKeyRequest(Body, frozen=True):
    """Adds the new key."""

    credential: CredentialCreationResponse
    nickname: Nickname | UnsetType = UNSET


class VerifyAddSecurityKeyResponse(msgspec.Struct, frozen=True):
    """The key that was added."""

    id: UUID
    nickname: str | UnsetType = UNSET


class RelyingPartyEntity(msgspec.Struct, frozen=True):
    """The site that keys belong to."""

    name: str
    id: str


class UserEntity(msgspec.Struct, frozen=True, rename="camel"):
    """Whose key it becomes. `id` is the id's text, which browsers decode as if it were base64url."""

    name: str
    display_name: str
    id: UUID


class CredentialParameter(msgspec.Struct, frozen=True, kw_only=True):
    """A signature algorithm (IANA COSE registry)."""

    type: Literal["public-key"] = "public-key"
    alg: int


class PublicKeyCredentialDescriptor(msgspec.Struct, frozen=True, kw_only=True):
    """Names a key."""

    type: Literal["public-key"] = "public-key"
    id: Octets


class AuthenticatorSelection(msgspec.Struct, frozen=True, rename="camel"):
    """Which authenticators are welcome: all, and those that can name their user most."""

    require_resident_key: bool = False
    resident_key: Literal["preferred"] = "preferred"
    user_verification: Literal["preferred"] = "preferred"


class PublicKeyCredentialCreationOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `PublicKeyCredential.parseCreationOptionsFromJSON` takes."""

    rp: RelyingPartyEntity
    user: UserEntity
    challenge: Octets
    pub_key_cred_params: list[CredentialParameter]
    timeout: int
    exclude_credentials: list[PublicKeyCredentialDescriptor] | UnsetType = UNSET
    authenticator_selection: AuthenticatorSelection
    attestation: Literal["indirect"] = "indirect"


class PublicKeyCredentialRequestOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `PublicKeyCredential.parseRequestOptionsFromJSON` takes."""

    challenge: Octets
    timeout: int
    rp_id: str
    allow_credentials: list[PublicKeyCredentialDescriptor] | UnsetType = UNSET
    user_verification: Literal["preferred"] = "preferred"


_PARAMETERS: Final = [CredentialParameter(alg=algorithm) for algorithm in ALGORITHMS]
_SELECTION: Final = AuthenticatorSelection()


class Passkey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A passkey of the caller's. `isBackedUp`: it is kept in an account of theirs, not on one device alone."""

    created_at: datetime
    id: UUID
    is_backed_up: bool
    last_used_at: datetime | None
    nickname: str | None
    transports: list[str]


class Passkeys(msgspec.Struct, frozen=True):
    """All of them, the newest last."""

    passkeys: list[Passkey]


def creation_options(options: CreationOptions) -> PublicKeyCredentialCreationOptions:
    """Return the options for the wire."""
    party = options.party
    excluded = [PublicKeyCredentialDescriptor(id=to_base64url(known)) for known in options.exclude]
    return PublicKeyCredentialCreationOptions(
        rp=RelyingPartyEntity(party.rp_name, party.rp_id),
        user=UserEntity(options.name, options.name, options.user_id),
        challenge=to_base64url(options.challenge),
        pub_key_cred_params=_PARAMETERS,
        timeout=int(party.timeout.total_seconds() * 1000),
        exclude_credentials=excluded or UNSET,
        authenticator_selection=_SELECTION,
    )


def request_options(options: RequestOptions) -> PublicKeyCredentialRequestOptions:
    """Return the options for the wire."""
    allowed: list[PublicKeyCredentialDescriptor] | UnsetType = UNSET
    if options.allow is not None:
        allowed = [PublicKeyCredentialDescriptor(id=to_base64url(known)) for known in options.allow]
    return PublicKeyCredentialRequestOptions(
        challenge=to_base64url(options.challenge),
        timeout=int(options.party.timeout.total_seconds() * 1000),
        rp_id=options.party.rp_id,
        allow_credentials=allowed,
    )


def new_passkey(credential: CredentialCreationResponse, nickname: str | UnsetType) -> NewPasskey:
    """Return the key as the core takes it."""
    response = credential.response
    presented = PresentedAttestation(
        id=credential.id,
        raw_id=credential.raw_id,
        type=credential.type,
        client_data_json=response.client_data_json,
        attestation_object=response.attestation_object,
        transports=() if response.transports is UNSET else tuple(response.transports),
    )
    return NewPasskey(presented=presented, nickname=None if nickname is UNSET else nickname)


def presented_assertion(credential: CredentialAssertionResponse) -> PresentedAssertion:
    """Return the proof as the core takes it."""
    response = credential.response
    return PresentedAssertion(
        id=credential.id,
        raw_id=credential.raw_id,
        type=credential.type,
        client_data_json=response.client_data_json,
        authenticator_data=response.authenticator_data,
        signature=response.signature,
        user_handle=None if response.user_handle is UNSET else response.user_handle,
    )


def listed_passkey(passkey: ListedPasskey) -> Passkey:
    """Return a passkey for its owner."""
    return Passkey(
        created_at=passkey.created_at,
        id=passkey.id,
        is_backed_up=passkey.is_backed_up,
        last_used_at=passkey.last_used_at,
        nickname=passkey.nickname,
        transports=passkey.transports,
    )
