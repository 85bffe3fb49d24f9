"""The pure half: what an answer must show, one lie at a time."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.authenticator import (
    AAGUID,
    EDDSA,
    ES256,
    ES384,
    ES512,
    ORIGIN,
    PS256,
    PS384,
    PS512,
    RS256,
    RS384,
    RS512,
    Authenticator,
    Passkey,
    b64,
    unb64,
)
from tests.support.passkeys import assertion, attestation
from vestibule.core.passkeys import ALGORITHMS
from vestibule.core.passkeys.answers import challenge_of, is_handle_of
from vestibule.core.passkeys.verify import Expected, NewKey, Proof, verified_assertion, verified_attestation
from vestibule.kernel.errors import PasskeyRefused

CHALLENGE = bytes(range(32))
RP_ID = "localhost"
USER_ID = UUID("01900000-0000-7000-8000-000000000001")
CREATION: dict[str, Any] = {
    "rp": {"id": RP_ID},
    "user": {"id": str(USER_ID)},
    "challenge": b64(CHALLENGE),
    "pubKeyCredParams": [{"alg": algorithm} for algorithm in ALGORITHMS],
}
REQUEST: dict[str, Any] = {"rpId": RP_ID, "challenge": b64(CHALLENGE)}
OTHER = b64(bytes(32))

# What must be refused whatever else is right.
LIES: dict[str, dict[str, Any]] = {
    "another challenge": {"challenge": OTHER},
    "another origin": {"origin": "https://evil.example"},
    "an origin with a slash": {"origin": f"{ORIGIN}/"},
    "an origin that only begins like ours": {"origin": f"{ORIGIN}.evil.example"},
    "an upper-case origin": {"origin": ORIGIN.upper()},
    "a frame on another site": {"cross_origin": True},
    "another site's key": {"rp_id": "evil.example"},
    "nobody touched it": {"user_present": False},
    "a backup of what cannot be backed up": {"backup_eligible": False, "backed_up": True},
}


def expected(*, user_verified: bool = False) -> Expected:
    return Expected(challenge=CHALLENGE, rp_id=RP_ID, origins=(ORIGIN,), user_verified=user_verified)


def create(authenticator: Authenticator | None = None, **twists: Any) -> NewKey:
    presented = attestation((authenticator or Authenticator()).create(CREATION, **twists))
    return verified_attestation(presented.read(), expected())


def sign(authenticator: Authenticator, key: NewKey, want: Expected | None = None, **twists: Any) -> Proof:
    presented = assertion(authenticator.get(REQUEST, **twists))
    return verified_assertion(presented.read(), want or expected(), key.public_key)


@pytest.mark.parametrize("kind", ["none", "packed"])
@pytest.mark.parametrize("algorithm", [ES256, ES512, EDDSA, RS256, RS384, RS512])
def test_a_key_is_made_and_signs(algorithm: int, kind: str) -> None:
    """Whatever the options offer may come back, with a statement about itself or without."""
    authenticator = Authenticator(algorithm, counts=True)
    key = create(authenticator, attestation=kind)
    assert key.aaguid == AAGUID
    assert key.transports == ("hybrid", "internal")
    assert (key.is_backup_eligible, key.is_backed_up, key.sign_count) == (True, True, 1)
    proof = sign(authenticator, key, backed_up=False)
    assert (proof.is_backup_eligible, proof.is_backed_up, proof.sign_count) == (True, False, 2)


@pytest.mark.parametrize("algorithm", [ES384, PS256, PS384, PS512])
def test_a_rare_key_is_made_and_signs(algorithm: int) -> None:
    """The offer names them, so they are honoured (RFC 8230 section 2, RFC 9053 section 2.1)."""
    authenticator = Authenticator(algorithm)
    assert sign(authenticator, create(authenticator)).sign_count == 0


def test_every_offered_algorithm_is_tried_above() -> None:
    """A new one needs a test."""
    assert ALGORITHMS == (ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512, EDDSA)


@pytest.mark.parametrize("lie", LIES)
def test_a_key_that_comes_with_a_lie_is_refused(lie: str) -> None:
    """Each check by itself (security 92)."""
    with pytest.raises(PasskeyRefused):
        create(**LIES[lie])


@pytest.mark.parametrize("lie", LIES)
def test_a_signature_that_comes_with_a_lie_is_refused(lie: str) -> None:
    """Each check by itself (security 92)."""
    authenticator = Authenticator()
    key = create(authenticator)
    with pytest.raises(PasskeyRefused):
        sign(authenticator, key, **LIES[lie])


def test_an_answer_to_one_ceremony_is_none_to_the_other() -> None:
    """The type is what keeps a sign-in from being taken for a new key (security 92)."""
    authenticator = Authenticator()
    key = create(authenticator)
    with pytest.raises(PasskeyRefused):
        sign(authenticator, key, type="webauthn.create")
    with pytest.raises(PasskeyRefused):
        create(type="webauthn.get")


def test_whoever_was_to_be_verified_was() -> None:
    """Where the options say `required`, touching is not enough (security 92)."""
    authenticator = Authenticator()
    key = create(authenticator)
    strict = expected(user_verified=True)
    sign(authenticator, key, strict, user_verified=True)
    with pytest.raises(PasskeyRefused):
        sign(authenticator, key, strict, user_verified=False)
    unverified = attestation(Authenticator().create(CREATION, user_verified=False)).read()
    with pytest.raises(PasskeyRefused):
        verified_attestation(unverified, strict)
    verified_attestation(unverified, expected())


def test_another_key_does_not_sign_for_this_one() -> None:
    """Holding some key is not holding the right one (security 92)."""
    authenticator, thief = Authenticator(), Authenticator()
    key = create(authenticator)
    create(thief)
    with pytest.raises(PasskeyRefused):
        sign(authenticator, key, signed_by=thief.passkeys[0])
    with pytest.raises(PasskeyRefused):
        create(attestation="packed", signed_by=thief.passkeys[0])


def test_what_was_signed_cannot_be_changed() -> None:
    """A bit more in the authenticator's data, and the signature is worth nothing."""
    authenticator = Authenticator()
    key = create(authenticator)
    credential = authenticator.get(REQUEST)
    data = bytearray(unb64(credential["response"]["authenticatorData"]))
    data[-1] += 1
    credential["response"]["authenticatorData"] = b64(bytes(data))
    with pytest.raises(PasskeyRefused):
        verified_assertion(assertion(credential).read(), expected(), key.public_key)


