"""What somebody has agreed to on the provider's page, and what was asked of them there."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from vestibule.web.dev_provider.clients import Client
from vestibule.web.dev_provider.faults import Fault
from vestibule.web.dev_provider.people import Person


class AuthorizeQuery(msgspec.Struct, frozen=True):
    """An authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.1)."""

    client_id: str | None = None
    redirect_uri: str | None = None
    response_type: str | None = None
    response_mode: str | None = None
    scope: str = ""
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    login_hint: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for an answer on the page, under `ticket`."""

    ticket: str
    client: Client
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code stands for, and the tokens after it."""

    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    nonce: str | None
    code_challenge: str | None
    person: Person
    fault: Fault | None
    at: datetime


def as_known(person: Person, fault: Fault | None) -> Person:
    """Return what the provider knows of `person` when it fails like this."""
    match fault:
        case Fault.UNVERIFIED_EMAIL:
            return replace(person, email_verified=False)
        case Fault.MISSING_EMAIL:
            return replace(person, email=None, email_verified=False)
        case _:
            return person
