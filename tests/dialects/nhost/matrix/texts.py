"""Codes by text message: signing in, registering, proving oneself again, changing one's number."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from tests.dialects.nhost.matrix.anonymous import NOT_ANONYMOUS
from tests.dialects.nhost.matrix.codes import NOT_A_CODE, burn, use_up_guesses
from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Person, Stage, gone, member, rule, status
from tests.dialects.nhost.matrix.usual import (
    BAD_TARGET,
    BEARER,
    NEW_USERS_DISABLED,
    NO_SIGN_UP,
    NOT_ELEVATED,
    OPTIONS,
    SIGNED_IN,
    TOO_MANY,
    UNWELCOME,
    WRONG,
)
from vestibule.core.texts.postage import NUMBER_BUDGET
from vestibule.kernel.errors import (
    CannotSendText,
    EndpointDisabled,
    InvalidPhoneNumber,
    InvalidTextCode,
    PhoneTaken,
    Refusal,
    SignUpDisabled,
    TooManyAttempts,
    TooManyTextGuesses,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Statement

_NUMBER: Final = Statement(
    None, "UPDATE vestibule_users SET phone_number = :number, phone_verified_at = :at WHERE id = :user_id"
)
_SEEN: Final = Statement(
    None, "UPDATE vestibule_users SET phone_verified_at = :at, last_seen_at = :at WHERE id = :user_id"
)
_AN_HOUR: Final = timedelta(hours=1)  # so many texts have left: now there may be more
_PROVIDER: Final = "only a provider that makes the codes itself can be away at this moment"
_WRONG: Final = "wrong text code"


async def _give(stage: Stage, person: Person, number: str | None) -> None:
    at = None if number is None else stage.running.clock.now()
    await stage.running.core.db.run(_NUMBER, user_id=person.user_id, number=number, at=at)


async def _person(stage: Stage) -> tuple[Person, str]:
    stage.running.clock.advance(_AN_HOUR)
    person, number = await stage.person(), stage.new_number()
    await _give(stage, person, number)
    return person, number


async def _ask(stage: Stage, path: str) -> Ask:
    person, number = await _person(stage)
    return Ask(stage, "POST", path, {"phoneNumber": number, "options": {}}, person=person)


async def _ask_anew(stage: Stage, path: str) -> Ask:
    stage.running.clock.advance(_AN_HOUR)
    return Ask(stage, "POST", path, {"phoneNumber": stage.new_number(), "options": {}})


async def _verify(stage: Stage) -> Ask:
    person, number = await _person(stage)
    code = await stage.texted("/signin/passwordless/sms", {"phoneNumber": number})
    body = {"phoneNumber": number, "otp": code}
    return Ask(stage, "POST", "/signin/passwordless/sms/otp", body, person=person)


async def _ask_for_elevation(stage: Stage) -> Ask:
    person, _ = await _person(stage)
    return Ask(stage, "POST", "/elevate/otp/sms", None, person.access, person=person)


async def _elevate(stage: Stage) -> Ask:
    person, _ = await _person(stage)
    code = await stage.texted("/elevate/otp/sms", None, person.access)
    return Ask(stage, "POST", "/elevate/otp/sms/verify", {"otp": code}, person.access, person=person)


async def _ask_for_change(stage: Stage) -> Ask:
    person, _ = await _person(stage)
    body = {"newPhoneNumber": stage.new_number()}
    return Ask(stage, "POST", "/user/phone-number/change", body, person.access, person=person)


async def _change(stage: Stage) -> Ask:
    person, _ = await _person(stage)
    number = stage.new_number()
    code = await stage.texted("/user/phone-number/change", {"newPhoneNumber": number}, person.access)
    body = {"newPhoneNumber": number, "otp": code}
    return Ask(stage, "POST", "/user/phone-number/change/verify", body, person.access, person=person)


async def _ask_to_be_named(stage: Stage) -> Ask:
    stage.running.clock.advance(_AN_HOUR)
    session = await stage.speaker.anonymous()
    person = Person("", UUID(session["user"]["id"]), session["accessToken"], session["refreshToken"])
    body = {"phoneNumber": stage.new_number(), "options": {}}
    return Ask(stage, "POST", "/user/deanonymize/sms", body, person.access, person=person)


async def _take_number(ask: Ask) -> None:
    assert ask.body is not None
    number = ask.body.get("newPhoneNumber") or ask.body["phoneNumber"]
    await _give(ask.stage, await ask.stage.person(), number)


async def _without_number(ask: Ask) -> None:
    await _give(ask.stage, ask.who, None)


async def _use_up_texts(ask: Ask) -> None:
    for _ in range(NUMBER_BUDGET.tries):
        await ask.send()


async def _give_up(ask: Ask) -> None:
    a_year_ago = ask.stage.running.clock.now() - timedelta(days=366)
    await ask.stage.running.core.db.run(_SEEN, user_id=ask.who.user_id, at=a_year_ago)
    ask.rules["sign_up_enabled"] = False


DISABLED: Final = rule("switched off", EndpointDisabled, "disabled-endpoint", text_codes_enabled=False)
NO_NUMBER: Final = Fault(
    "no number", EndpointDisabled, "disabled-endpoint", _without_number, frozenset({"user.number"})
)
COUNTRY: Final = rule("country", CannotSendText, "cannot-send-sms", text_countries=("CA", "US"))
NO_TEXTS_LEFT: Final = rule("no texts left", TooManyAttempts, TOO_MANY, texts_per_hour=0)
TEXTS: Final = Fault("texts", TooManyAttempts, TOO_MANY, _use_up_texts, frozenset({"tries"}))
TRIES: Final = Fault("tries", TooManyAttempts, TOO_MANY, use_up_guesses, frozenset({"tries"}))
BURNT: Final = Fault("burnt", TooManyTextGuesses, "last text code", burn, frozenset({"guesses"}))
WRONG_CODE: Final = member("otp", NOT_A_CODE, InvalidTextCode, _WRONG)
TAKEN: Final = Fault("taken", PhoneTaken, "user-already-exists", _take_number, frozenset({"number"}))
# Of two that touch nothing in common and cannot meet: who was not seen for a year is not kept out by any of these.
GIVEN_UP: Final = Fault(
    "given up", SignUpDisabled, "signup-disabled", _give_up, frozenset({"user", "rules", "tries", "guesses"})
)


def _bad(name: str, refusal: type[Refusal], says: str) -> Fault:
    return member(name, "no number", refusal, says)


SENDING: Final = (COUNTRY, TEXTS, NO_TEXTS_LEFT)
CHOSEN: Final = (BAD_TARGET, *OPTIONS, _bad("phoneNumber", InvalidPhoneNumber, "cannot-send-sms"))

TEXT_CODES: Final[Mapping[str, Case]] = {
    "signInPasswordlessSms, of somebody": Case(
        lambda stage: _ask(stage, "/signin/passwordless/sms"), (DISABLED, *CHOSEN, *SENDING, *UNWELCOME)
    ),
    "signInPasswordlessSms, of nobody": Case(
        lambda stage: _ask_anew(stage, "/signin/passwordless/sms"),
        (DISABLED, *CHOSEN, *SENDING, NO_SIGN_UP, NEW_USERS_DISABLED),
    ),
    "signUpPasswordlessSms, of somebody": Case(
        lambda stage: _ask(stage, "/signup/passwordless/sms"),
        (DISABLED, NO_SIGN_UP, *CHOSEN, *SENDING, *UNWELCOME),
    ),
    "signUpPasswordlessSms, of nobody": Case(
        lambda stage: _ask_anew(stage, "/signup/passwordless/sms"),
        (DISABLED, NO_SIGN_UP, *CHOSEN, COUNTRY, NO_TEXTS_LEFT, NEW_USERS_DISABLED),
    ),
    "verifySignInPasswordlessSms": Case(
        _verify,
        (
            *(DISABLED, _bad("phoneNumber", InvalidTextCode, _WRONG), TRIES, BURNT),
            *(gone(InvalidTextCode, _WRONG), WRONG_CODE, GIVEN_UP, *UNWELCOME),
        ),
        unseen={CannotSendText: _PROVIDER},
    ),
    "deanonymizeUserSms": Case(
        _ask_to_be_named,
        (
            *(*BEARER, DISABLED, gone(UserNotFound, WRONG), NOT_ANONYMOUS, status(UserNotActive), *CHOSEN),
            *(TAKEN, *SENDING),
        ),
    ),
    "elevateOTPSms": Case(_ask_for_elevation, (*BEARER, DISABLED, *SIGNED_IN, NO_NUMBER, *SENDING)),
    "verifyElevateOTPSms": Case(
        _elevate,
        (*BEARER, DISABLED, *SIGNED_IN, NO_NUMBER, TRIES, BURNT, WRONG_CODE),
        unseen={CannotSendText: _PROVIDER},
    ),
    "changeUserPhoneNumber": Case(
        _ask_for_change,
        (
            *(*BEARER, NOT_ELEVATED, DISABLED, *SIGNED_IN),
            *(_bad("newPhoneNumber", InvalidPhoneNumber, "cannot-send-sms"), *SENDING, TAKEN),
        ),
    ),
    "verifyChangeUserPhoneNumber": Case(
        _change,
        (
            *(*BEARER, NOT_ELEVATED, DISABLED, *SIGNED_IN, _bad("newPhoneNumber", InvalidTextCode, _WRONG)),
            *(TRIES, BURNT, WRONG_CODE, TAKEN),
        ),
        unseen={CannotSendText: _PROVIDER},
    ),
}
