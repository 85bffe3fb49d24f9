"""Have I Been Pwned's range API on loopback, with padding as the real one."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from tests.support.providers.standing_in import Answer, Seen, StandIn

_PATH: Final = "/range/"
_NEIGHBOURS: Final = 30


@dataclass
class Pwned(StandIn):
    """`leaked` are the passwords that thieves have; `padding` are those that only pad answers."""

    leaked: set[str] = field(default_factory=set)
    padding: set[str] = field(default_factory=set)

    @property
    def environ(self) -> dict[str, str]:
        """What an operator sets to lead here."""
        return {
            "AUTH_PASSWORD_HIBP_ENABLED": "true",
            "VESTIBULE_HIBP_URL": self.url + _PATH,
            "VESTIBULE_OUTBOUND_ALLOW": "127.0.0.0/8",
        }

    def answer(self, request: Seen) -> Answer:
        """Answer as the real one does: all endings of one range, whoever asks."""
        prefix = request.path.removeprefix(_PATH)
        assert request.method == "GET"
        assert request.path.startswith(_PATH)
        assert len(prefix) == 5
        neighbours = [f"{number:035X}:{number + 1}" for number in range(_NEIGHBOURS)]
        lines = neighbours + _lines(self.leaked, prefix, 7)
        if request.headers.get("add-padding") == "true":
            lines += [f"{number:035X}:0" for number in range(1_000, 1_000 + _NEIGHBOURS)]
            lines += _lines(self.padding, prefix, 0)
        return Answer(body="\r\n".join(lines).encode(), headers={"Content-Type": "text/plain"})


def digest(password: str) -> str:
    """Return the hash that the list is made of."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def _lines(passwords: set[str], prefix: str, count: int) -> list[str]:
    return [f"{digest(password)[5:]}:{count}" for password in passwords if digest(password).startswith(prefix)]
