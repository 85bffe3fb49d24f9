"""What is measured, how its requests are made, and the part of the limit that it must reach."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from bench.people import PASSWORD, People

Feed = Callable[[People, int], list[str]]  # the arguments of the script, for so many connections


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request. Its limit is a bare handler, or, where passwords are hashed, the hashing threads alone."""

    name: str
    script: str
    floor: float
    feed: Feed
    path: str = ""
    hashes: bool = False


def _nothing(_people: People, _connections: int) -> list[str]:
    return []


def _access(people: People, _connections: int) -> list[str]:
    return [people.access_tokens()]


def _refresh(people: People, connections: int) -> list[str]:
    # Answers that were on their way when a round ended took their tokens along, so each round has sessions of its own;
    # wrk asks for one request that it never sends.
    return [people.refresh_tokens(2 * connections)]


def _sign_in(people: People, _connections: int) -> list[str]:
    return [people.emails(), PASSWORD]


def _sign_up(_people: People, _connections: int) -> list[str]:
    return [uuid4().hex, PASSWORD]


OPERATIONS: Final = (
    Operation("version", "get", 0.55, _nothing, path="/version"),
    Operation("jwks", "get", 0.55, _nothing, path="/.well-known/jwks.json"),
    Operation("token verify", "token_verify", 0.45, _access),
    Operation("user", "user", 0.55, _access),
    Operation("refresh", "refresh", 0.60, _refresh),
    Operation("sign-in", "sign_in", 0.75, _sign_in, hashes=True),
    Operation("sign-up", "sign_up", 0.75, _sign_up, hashes=True),
)
