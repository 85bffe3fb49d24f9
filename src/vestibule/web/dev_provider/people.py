"""Who can sign in at the development provider: three people who do not exist, and whoever one makes up."""

import hashlib
from dataclasses import dataclass
from typing import Final

_SUBJECT_LENGTH: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account at the provider. `email_verified` says nothing where there is no address."""

    subject: str
    name: str
    email: str | None = None
    email_verified: bool = False


PEOPLE: Final = (
    Person(subject="reader", name="Reader", email="reader@example.com", email_verified=True),
    Person(subject="newcomer", name="Newcomer", email="newcomer@example.com"),
    Person(subject="guest", name="Guest"),
)


def person_called(subject: str) -> Person | None:
    """Return one of the three; None for any other subject."""
    return next((person for person in PEOPLE if person.subject == subject), None)


def made_up(name: str, email: str, *, email_verified: bool) -> Person:
    """Return somebody of one's own. The same address, or without one the same name, is the same account again."""
    name, email = name.strip(), email.strip()
    digest = hashlib.sha256((email or name).casefold().encode()).hexdigest()
    return Person(
        subject=f"own-{digest[:_SUBJECT_LENGTH]}",
        name=name or email,
        email=email or None,
        email_verified=email_verified and bool(email),
    )
