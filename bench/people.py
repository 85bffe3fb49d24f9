"""Users for the load: they sign up over HTTP, as anybody does."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx2

PASSWORD: Final = "correct-horse-battery-staple"  # noqa: S105 - of users that live for a minute
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Person:
    """A user, signed in."""

    email: str
    access_token: str


class People:
    """The users of one server, and files of their tokens for the scripts of wrk."""

    def __init__(self, base_url: str, folder: Path, *, count: int) -> None:
        self._client = httpx2.Client(base_url=base_url, timeout=30)
        self._folder = folder
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            self.everybody = list(threads.map(self._sign_up, range(count)))

    def access_tokens(self) -> str:
        """Return a file of access tokens."""
        return write_lines(self._folder, [person.access_token for person in self.everybody])

    def emails(self) -> str:
        """Return a file of addresses."""
        return write_lines(self._folder, [person.email for person in self.everybody])

    def refresh_tokens(self, count: int) -> str:
        """Return a file of refresh tokens, each of a new session."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found = threads.map(self._sign_in, (self.everybody[n % len(self.everybody)] for n in range(count)))
            return write_lines(self._folder, list(found))

    def _sign_up(self, _number: int) -> Person:
        email = f"{uuid4().hex}@example.com"
        session = self._session("/signup/email-password", email)
        return Person(email, session["accessToken"])

    def _sign_in(self, person: Person) -> str:
        token: str = self._session("/signin/email-password", person.email)["refreshToken"]
        return token

    def _session(self, path: str, email: str) -> dict[str, Any]:  # Any: as JSON decodes
        answer = self._client.post(path, json={"email": email, "password": PASSWORD})
        answer.raise_for_status()
        session: dict[str, Any] = answer.json()["session"]
        return session


def write_lines(folder: Path, lines: Sequence[str]) -> str:
    """Write one text per line into a new file and return its path."""
    path = folder / f"{uuid4().hex}.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return str(path)
