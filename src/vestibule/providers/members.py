"""Members of what providers answer. Whatever is missing or of another type is taken as not said."""

from collections.abc import Mapping


def member(value: object, name: str) -> object:
    """Return a member of an object; None when there is none."""
    return value.get(name) if isinstance(value, Mapping) else None


def text(value: object, *path: str) -> str:
    """Return the text at the end of `path`; empty when there is none."""
    for name in path:
        value = member(value, name)
    return value if isinstance(value, str) else ""


def number(value: object, name: str) -> str:
    """Return an id that is a number as text; empty when there is none."""
    found = member(value, name)
    return str(found) if isinstance(found, int) and not isinstance(found, bool) and found > 0 else ""


def first(value: object) -> object:
    """Return the first element of a list; None when there is none."""
    return value[0] if isinstance(value, list) and value else None


def together(*parts: str) -> str:
    """Return the parts of a name as one."""
    return " ".join(part for part in parts if part)
