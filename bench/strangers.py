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
        """Send JSON that must be accepted, and return the answer."""
        answer = self.post(path, body, token)
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read


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
    """`make` registers somebody and returns how they are called; `unknown` returns a name that nobody has."""

    name: str
    path: str
    body: Callable[[str], object]
    make: Callable[[Stranger], str] = _registered
    unknown: Callable[[], str] = new_email
    needs: Mapping[str, str] = field(default_factory=dict)  # settings, beyond those of the run

    def known(self, stranger: Stranger, count: int) -> Sequence[str]:
        """Register so many."""
        return [self.make(stranger) for _ in range(count)]


def told(answer: httpx2.Response) -> tuple[int, str, tuple[str, ...]]:
    """Return all that an answer tells: status, body and which headers there are; without what is random by nature."""
    body = answer.text
    if answer.headers.get("content-type", "").startswith("application/json"):
        body = msgspec.json.encode(_masked(msgspec.json.decode(answer.content))).decode()
    return answer.status_code, body, tuple(sorted(answer.headers.keys()))


def _masked(value: object) -> object:
    match value:
        case dict():
            return {name: _MASK if name in _RANDOM else _masked(member) for name, member in value.items()}
        case list():
            return [_masked(member) for member in value]
        case _:
            return value


QUESTIONS: Final = (
    Question("sign-in", "/v1/signin/email-password", lambda email: {"email": email, "password": WRONG}),
    Question("password reset", "/v1/user/password/reset", lambda email: {"email": email}),
    Question("passkeys of a user", "/v1/signin/webauthn", lambda email: {"email": email}, _registered_with_passkey),
    Question("passkeys of nobody", "/v1/signin/webauthn", lambda email: {"email": email}),
    Question("sign-in, sublay", "/v7/default/auth/sign-in", lambda email: {"email": email, "password": WRONG}),
)
