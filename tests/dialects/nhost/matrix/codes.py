"""Codes by mail: signing in, registering, proving oneself again."""

import asyncio
from collections.abc import Mapping
from typing import Final

from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage, anonymous, gone, member, rule, status
from tests.dialects.nhost.matrix.usual import (
    BAD_EMAIL,
    BAD_TARGET,
    BEARER,
    KEPT_OUT,
    NEW_USERS_DISABLED,
    NO_MAIL_LEFT,
    NO_SIGN_UP,
    OPTIONS,
    SIGNED_IN,
    TOO_MANY,
)
from vestibule.core.guesses import GUESS_BUDGET
from vestibule.core.letters import CODE_TRIES, MAIL_BUDGET
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    EndpointDisabled,
    InvalidEmailCode,
    TooManyAttempts,
    TooManyGuesses,
    UserNotActive,
)

NOT_A_CODE: Final = "no code"
DISABLED: Final = rule("switched off", EndpointDisabled, "disabled-endpoint", email_codes_enabled=False)


async def _ask(stage: Stage, path: str) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", path, {"email": person.email, "options": {}}, person=person)


async def _ask_anew(stage: Stage, path: str) -> Ask:
    return Ask(stage, "POST", path, {"email": stage.new_email(), "options": {}})


async def _verify(stage: Stage) -> Ask:
    person = await stage.person()
    code = await stage.mailed("/signin/otp/email", {"email": person.email})
    return Ask(stage, "POST", "/signin/otp/email/verify", {"email": person.email, "otp": code}, person=person)


async def _ask_for_elevation(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/elevate/otp/email", None, person.access, person=person)


async def _elevate(stage: Stage) -> Ask:
    ask = await _ask_for_elevation(stage)
    await ask.send()
    _, code = await stage.speaker.newest_mail()
    return Ask(stage, "POST", "/elevate/otp/email/verify", {"otp": code}, ask.token, person=ask.person)


async def _use_up_letters(ask: Ask) -> None:
    for _ in range(MAIL_BUDGET.tries):
        await ask.send()


async def _guess(ask: Ask) -> None:
    assert ask.body is not None
    await ask.stage.speaker.post(ask.path, {**ask.body, "otp": NOT_A_CODE}, ask.token)


async def burn(ask: Ask) -> None:
    """Guess wrong as often as a code bears."""
    for _ in range(CODE_TRIES):
        await _guess(ask)


async def use_up_guesses(ask: Ask) -> None:
    """Guess wrong as often as an address bears, all at once."""
    await asyncio.gather(*(_guess(ask) for _ in range(GUESS_BUDGET.tries)))


async def _unprove(ask: Ask) -> None:
    await ask.stage.unverify(ask.who)


TRIES: Final = Fault("tries", TooManyAttempts, TOO_MANY, use_up_guesses, frozenset({"tries"}))
LETTERS: Final = Fault("letters", TooManyAttempts, TOO_MANY, _use_up_letters, frozenset({"tries"}))
BURNT: Final = Fault("burnt", TooManyGuesses, "last email code", burn, frozenset({"guesses"}))
WRONG_CODE: Final = member("otp", NOT_A_CODE, InvalidEmailCode, "wrong email code")
UNPROVEN: Final = Fault(
    "unproven",
    EmailNotVerified,
    "unverified-user",
    _unprove,
    frozenset({"user.verified", "rules.verified_email_required"}),
)

EMAIL_CODES: Final[Mapping[str, Case]] = {
    "signInOTPEmail, of somebody": Case(
        lambda stage: _ask(stage, "/signin/otp/email"),
        (
            *(BAD_EMAIL, DISABLED, KEPT_OUT, BAD_TARGET, *OPTIONS),
            *(LETTERS, status(UserNotActive), anonymous(AnonymousNotAllowed), NO_MAIL_LEFT),
        ),
    ),
    "signInOTPEmail, of nobody": Case(
        lambda stage: _ask_anew(stage, "/signin/otp/email"),
        (
            *(BAD_EMAIL, DISABLED, KEPT_OUT, BAD_TARGET, *OPTIONS),
            *(NO_SIGN_UP, NO_MAIL_LEFT, NEW_USERS_DISABLED),
        ),
    ),
    "signUpOTPEmail, of somebody": Case(
        lambda stage: _ask(stage, "/signup/otp/email"),
        (
            *(BAD_EMAIL, DISABLED, NO_SIGN_UP, KEPT_OUT, BAD_TARGET, *OPTIONS),
            *(LETTERS, NO_MAIL_LEFT, status(UserNotActive), anonymous(AnonymousNotAllowed)),
        ),
    ),
    "signUpOTPEmail, of nobody": Case(
        lambda stage: _ask_anew(stage, "/signup/otp/email"),
        (
            *(BAD_EMAIL, DISABLED, NO_SIGN_UP, KEPT_OUT, BAD_TARGET, *OPTIONS),
            *(NO_MAIL_LEFT, NEW_USERS_DISABLED),
        ),
    ),
    "verifySignInOTPEmail": Case(
        _verify,
        (
            *(BAD_EMAIL, TRIES, BURNT, gone(InvalidEmailCode, "wrong email code"), WRONG_CODE),
            *(KEPT_OUT, status(UserNotActive), anonymous(AnonymousNotAllowed)),
        ),
    ),
    "elevateOTPEmail": Case(_ask_for_elevation, (*BEARER, DISABLED, *SIGNED_IN, UNPROVEN, LETTERS, NO_MAIL_LEFT)),
    "verifyElevateOTPEmail": Case(_elevate, (*BEARER, DISABLED, *SIGNED_IN, UNPROVEN, TRIES, BURNT, WRONG_CODE)),
}
