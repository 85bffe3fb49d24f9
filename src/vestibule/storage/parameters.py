"""What may be bound to a statement, and how each engine wants to be given it.

SQLite has no UUID, time, boolean or JSON: they are 16 bytes, integer microseconds, 0 or 1, and text.
PostgreSQL has all four; asyncpg takes JSON as text.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias, final
from uuid import UUID

import msgspec

from vestibule.kernel.clock import to_micros


@final
class Json:
    """Marks a parameter that is stored as a JSON document."""

    __slots__ = ("text",)

    def __init__(self, value: object) -> None:
        self.text = msgspec.json.encode(value).decode()

    def __repr__(self) -> str:
        return f"Json({len(self.text)} characters)"  # the document may hold what a log must not


Parameter: TypeAlias = bool | int | float | str | bytes | UUID | datetime | Json | None
Adapters: TypeAlias = Mapping[type, Callable[[Any], object]]  # Any: each adapter is found by its value's own type


def _text(value: Json) -> str:
    return value.text


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:  # asyncpg would silently take it for local time
        raise TypeError("a stored time is aware")
    return value


POSTGRES_ADAPTERS: Final[Adapters] = {Json: _text, datetime: _aware}
SQLITE_ADAPTERS: Final[Adapters] = {
    Json: _text,
    datetime: to_micros,
    UUID: lambda value: value.bytes,
    bool: int,
}
