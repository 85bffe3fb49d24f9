"""JSON Schemas of declared shapes, shared as components of one OpenAPI document."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from vestibule.wire.decode import Shape

Schema = dict[str, Any]  # Any: a JSON Schema is whatever JSON Schema allows

_REF: Final = "#/components/schemas/{name}"


class Schemas:
    """Collects components while shapes are described."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._classes: dict[type, Schema] = {}  # an error's struct is described at every endpoint

    def describe(self, shape: Shape) -> Schema:
        """Return the schema of `shape`. Raises: TypeError for a shape that JSON cannot express."""
        if isinstance(shape, tuple):
            return any_of([self.describe(part) for part in shape])
        if get_origin(shape) in _UNIONS:
            return any_of([self.describe(part) for part in get_args(shape)])
        if isinstance(shape, type) and shape in self._classes:
            return self._classes[shape]
        (schema,), components = msgspec.json.schema_components([shape], ref_template=_REF)
        self.components.update(components)
        if isinstance(shape, type):
            self._classes[shape] = schema
        return schema

    def parameters(self, shape: type[msgspec.Struct]) -> list[Schema]:
        """Return the query parameters that a struct declares."""
        (schema,), components = msgspec.json.schema_components([shape], ref_template=_REF)
        own = components.pop(schema["$ref"].rpartition("/")[2])
        self.components.update(components)
        required = own.get("required", ())
        return [
            {"name": name, "in": "query", "required": name in required, "schema": part}
            for name, part in own.get("properties", {}).items()
        ]


_UNIONS: Final[tuple[object, ...]] = (Union, UnionType)


def any_of(schemas: list[Schema]) -> Schema:
    """Return one schema for several, without repetition."""
    different = [schema for at, schema in enumerate(schemas) if schema not in schemas[:at]]
    return different[0] if len(different) == 1 else {"anyOf": different}


def union_members(shape: Shape) -> tuple[Shape, ...]:
    """Return the parts of `A | B | None`, or `shape` alone; None stands for NoneType."""
    parts = get_args(shape) if get_origin(shape) in _UNIONS else (shape,)
    return tuple(None if part is NoneType else part for part in parts)


def merge_contents(contents: list[Mapping[str, Schema]]) -> dict[str, Schema]:
    """Return OpenAPI contents by media type, where each holds any of the schemas given for it."""
    merged: dict[str, list[Schema]] = {}
    for content in contents:
        for media_type, schema in content.items():
            merged.setdefault(media_type, []).append(schema)
    return {media_type: {"schema": any_of(schemas)} for media_type, schemas in merged.items()}
