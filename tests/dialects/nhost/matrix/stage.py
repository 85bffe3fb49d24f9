"""One request in the making, what can be wrong with it, and the people it is about."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import httpx2

from tests.dialects.nhost.speaking import BASE, Speaker
from tests.support.serving import Running
from tests.support.ways_in import under
from vestibule.kernel.errors import Refusal
from vestibule.storage import Statement

PASSWORD: Final = "correct horse"
_NUMBERS: Final = count(1)
_STATUS: Final = Statement(None, "UPDATE vestibule_users SET status = :status WHERE id = :user_id")
_ANONYMOUS: Final = Statement(None, "UPDATE vestibule_users SET is_anonymous = :yes WHERE id = :user_id")
_NO_PASSKEYS: Final = Statement(None, "DELETE FROM vestibule_passkeys WHERE user_id = :user_id")
_VERIFIED: Final = Statement(None, "UPDATE vestibule_credentials SET verified_at = :at WHERE user_id = :user_id")


@dataclass(frozen=True)
class Person:
    """A user who is signed in."""

    email: str
    user_id: UUID
    access: str
    refresh: str


@dataclass
class Stage:
    """A running server, and people made on it; no two rows share one."""

    running: Running

    @property
    def speaker(self) -> Speaker:
        """Somebody who calls the server."""
        return Speaker(self.running)

    def new_email(self) -> str:
        """Return an address that nobody has."""
        return f"person{next(_NUMBERS)}@example.com"

    def new_number(self) -> str:
        """Return a number that nobody has."""
        return f"+4915123{next(_NUMBERS):06d}"

    async def person(self, email: str | None = None, *, verified: bool = True) -> Person:
        """Sign somebody up."""
        email = email or self.new_email()
        session = await self.speaker.sign_up(email, PASSWORD)
        user_id = UUID(session["user"]["id"])
        person = Person(email, user_id, session["accessToken"], session["refreshToken"])
        if verified:
            await self.verify(person)
        return person

    async def verify(self, person: Person) -> None:
        """Prove the address of somebody."""
        await self.running.core.db.run(_VERIFIED, user_id=person.user_id, at=self.running.clock.now())

    async def unverify(self, person: Person) -> None:
        """Let nobody know whether the address is theirs."""
        await self.running.core.db.run(_VERIFIED, user_id=person.user_id, at=None)

    async def texted(self, path: str, body: Mapping[str, Any] | None, token: str | None = None) -> str:
        """Ask for a text message and return its code."""
        answer = await self.speaker.post(path, body, token)
        assert answer.status_code == httpx2.codes.OK, answer.text
        return (await self.running.texts())[0].code

    async def without_passkeys(self, person: Person) -> None:
        """Take every passkey of somebody away."""
        await self.running.core.db.run(_NO_PASSKEYS, user_id=person.user_id)

    async def mailed(self, path: str, body: Mapping[str, Any]) -> str:
        """Ask for a mail and return its ticket."""
        answer = await self.speaker.post(path, body)
        assert answer.status_code == httpx2.codes.OK, answer.text
        return (await self.speaker.newest_mail())[1]


@dataclass
class Ask:
    """A request that would succeed, until something is spoilt."""

    stage: Stage
    method: str
    path: str
    body: dict[str, Any] | None = None
    token: str | None = None
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    person: Person | None = None
    email: str = ""  # of somebody who is about to exist
    remake: Callable[[Mapping[str, Any], Mapping[str, Any]], Any] | None = None  # what proves, to other options
    rules: dict[str, Any] = field(default_factory=dict)
    base: str = BASE

    async def send(self) -> httpx2.Response:
        """Send it under its rules."""
        running, speaker = self.stage.running, Speaker(self.stage.running, self.base)
        before = running.core.catalog.default_policy
        under(running, **self.rules)
        try:
            if self.method == "GET":
                query = f"?{urlencode(self.query)}" if self.query else ""
                return await speaker.get(f"{self.path}{query}", self.token, **self.headers)
            if self.method == "DELETE":
                return await speaker.delete(self.path, self.token)
            if self.form is not None:
                return await speaker.submit(self.path, self.form, **self.headers)
            return await speaker.post(self.path, self.body, self.token)
        finally:
            running.core.catalog.default_policy = before
            running.core.catalog.forget()

    @property
    def who(self) -> Person:
        """Whom it is about."""
        assert self.person is not None
        return self.person

    def member(self, path: str, value: Any) -> None:
        """Set a member of the body, such as `options.locale`."""
        assert self.body is not None
        *above, last = path.split(".")
        place = self.body
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value


Spoil = Callable[[Ask], Awaitable[None] | None]
Begin = Callable[[Stage], Awaitable[Ask]]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: how it comes about, the refusal that it ends in, and what is then told.

    `touches` are the things that it changes, dotted; two faults that touch the same thing cannot meet.
    """

    name: str
    refusal: type[Refusal]
    says: str
    spoil: Spoil
    touches: frozenset[str]

    def meets(self, other: "Fault") -> bool:
        """Tell whether both can be wrong at once."""
        return not any(_overlap(mine, theirs) for mine in self.touches for theirs in other.touches)


