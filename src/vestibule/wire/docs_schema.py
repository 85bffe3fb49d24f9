"""Draws JSON Schemas for the page at /docs: a type in words, and a table for an object's members."""

from collections.abc import Mapping
from html import escape
from typing import Final

from vestibule.wire.schemas import Schema

_LIMITS: Final = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "from {}",
    "maximum": "up to {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "like {}",
}


def with_code(text: str) -> str:
    """Return the text in HTML, what stands in backticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def show_content(content: Mapping[str, Schema], dialect: str) -> str:
    """Return media types and shapes of a body."""
    return "".join(
        f'<div><span class="badge">{escape(media_type)}</span> {show_schema(part["schema"], dialect)}</div>'
        for media_type, part in content.items()
    )


def show_schema(schema: Schema, dialect: str) -> str:
    """Return a table for an object with members, else the type in words."""
    members = schema.get("properties")
    if not members:
        return _words(schema, dialect)
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><th><code>{escape(name)}</code>{' <span class=must title=required>*</span>' if name in required else ''}"
        f"</th><td>{_words(member, dialect)}</td></tr>"
        for name, member in members.items()
    )
    description = f"<p>{with_code(schema['description'])}</p>" if "description" in schema else ""
    return f"{description}<table>{rows}</table>"


def _words(schema: Schema, dialect: str) -> str:
    limits = [text.format(f"<code>{escape(str(schema[key]))}</code>") for key, text in _LIMITS.items() if key in schema]
    if "default" in schema:
        limits.append(f"default <code>{escape(str(schema['default']))}</code>")
    return ", ".join((f'<span class="type">{_type(schema, dialect)}</span>', *limits))


def _type(schema: Schema, dialect: str) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{escape(f"{dialect}--{name}")}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(part, dialect) for part in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        # a tuple has a shape for each place, and `items` is false
        parts = schema.get("prefixItems") or [schema.get("items", {})]
        return f"list of {' and '.join(_type(part, dialect) for part in parts)}"
    return _plain_type(schema, dialect)


def _plain_type(schema: Schema, dialect: str) -> str:
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'], dialect)}"
    kind = schema.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return escape(f"{words} ({schema['format']})" if "format" in schema else words)
