"""What strangers ask to learn who is registered: each question, for addresses that are known and for others."""

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx2
import msgspec

from tests.support.authenticator import Authenticator

PASSWORD: Final = "correct-horse-battery-staple"  # noqa: S105 - of users that live for a minute
WRONG: Final = "incorrect-horse-battery-staple"
_MASK: Final = "..."
_RANDOM: Final = frozenset({"challenge", "id"})  # members of passkey options that nobody can compare
_SECOND: Final = itertools.cycle((True, False, False, False))
_SUBSCRIBERS: Final = itertools.count(random.Random(82).randrange(1000))  # noqa: S311 - numbers that nobody has


class Stranger:
    """Somebody who asks each time from another address, through a proxy that the server trusts."""

    def __init__(self, base_url: str) -> None:
        self._client = httpx2.Client(base_url=base_url, timeout=30)
        self._chance = random.Random(7)  # noqa: S311 - of no secret

    def post(self, path: str, body: object, token: str | None = None) -> httpx2.Response:
        """Send JSON."""
        network = ".".join(str(self._chance.randrange(1, 255)) for _ in range(3))
        who = {} if token is None else {"authorization": f"Bearer {token}"}
        return self._client.post(path, json=body, headers={"x-forwarded-for": f"11.{network}", **who})

    def must(self, path: str, body: object, token: str | None = None) -> dict[str, Any]:  # Any: JSON
        """Send JSON that must be accepted, and return the members of the answer, if it has any."""
        answer = self.post(path, body, token)
        answer.raise_for_status()
        read: dict[str, Any] | str = answer.json()
        return {} if isinstance(read, str) else read


def new_email() -> str:
    """Return an address that nobody has yet."""
    return f"{uuid4().hex}@example.com"


def new_number() -> str:
    """Return a number that nobody has yet, in a block of its own."""
    return f"+49151{next(_SUBSCRIBERS):04d}0000"


def _registered(stranger: Stranger) -> str:
    email = new_email()
    stranger.must("/v1/signup/email-password", {"email": email, "password": PASSWORD})
    return email


def _registered_with_passkey(stranger: Stranger) -> str:
    """Register somebody with one passkey, or two; decoys are one or two as well."""
    email, authenticator = new_email(), Authenticator()
    options = stranger.must("/v1/signup/webauthn", {"email": email})
    answer = stranger.must("/v1/signup/webauthn/verify", {"credential": authenticator.create(options)})
    if next(_SECOND):
        token = answer["session"]["accessToken"]
        more = stranger.must("/v1/user/webauthn/add", {}, token)
        stranger.must("/v1/user/webauthn/verify", {"credential": Authenticator().create(more)}, token)
    return email


@dataclass(frozen=True)
class Question:
    """`make` registers somebody and returns how they are called; `unknown` returns a name that nobody has.

    With `is_told` the contract has different answers for the two, and only their times are compared.
    """

    name: str
    path: str
    body: Callable[[str], object]
    make: Callable[[Stranger], str] = _registered
    unknown: Callable[[], str] = new_email
    needs: Mapping[str, str] = field(default_factory=dict)  # settings, beyond those of the run
    is_told: bool = False

    def known(self, stranger: Stranger, count: int) -> Sequence[str]:
        """Register so many."""
        return [self.make(stranger) for _ in range(count)]


def told(answer: httpx2.Response, name: str) -> tuple[int, str, tuple[str, ...]]:
    """Return all that an answer tells: status, body and which headers there are; without what is random by nature.

    Nor the name that was asked for, which some answers repeat.
    """
    body = answer.text
    if answer.headers.get("content-type", "").startswith("application/json"):
        body = msgspec.json.encode(_masked(msgspec.json.decode(answer.content))).decode()
    return answer.status_code, body.replace(name, _MASK), tuple(sorted(answer.headers.keys()))


def _masked(value: object) -> object:
    match value:
        case dict():
            return {name: _MASK if name in _RANDOM else _masked(member) for name, member in value.items()}
        case list():
            return [_masked(member) for member in value]
        case _:
            return value


def _with_code(stranger: Stranger) -> str:
    email = _registered(stranger)
    stranger.must("/v1/signin/otp/email", {"email": email})
    return email


def _by_text(stranger: Stranger) -> str:
    number = new_number()
    stranger.must("/v1/signup/passwordless/sms", {"phoneNumber": number})
    return number


def _email(email: str) -> object:
    return {"email": email}


def _number(number: str) -> object:
    return {"phoneNumber": number}


_WRONG_CODE: Final = "000000"
_APART: Final = {"AUTH_DISABLE_AUTO_SIGNUP": "true"}

QUESTIONS: Final = (
    Question("password", "/v1/signin/email-password", lambda email: {"email": email, "password": WRONG}),
    Question(
        "password: sublay", "/v7/default/auth/sign-in", lambda email: {"email": email, "password": WRONG}, is_told=True
    ),
    Question("password reset", "/v1/user/password/reset", _email),
    Question("link: sign-up", "/v1/signup/passwordless/email", _email),
    Question("link: sign-in or sign-up", "/v1/signin/passwordless/email", _email),
    Question("link: sign-in", "/v1/signin/passwordless/email", _email, needs=_APART),
    Question("mail code: sign-up", "/v1/signup/otp/email", _email),
    Question("mail code: sign-in or sign-up", "/v1/signin/otp/email", _email),
    Question("mail code: sign-in", "/v1/signin/otp/email", _email, needs=_APART),
    Question("mail code: guessed", "/v1/signin/otp/email/verify", lambda email: {"email": email, "otp": _WRONG_CODE}),
    Question(
        "mail code: guessed while one is out",
        "/v1/signin/otp/email/verify",
        lambda email: {"email": email, "otp": _WRONG_CODE},
        make=_with_code,
    ),
    Question("text code: sign-up", "/v1/signup/passwordless/sms", _number, make=_by_text, unknown=new_number),
    Question(
        "text code: sign-in or sign-up", "/v1/signin/passwordless/sms", _number, make=_by_text, unknown=new_number
    ),
    Question(
        "text code: sign-in", "/v1/signin/passwordless/sms", _number, make=_by_text, unknown=new_number, needs=_APART
    ),
    Question(
        "text code: guessed while one is out",
        "/v1/signin/passwordless/sms/otp",
        lambda number: {"phoneNumber": number, "otp": _WRONG_CODE},
        make=_by_text,
        unknown=new_number,
    ),
    Question("passkey: sign-up", "/v1/signup/webauthn", _email),
    Question("passkey: sign-in without one", "/v1/signin/webauthn", _email),
    Question("passkey: sign-in", "/v1/signin/webauthn", _email, make=_registered_with_passkey),
)
