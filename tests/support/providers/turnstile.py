"""Cloudflare's Turnstile on loopback: a solution is good once, and only for whoever knows the site's secret."""

from dataclasses import dataclass, field
from typing import Final

from tests.support.providers.standing_in import Answer, Seen, StandIn

SECRET: Final = "0x4AAAAAAA-a-secret-of-Turnstile"
_PATH: Final = "/turnstile/v0/siteverify"


@dataclass
class Turnstile(StandIn):
    """`solutions` are good once each; `says` goes into `messages` of refusals."""

    solutions: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    says: list[str] = field(default_factory=list)

    @property
    def environ(self) -> dict[str, str]:
        """What an operator sets to lead here."""
        return {
            "AUTH_TURNSTILE_SECRET": SECRET,
            "VESTIBULE_TURNSTILE_URL": self.url + _PATH,
            "VESTIBULE_OUTBOUND_ALLOW": "127.0.0.0/8",
        }

    def solve(self, *solutions: str) -> None:
        """Let a visitor solve captchas."""
        self.solutions |= {*solutions}

    def answer(self, request: Seen) -> Answer:
        """Answer as Turnstile does."""
        assert (request.method, request.path) == ("POST", _PATH)
        sent = request.json
        if sent.get("secret") != SECRET:
            return self._refused("invalid-input-secret")
        solution = sent.get("response")
        if solution in self.used:
            return self._refused("timeout-or-duplicate")
        if solution not in self.solutions:
            return self._refused("invalid-input-response")
        self.used.add(solution)
        return Answer(
            body={
                "success": True,
                "challenge_ts": "2026-01-02T03:04:05.000Z",
                "hostname": "acme.example",
                "error-codes": [],
                "action": "",
                "cdata": "",
                "metadata": {"interactive": False},
            }
        )

    def _refused(self, code: str) -> Answer:
        return Answer(body={"success": False, "error-codes": [code], "messages": self.says})
