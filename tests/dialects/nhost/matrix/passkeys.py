"""Signing up and in with passkeys, proving oneself again with one, adding, listing and removing them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Person, Stage, gone, member, rule
from tests.dialects.nhost.matrix.usual import (
    BAD_EMAIL,
    BAD_TARGET,
    BEARER,
    KEPT_OUT,
    OPTIONS,
    PKCE_ONLY,
    SIGNED_IN,
    TOO_MANY,
    UNWELCOME,
    WRONG,
)
from tests.support.authenticator import Authenticator
from tests.support.ways_in import EVERY_WAY_IN
from vestibule.core.passkeys import MOST_PER_USER
from vestibule.core.passkeys.store import INSERT
from vestibule.core.projects import WebAuthn
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.errors import (
    ElevationRequired,
    EmailTaken,
    EndpointDisabled,
    LastWayIn,
    NoPasskey,
    PasskeyNotFound,
    PasskeyRefused,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Json, Statement

REFUSED: Final = "invalid-request"
_OPEN: Final = replace(EVERY_WAY_IN["webauthn"], decoys=False)
_NO_PASSWORD: Final = Statement(None, "UPDATE vestibule_credentials SET password_hash = NULL WHERE user_id = :user_id")
_FORGET: Final = Statement(None, "DELETE FROM vestibule_passkeys WHERE user_id = :user_id")


async def _with_passkey(stage: Stage) -> tuple[Person, Authenticator]:
    person = await stage.person()
    authenticator = Authenticator()
    await _add(stage, person, authenticator)
    return person, authenticator


async def _add(stage: Stage, person: Person, authenticator: Authenticator) -> None:
    options = (await stage.speaker.post("/user/webauthn/add", token=person.access)).json()
    body = {"credential": authenticator.create(options)}
    assert (await stage.speaker.post("/user/webauthn/verify", body, person.access)).is_success


async def _begin_sign_up(stage: Stage) -> Ask:
    return Ask(stage, "POST", "/signup/webauthn", {"email": stage.new_email(), "options": {}})


async def _finish_sign_up(stage: Stage) -> Ask:
    email = stage.new_email()
    options = (await stage.speaker.post("/signup/webauthn", {"email": email})).json()
    body = {"credential": Authenticator().create(options), "options": {}, "nickname": "a key"}
    return Ask(stage, "POST", "/signup/webauthn/verify", body, query={"email": email})


async def _begin_sign_in(stage: Stage) -> Ask:
    person, _ = await _with_passkey(stage)
    return Ask(stage, "POST", "/signin/webauthn", {"email": person.email}, person=person)


async def _begin_sign_in_openly(stage: Stage) -> Ask:
    ask = await _begin_sign_in(stage)
    ask.rules["webauthn"] = _OPEN
    return ask


async def _finish_sign_in(stage: Stage) -> Ask:
    person, authenticator = await _with_passkey(stage)
    options = (await stage.speaker.post("/signin/webauthn", {"email": person.email})).json()
    body = {"credential": authenticator.get(options)}
    return Ask(stage, "POST", "/signin/webauthn/verify", body, person=person)


async def _begin_addition(stage: Stage) -> Ask:
    person, _ = await _with_passkey(stage)
    return Ask(stage, "POST", "/user/webauthn/add", token=person.access, person=person)


async def _finish_addition(stage: Stage) -> Ask:
    person, _ = await _with_passkey(stage)
    options = (await stage.speaker.post("/user/webauthn/add", token=person.access)).json()
    body = {"credential": Authenticator().create(options), "nickname": "a spare"}
    return Ask(stage, "POST", "/user/webauthn/verify", body, person.access, person=person)


async def _begin_elevation(stage: Stage) -> Ask:
    person, _ = await _with_passkey(stage)
    return Ask(stage, "POST", "/elevate/webauthn", token=person.access, person=person)


async def _finish_elevation(stage: Stage) -> Ask:
    person, authenticator = await _with_passkey(stage)
    options = (await stage.speaker.post("/elevate/webauthn", token=person.access)).json()
    body = {"credential": authenticator.get(options)}
    return Ask(stage, "POST", "/elevate/webauthn/verify", body, person.access, person=person)


async def _list(stage: Stage) -> Ask:
    person, _ = await _with_passkey(stage)
    return Ask(stage, "GET", "/user/passkeys", token=person.access, person=person, base="/_/api")


async def _remove(stage: Stage) -> Ask:
    """Let somebody remove a passkey who has no password."""
    listing = await _list(stage)
    [passkey] = (await listing.send()).json()["passkeys"]
    await stage.running.core.db.run(_NO_PASSWORD, user_id=listing.who.user_id)
    return replace(listing, method="DELETE", path=f"/user/passkeys/{passkey['id']}", rules={})


def _another_passkey(passkey_id: str) -> Fault:
    def spoil(ask: Ask) -> None:
        ask.path = f"/user/passkeys/{passkey_id}"

    return Fault(f"passkey {passkey_id:.8}", PasskeyNotFound, "no such passkey", spoil, frozenset({"path"}))


async def _forget_passkeys(ask: Ask) -> None:
    await ask.stage.running.core.db.run(_FORGET, user_id=ask.who.user_id)


async def _have_too_many(ask: Ask) -> None:
    running = ask.stage.running
    for _ in range(MOST_PER_USER - 1):
        passkey_id = SystemEntropy().bytes(16)
        await running.core.db.run(
            INSERT,
            project_id=running.project.id,
            id=UUID(bytes=passkey_id),
            user_id=ask.who.user_id,
            credential_id=passkey_id,
            public_key=b"",
            sign_count=0,
            transports=Json([]),
            nickname=None,
            aaguid=None,
            is_backup_eligible=False,
            is_backed_up=False,
            now=running.clock.now(),
        )


async def _take_address(ask: Ask) -> None:
    await ask.stage.speaker.sign_up(ask.query["email"])


def _unreadable(name: str) -> Fault:
    return member(f"credential.response.{name}", "!", PasskeyRefused, REFUSED, name=f"unreadable {name}")


def _elevation_wanted(ask: Ask) -> None:
    ask.rules["elevation"] = "required"


OFF: Final = rule("off", EndpointDisabled, "disabled-endpoint", webauthn=WebAuthn())
NO_SIGN_UP: Final = rule("no sign-up", SignUpDisabled, "signup-disabled", sign_up_enabled=False)
# Somebody who is gone has nothing to be elevated with, and is told that they are gone.
NOT_ELEVATED: Final = Fault(
    "not elevated", ElevationRequired, "not elevated", _elevation_wanted, frozenset({"rules.elevation", "user.exists"})
)
NO_KEY: Final = Fault("no passkey", NoPasskey, REFUSED, _forget_passkeys, frozenset({"user.passkeys"}))
TAKEN_SINCE: Final = Fault("taken", EmailTaken, "taken", _take_address, frozenset({"address"}))
NOT_THAT_ID: Final = member("credential.id", "AAAA", PasskeyRefused, REFUSED)
NOT_THAT_TYPE: Final = member("credential.type", "password", PasskeyRefused, REFUSED)
ATTESTATION: Final[tuple[Fault, ...]] = (NOT_THAT_ID, NOT_THAT_TYPE, _unreadable("clientDataJSON"))
ASSERTION: Final[tuple[Fault, ...]] = (*ATTESTATION, _unreadable("signature"), _unreadable("authenticatorData"))
NOT_ATTESTED: Final = member("credential.response.attestationObject", "AAAA", PasskeyRefused, REFUSED)
NOT_SIGNED: Final = member("credential.response.signature", "AAAA", PasskeyRefused, REFUSED)

PASSKEYS: Final[Mapping[str, Case]] = {
    "signUpWebauthn": Case(_begin_sign_up, (BAD_EMAIL, OFF, NO_SIGN_UP, BAD_TARGET, *OPTIONS, KEPT_OUT)),
    "verifySignUpWebauthn": Case(
        _finish_sign_up,
        (
            OFF,
            NO_SIGN_UP,
            *ATTESTATION,
            BAD_TARGET,
            *OPTIONS,
            KEPT_OUT,
            NOT_ATTESTED,
            rule("no mail left", TooManyAttempts, TOO_MANY, mail_per_hour=0, verified_email_required=True),
            TAKEN_SINCE,
            rule("new users disabled", UserNotActive, "disabled-user", new_users_disabled=True, mail_per_hour=9_999),
        ),
        unseen=PKCE_ONLY,
    ),
    "signInWebauthn": Case(_begin_sign_in, (BAD_EMAIL, OFF)),
    "signInWebauthn, openly": Case(
        _begin_sign_in_openly, (BAD_EMAIL, OFF, gone(UserNotFound, WRONG), *UNWELCOME, NO_KEY)
    ),
    "verifySignInWebauthn": Case(
        _finish_sign_in, (OFF, *ASSERTION, gone(PasskeyRefused, REFUSED), NOT_SIGNED, *UNWELCOME)
    ),
    "addSecurityKey": Case(
        _begin_addition,
        (
            *BEARER,
            NOT_ELEVATED,
            OFF,
            *SIGNED_IN,
            Fault("too many", PasskeyRefused, REFUSED, _have_too_many, frozenset({"user.passkeys"})),
        ),
    ),
    "verifyAddSecurityKey": Case(
        _finish_addition, (*BEARER, NOT_ELEVATED, OFF, *SIGNED_IN, *ATTESTATION, NOT_ATTESTED)
    ),
    "getPasskeys": Case(_list, (*BEARER, *SIGNED_IN)),
    "removePasskey": Case(
        _remove,
        (
            *BEARER,
            NOT_ELEVATED,
            *SIGNED_IN,
            _another_passkey(str(uuid4())),
            rule("last way in", LastWayIn, "last way in", sign_in_links_enabled=False, email_codes_enabled=False),
        ),
    ),
    "elevateWebauthn": Case(_begin_elevation, (*BEARER, OFF, *SIGNED_IN, NO_KEY)),
    "verifyElevateWebauthn": Case(_finish_elevation, (*BEARER, OFF, *SIGNED_IN, *ASSERTION, NOT_SIGNED)),
}
