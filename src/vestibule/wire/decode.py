"""Bytes from strangers into declared structs. Whatever is wrong with them ends as one MalformedRequest.

Order: encoding, JSON itself, depth and forbidden characters, then the declared shape.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from vestibule.kernel.errors import MalformedRequest
from vestibule.wire.complaint import complain

MAX_DEPTH: Final = 64  # deeper JSON decodes, but would fail when written again further down the stack
Decode = Callable[[bytes], object]
Shape = Any  # a type that msgspec can decode or describe; typing has no name for "any type expression"

_HEX: Final = "0123456789abcdefABCDEF"
_ESCAPES: Final = {f"{high}{low}".encode(): bytes.fromhex(high + low) for high in _HEX for low in _HEX}
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)

_anything = msgspec.json.Decoder()


class _TooDeep(ValueError):
    """Nested deeper than anything that is declared."""


class _Forbidden(ValueError):
    """A text holds what no database column takes."""


def json_decoder(shape: Shape) -> Decode:
    """Return the function that turns a JSON body into `shape`. It raises MalformedRequest and nothing else."""
    strict = msgspec.json.Decoder(shape).decode

    def decode(body: bytes) -> object:
        try:
            if not body.isascii():
                body.decode()  # msgspec skips over undeclared members without looking at their encoding
            value: object = strict(body)
            if body.count(b"{") + body.count(b"[") > MAX_DEPTH or b"\\u0000" in body:
                _check_texts(_anything.decode(body))
        except _UNREADABLE as error:
            raise _malformed_json(error, body) from error
        return value

    return decode


def json_members(body: bytes) -> Mapping[str, object]:
    """Return all members of a JSON object, declared or not. Raises: MalformedRequest."""
    try:
        if not body.isascii():
            body.decode()
        value = _anything.decode(body)
        _check_texts(value)
    except _UNREADABLE as error:
        raise _malformed_json(error, body) from error
    if not isinstance(value, dict):
        raise MalformedRequest("Expected `object`", problem="type")
    return value


def form_members(body: bytes) -> Mapping[str, object]:
    """Return all members of an urlencoded body, the last one of each name. Raises: MalformedRequest."""
    return dict(_pairs(body, where="body"))


def _malformed_json(error: Exception, body: bytes) -> MalformedRequest:
    """Return the complaint. Broken JSON is told before a wrong shape, whichever the decoder met first."""
    match error:
        case UnicodeDecodeError():
            return MalformedRequest("The body is not valid UTF-8", problem="encoding")
        case RecursionError() | _TooDeep():
            return MalformedRequest("The JSON is nested too deeply", problem="depth")
        case _Forbidden():
            return MalformedRequest("A text holds a NUL character", problem="characters")
        case msgspec.ValidationError():
            return _broken(body) or complain(error, where="body")
        case _:
            pass
    if not body:
        return MalformedRequest("A body is required", problem="required")
    return MalformedRequest(f"The body is not valid JSON: {error}", problem="json")


def _broken(body: bytes) -> MalformedRequest | None:
    """Return the complaint about the JSON as such, None when it is well-formed."""
    try:
        _check_texts(_anything.decode(body))
    except msgspec.ValidationError:
        return None  # a number out of range is a matter of shape
    except _UNREADABLE as error:
        return _malformed_json(error, body)
    return None


def _check_texts(value: object) -> None:
    """Refuse NUL in any text and nesting beyond MAX_DEPTH, without recursion of our own."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below += item.keys()
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str) and "\x00" in item:
                raise _Forbidden
        if not below:
            return
        level = below
    raise _TooDeep


class FieldReader:
    """Turns a query string or an urlencoded body into a declared struct, converting the texts to its types."""

    def __init__(self, shape: type[msgspec.Struct], *, where: str) -> None:
        self._shape = shape
        self._where = where
        fields = msgspec.structs.fields(shape)
        self._lists = {field.encode_name for field in fields if _takes_list(field.type)}
        self._singles = {field.encode_name for field in fields} - self._lists

    def read(self, text: bytes) -> msgspec.Struct:
        """Return the struct; parameters that it does not declare are ignored.

        Raises: MalformedRequest, also when a parameter that is no list comes twice.
        """
        singles: dict[str, str] = {}
        lists: dict[str, list[str]] = {}
        for name, value in _pairs(text, where=self._where):
            if name in self._lists:
                lists.setdefault(name, []).append(value)
            elif name in singles:
                message = f"The parameter {name} is repeated"
                raise MalformedRequest(message, where=self._where, path=name, problem="repeated")
            elif name in self._singles:
                singles[name] = value
        try:
            return msgspec.convert({**singles, **lists}, self._shape, strict=False)
        except msgspec.ValidationError as error:
            raise complain(error, where=self._where) from error


def _takes_list(kind: Shape) -> bool:
    info = msgspec.inspect.type_info(kind)
    parts = info.types if isinstance(info, msgspec.inspect.UnionType) else (info,)
    bare = (part.type if isinstance(part, msgspec.inspect.Metadata) else part for part in parts)
    return any(isinstance(part, msgspec.inspect.ListType) for part in bare)


def _pairs(text: bytes, *, where: str) -> list[tuple[str, str]]:
    """Return the decoded pairs of `a=b&c=d`. Raises: MalformedRequest for bad escapes, bad UTF-8 and NUL."""
    if not text:
        return []
    pieces = (piece.partition(b"=") for piece in text.split(b"&") if piece)
    return [(_unescaped(name, where), _unescaped(value, where)) for name, _, value in pieces]


def _unescaped(text: bytes, where: str) -> str:
    first, *escaped = text.replace(b"+", b" ").split(b"%")
    try:
        result = b"".join((first, *(_ESCAPES[piece[:2]] + piece[2:] for piece in escaped))).decode()
    except (KeyError, UnicodeDecodeError) as error:
        message = "A parameter is not percent-encoded UTF-8"
        raise MalformedRequest(message, where=where, problem="encoding") from error
    if "\x00" in result:
        raise MalformedRequest("A parameter holds a NUL character", where=where, problem="characters")
    return result