def _overlap(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


@dataclass(frozen=True)
class Case:
    """One endpoint: a request that succeeds, and its faults in the order in which they are told."""

    begin: Begin
    faults: Sequence[Fault]
    unseen: Mapping[type[Refusal], str] = field(default_factory=dict)  # declared, and why no row can show it


def rule(name: str, refusal: type[Refusal], says: str, **policy: Any) -> Fault:
    """Return what the project's rules forbid."""

    def spoil(ask: Ask) -> None:
        ask.rules |= policy

    return Fault(name, refusal, says, spoil, frozenset(f"rules.{key}" for key in policy))


def member(path: str, value: Any, refusal: type[Refusal], says: str, *, name: str = "") -> Fault:
    """Return a member of the body that is refused."""
    return Fault(
        name or f"{path} = {value!r:.30}",
        refusal,
        says,
        lambda ask: ask.member(path, value),
        frozenset({f"body.{path}"}),
    )


def status(refusal: type[Refusal], says: str = "disabled-user") -> Fault:
    """Return a user who was shut out; their sessions and tickets are left in place."""

    async def spoil(ask: Ask) -> None:
        await ask.stage.running.core.db.run(_STATUS, user_id=ask.who.user_id, status="disabled")

    return Fault("disabled", refusal, says, spoil, frozenset({"user.status"}))


def unverified(refusal: type[Refusal], says: str = "unverified-user") -> Fault:
    """Return a user whose address is not proven where it must be."""

    async def spoil(ask: Ask) -> None:
        await ask.stage.running.core.db.run(_VERIFIED, user_id=ask.who.user_id, at=None)
        ask.rules["verified_email_required"] = True

    return Fault("unverified", refusal, says, spoil, frozenset({"user.verified", "rules.verified_email_required"}))


def anonymous(refusal: type[Refusal], says: str = "forbidden-anonymous") -> Fault:
    """Return a user whom nobody knows."""

    async def spoil(ask: Ask) -> None:
        await ask.stage.running.core.db.run(_ANONYMOUS, user_id=ask.who.user_id, yes=True)

    return Fault("anonymous", refusal, says, spoil, frozenset({"user.anonymous"}))


def gone(refusal: type[Refusal], says: str) -> Fault:
    """Return a user who was deleted, and all that was theirs."""

    async def spoil(ask: Ask) -> None:
        running = ask.stage.running
        await running.core.users.delete(running.project.id, ask.who.user_id, actor="test")

    return Fault("deleted", refusal, says, spoil, frozenset({"user"}))


def token(value: str | None, refusal: type[Refusal], says: str) -> Fault:
    """Return an Authorization header that opens nothing."""

    def spoil(ask: Ask) -> None:
        ask.token = value

    return Fault(f"token {value}", refusal, says, spoil, frozenset({"token"}))
