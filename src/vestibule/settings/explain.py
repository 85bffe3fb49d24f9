"""Shows what a server would run with, and why, without giving any secret away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader, Variable
from vestibule.settings.urls import MASK, without_secrets


@dataclass(frozen=True, slots=True)
class Explained:
    """One variable: its value (secrets masked), where it comes from, and what it means."""

    name: str
    value: str
    origin: str
    about: str


def explained(reader: Reader, *, everything: bool) -> list[Explained]:
    """Return the variables that are set, or all of them."""
    return list(_explained(reader, everything=everything))


def _explained(reader: Reader, *, everything: bool) -> Iterator[Explained]:
    for variable in every_variable():
        written = reader.written(variable.name)
        if written is not None or everything:
            shown = variable.shown_default if written is None else masked(variable, written)
            yield Explained(variable.name, shown, reader.origin(variable.name), variable.about)


def every_variable() -> Iterator[Variable[Any]]:  # Any: variables of every type
    """Yield each variable that is read, in the order of the documentation."""
    for sections in (own.SECTIONS, nhost.SECTIONS):
        for section in sections.values():
            yield from section


def masked(variable: Variable[Any], written: str) -> str:  # Any: variables of every type
    """Return a value for display: of a database's URL only password and query are hidden, any other secret wholly.

    URLs that are no secret may still hold one: their query is hidden, and whoever is named before the host.
    """
    if not variable.secret:
        return without_secrets(written)
    try:
        parts = urlsplit(written)
    except ValueError:
        return MASK
    if not (parts.scheme and parts.path) or parts.scheme not in {"postgres", "postgresql", "sqlite", "redis", "rediss"}:
        return MASK
    user, at, place = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    hidden = f"{name}{colon}{MASK if colon else ''}{at}{place}"
    query = f"?{MASK}" if parts.query else ""  # it may name a password too
    return f"{parts.scheme}://{hidden}{parts.path}{query}"
