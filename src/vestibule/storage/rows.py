"""How the columns of a result become a row: decided once per statement, so that a call only converts what must be."""

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from vestibule.kernel.clock import from_micros

R = TypeVar("R")
Convert: TypeAlias = Callable[..., Any]  # Any: the driver's value in, the field's value out
Decode: TypeAlias = Callable[[Sequence[Any]], R]  # Any: the values of one row, as the driver delivers them

_AS_DELIVERED: Final = (str, int, float, bytes)
_SQLITE_CONVERSIONS: Final[Mapping[type, Convert]] = {
    UUID: lambda value: UUID(bytes=value),
    datetime: from_micros,
    bool: bool,
}


def field_types(row: object) -> dict[str, object] | None:
    """Return field name -> annotation of a row class in the order of its columns; None for a scalar row."""
    if isinstance(row, type) and (dataclasses.is_dataclass(row) or issubclass(row, msgspec.Struct)):
        hints = typing.get_type_hints(row)
        names = (
            [field.name for field in dataclasses.fields(row)]
            if dataclasses.is_dataclass(row)
            else list(row.__struct_fields__)
        )
        return {name: hints[name] for name in names}
    return None


def decoder(row: object, *, sqlite: bool) -> Decode[Any]:  # Any: what `row` makes, be it a class or a NewType
    """Return what turns a driver's row into a `row`.

    Raises: TypeError when a field has a type that no column can hold.
    """
    fields = field_types(row)
    if fields is None:
        return _scalar(_conversion(row, sqlite=sqlite))
    assert callable(row)  # noqa: S101 - it has fields, so it is a class
    if any(dataclasses.is_dataclass(annotation) for annotation in fields.values()):
        return _joined(row, list(fields.values()), sqlite=sqlite)
    conversions = [
        (index, convert)
        for index, annotation in enumerate(fields.values())
        if (convert := _conversion(annotation, sqlite=sqlite)) is not None
    ]
    return _record(row, conversions)


def _joined(row: Convert, parts: list[object], *, sqlite: bool) -> Decode[object]:
    """Decode a join: a part that is a dataclass takes as many columns as it has fields, in their order."""
    slices: list[tuple[slice, Decode[Any]]] = []
    start = 0
    for part in parts:
        width = len(field_types(part) or ()) or 1
        slices.append((slice(start, start + width), decoder(part, sqlite=sqlite)))
        start += width
    return lambda record: row(*[decode(record[columns]) for columns, decode in slices])


def _scalar(convert: Convert | None) -> Decode[object]:
    if convert is None:
        return lambda record: record[0]

    def decode(record: Sequence[Any]) -> object:
        value = record[0]
        return None if value is None else convert(value)

    return decode


def _record(row: Convert, conversions: list[tuple[int, Convert]]) -> Decode[object]:
    if not conversions:
        return lambda record: row(*record)

    def decode(record: Sequence[Any]) -> object:
        values = list(record)
        for index, convert in conversions:
            value = values[index]
            if value is not None:
                values[index] = convert(value)
        return row(*values)

    return decode


def _conversion(annotation: object, *, sqlite: bool) -> Convert | None:
    plain = bare_type(annotation)
    if isinstance(plain, type) and not typing.get_args(plain):
        if issubclass(plain, Enum):
            return plain
        if plain in _SQLITE_CONVERSIONS:
            return _SQLITE_CONVERSIONS[plain] if sqlite else None
        if plain in _AS_DELIVERED or plain is types.NoneType:
            return None
    if typing.get_origin(plain) is typing.Literal:
        return None
    return msgspec.json.Decoder(typing.cast("type[object]", plain)).decode  # an annotation, which mypy calls an object


def bare_type(annotation: object) -> object:
    """Return the type behind a NewType, and behind `X | None`."""
    while (behind := getattr(annotation, "__supertype__", None)) is not None:
        annotation = behind
    if typing.get_origin(annotation) in {types.UnionType, typing.Union}:
        others = [member for member in typing.get_args(annotation) if member is not types.NoneType]
        if len(others) == 1:
            return bare_type(others[0])
    return annotation
