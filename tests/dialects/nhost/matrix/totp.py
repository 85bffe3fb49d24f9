"""The second factor, and recovery codes under our own paths."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from tests.dialects.nhost.matrix.stage import PASSWORD, Ask, Case, Fault, Person, Stage, gone, member, rule
from tests.dialects.nhost.matrix.usual import BEARER, SIGNED_IN, TOO_MANY, UNWELCOME
from tests.support.second_factor import Application
from vestibule.core.projects import Visit
from vestibule.core.totp.proving import WRONG_CODES
from vestibule.kernel.errors import (
    ElevationRequired,
    EndpointDisabled,
    InvalidTicket,
    InvalidTotp,
    NoTotpSecret,
    SecondFactorNotActive,
    TooManyAttempts,
    TotpAlreadyActive,
)
from vestibule.storage import Statement

OURS: Final = "/_/api"
NO_TICKET: Final = "mfaTotp:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"
_ON: Final = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE id = :user_id")
_OFF: Final = Statement(None, "UPDATE vestibule_users SET mfa_type = NULL WHERE id = :user_id")
_FORGET: Final = Statement(None, "DELETE FROM vestibule_totp WHERE user_id = :user_id")


async def _offered(stage: Stage) -> tuple[Person, Application]:
    person = await stage.person()
    offered = (await stage.speaker.get("/mfa/totp/generate", person.access)).json()
    return person, Application.scanning(offered["totpSecret"], stage.running.clock)


async def _holder(stage: Stage) -> tuple[Person, Application]:
    person, application = await _offered(stage)
    body = {"code": application.shows(), "activeMfaType": "totp"}
    assert (await stage.speaker.post("/user/mfa", body, person.access)).text == '"OK"\n'
    application.fresh()
    return person, application


async def _ticket(stage: Stage, person: Person) -> str:
    ticket: str = (await stage.speaker.sign_in(person.email, PASSWORD)).json()["mfa"]["ticket"]
    return ticket


async def _generate(stage: Stage) -> Ask:
    person, _ = await _holder(stage)
    return Ask(stage, "GET", "/mfa/totp/generate", token=person.access, person=person)


async def _turn_on(stage: Stage) -> Ask:
    person, application = await _offered(stage)
    body = {"code": application.shows(), "activeMfaType": "totp"}
    return Ask(stage, "POST", "/user/mfa", body, person.access, person=person)


async def _turn_off(stage: Stage) -> Ask:
    person, application = await _holder(stage)
    return Ask(stage, "POST", "/user/mfa", {"code": application.shows()}, person.access, person=person)


async def _sign_in(stage: Stage) -> Ask:
    person, application = await _holder(stage)
    body = {"ticket": await _ticket(stage, person), "otp": application.shows()}
    return Ask(stage, "POST", "/signin/mfa/totp", body, person=person)


async def _elevate(stage: Stage) -> Ask:
    person, application = await _holder(stage)
    return Ask(stage, "POST", "/elevate/totp", {"otp": application.shows()}, person.access, person=person)


async def _make_codes(stage: Stage) -> Ask:
    person, application = await _holder(stage)
    body = {"code": application.shows()}
    return Ask(stage, "POST", "/mfa/recovery-codes", body, person.access, person=person, base=OURS)


async def _count_codes(stage: Stage) -> Ask:
    person, _ = await _holder(stage)
    return Ask(stage, "GET", "/mfa/recovery-codes", token=person.access, person=person, base=OURS)


async def _recover(stage: Stage) -> Ask:
    making = await _make_codes(stage)
    code, person = (await making.send()).json()["codes"][0], making.who
    body = {"ticket": await _ticket(stage, person), "code": code}
    return Ask(stage, "POST", "/mfa/recovery-codes/sign-in", body, person=person, base=OURS)


async def _set(ask: Ask, statement: Statement[None]) -> None:
    await ask.stage.running.core.db.run(statement, user_id=ask.who.user_id)


async def _use_up_tries(ask: Ask) -> None:
    running = ask.stage.running
    subject = await running.core.users.subject(running.core.db, running.project.id, ask.who.user_id)
    visit = Visit(running.project, "nhost", "192.0.2.1", "a-request")
    for _ in range(WRONG_CODES.tries):
        with suppress(TooManyAttempts):  # some were used up by a ticket
            await running.core.second_factor.elevate.tries.charge(visit, subject)


def _burn(member: str) -> Fault:
    async def burn(ask: Ask) -> None:
        assert ask.body is not None
        body = {**ask.body, member: "nonsense"}
        for _ in range(5):
            await Ask(ask.stage, "POST", ask.path, body, base=ask.base).send()

    return Fault("burnt ticket", InvalidTicket, "invalid-ticket", burn, frozenset({"body.ticket"}))


SWITCHED_OFF: Final = rule("switched off", EndpointDisabled, "disabled-endpoint", mfa_enabled=False)
# Who is unknown has nothing to elevate with: their absence is told instead.
NOT_ELEVATED: Final = Fault(
    "not elevated",
    ElevationRequired,
    "not elevated",
    lambda ask: ask.rules.update(elevation="required"),
    frozenset({"rules.elevation", "user.known"}),
)
ACTIVE: Final = Fault(
    "on", TotpAlreadyActive, "totp-already-active", lambda ask: _set(ask, _ON), frozenset({"user.mfa"})
)
NOT_ACTIVE: Final = Fault(
    "off", SecondFactorNotActive, "disabled-mfa-totp", lambda ask: _set(ask, _OFF), frozenset({"user.mfa"})
)
NO_SECRET: Final = Fault(
    "no secret", NoTotpSecret, "no-totp-secret", lambda ask: _set(ask, _FORGET), frozenset({"user.totp"})
)
NO_TRIES: Final = Fault("tries", TooManyAttempts, TOO_MANY, _use_up_tries, frozenset({"user.tries"}))
FACTOR: Final = (NOT_ACTIVE, NO_SECRET)


def _wrong(name: str) -> Fault:
    return member(name, "nonsense", InvalidTotp, "invalid-totp")


def _by_ticket(name: str) -> tuple[Fault, ...]:
    """Return what can be wrong with a sign-in that waits; its code is the member called `name`."""
    return (
        SWITCHED_OFF,
        member("ticket", NO_TICKET, InvalidTicket, "invalid-ticket"),
        gone(InvalidTicket, "invalid-ticket"),
        *UNWELCOME,
        *FACTOR,
        _burn(name),
        NO_TRIES,
        _wrong(name),
    )


TOTP: Final[Mapping[str, Case]] = {
    "changeUserMfa": Case(_generate, (*BEARER, NOT_ELEVATED, SWITCHED_OFF, *SIGNED_IN)),
    "verifyChangeUserMfa, on": Case(
        _turn_on, (*BEARER, SWITCHED_OFF, *SIGNED_IN, ACTIVE, NO_SECRET, NO_TRIES, _wrong("code"))
    ),
    "verifyChangeUserMfa, off": Case(_turn_off, (*BEARER, SWITCHED_OFF, *SIGNED_IN, *FACTOR, NO_TRIES, _wrong("code"))),
    "verifySignInMfaTotp": Case(_sign_in, _by_ticket("otp")),
    "elevateTotp": Case(_elevate, (*BEARER, SWITCHED_OFF, *SIGNED_IN, *FACTOR, NO_TRIES, _wrong("otp"))),
    "makeRecoveryCodes": Case(_make_codes, (*BEARER, SWITCHED_OFF, *SIGNED_IN, *FACTOR, NO_TRIES, _wrong("code"))),
    "countRecoveryCodes": Case(_count_codes, (*BEARER, SWITCHED_OFF, *SIGNED_IN, *FACTOR)),
    "signInWithRecoveryCode": Case(_recover, _by_ticket("code")),
}