def test_an_algorithm_that_was_not_offered_is_refused() -> None:
    """RS1, with SHA-1, still exists out there."""

    class Outdated(Passkey):
        def cose(self) -> dict[int, Any]:
            return super().cose() | {3: -65535}

    authenticator = Authenticator(RS256)
    credential = authenticator.create(CREATION, passkey_type=Outdated)
    with pytest.raises(PasskeyRefused):
        verified_attestation(attestation(credential).read(), expected())


@pytest.mark.parametrize(
    "change",
    [
        {3: RS256},  # an elliptic key that claims RSA
        {3: ES384},  # the hash of another curve
        {-3: b"\1" * 32},  # no point of the curve
        {-3: None},
        {1: 1},
        {"padding": b"x" * 4096},
    ],
    ids=["rsa", "curve", "point", "null", "type", "size"],
)
def test_a_public_key_that_could_never_verify_is_not_kept(change: dict[Any, Any]) -> None:
    """Nobody shall find out at the next sign-in that the key they made is worth nothing."""

    class Odd(Passkey):
        def cose(self) -> dict[int, Any]:
            return super().cose() | change

    credential = Authenticator().create(CREATION, passkey_type=Odd)
    with pytest.raises(PasskeyRefused):
        verified_attestation(attestation(credential).read(), expected())


def test_the_id_outside_is_the_id_inside() -> None:
    """Nobody registers somebody else's credential id by naming it beside their own."""
    credential = Authenticator().create(CREATION)
    credential |= {"id": b64(b"x" * 32), "rawId": b64(b"x" * 32)}
    with pytest.raises(PasskeyRefused):
        verified_attestation(attestation(credential).read(), expected())


def test_an_id_has_an_upper_bound() -> None:
    """1,023 bytes, says the standard."""
    assert len(create(credential_id=b"x" * 1023).credential_id) == 1023
    with pytest.raises(PasskeyRefused):
        create(credential_id=b"x" * 1024)


GARBAGE = [
    "",
    "!",
    "====",
    "AA==AA",
    "null",
    b64(b"null"),
    b64(b"{}"),
    b64(b"[" * 5000),
    b64(b'{"type": 1}'),
    b64(b"\xff"),
    "Ä",
]


@pytest.mark.parametrize("text", GARBAGE)
@pytest.mark.parametrize("member", ["clientDataJSON", "attestationObject"])
def test_an_unreadable_new_key_is_refused(member: str, text: str) -> None:
    """Whatever a stranger sends is a refusal, never an error of ours (security 109)."""
    credential = Authenticator().create(CREATION)
    credential["response"][member] = text
    with pytest.raises(PasskeyRefused):
        verified_attestation(attestation(credential).read(), expected())


@pytest.mark.parametrize("text", GARBAGE)
@pytest.mark.parametrize("member", ["clientDataJSON", "authenticatorData", "signature"])
def test_an_unreadable_signature_is_refused(member: str, text: str) -> None:
    """As above (security 109)."""
    authenticator = Authenticator()
    key = create(authenticator)
    credential = authenticator.get(REQUEST)
    credential["response"][member] = text
    with pytest.raises(PasskeyRefused):
        verified_assertion(assertion(credential).read(), expected(), key.public_key)


@pytest.mark.parametrize(
    ("member", "value"), [("type", "password"), ("id", OTHER), ("rawId", OTHER), ("rawId", "!"), ("id", "")]
)
def test_the_frame_of_a_credential_must_fit(member: str, value: str) -> None:
    """Id and raw id are one, and its type is the only one there is."""
    authenticator = Authenticator()
    create(authenticator)
    with pytest.raises(PasskeyRefused):
        assertion(authenticator.get(REQUEST) | {member: value}).read()


def test_a_challenge_is_found_before_anything_is_believed() -> None:
    """It names the ticket."""
    assert challenge_of(attestation(Authenticator().create(CREATION)).read()) == CHALLENGE


def test_padding_is_tolerated() -> None:
    """Some libraries write it."""
    credential = Authenticator().create(CREATION)
    padded = credential["rawId"] + "=" * (-len(credential["rawId"]) % 4)
    assert attestation(credential | {"rawId": padded}).read() == attestation(credential).read()


def test_a_handle_names_one_user() -> None:
    """As the 27 bytes that browsers make of the id's text, or as the text itself."""
    other = UUID("01900000-0000-7000-8000-000000000002")
    for handle in (unb64(str(USER_ID)), str(USER_ID).encode()):
        assert is_handle_of(handle, USER_ID)
        assert not is_handle_of(handle, other)
    assert not is_handle_of(b"", USER_ID)
    assert not is_handle_of(USER_ID.bytes, USER_ID)
