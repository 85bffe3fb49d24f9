"""What a handler may return besides a plain JSON value, and how each becomes status, headers and bytes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, TypeVar
from urllib.parse import quote

from vestibule.wire.cookies import Cookie
from vestibule.wire.declaration import JSON

T = TypeVar("T")
Encode = Callable[[object], bytes]
HeaderPair = tuple[bytes, bytes]


class HeaderBlock:
    """Headers in both forms that a server may want: ASGI's pairs, and lines ready to be sent."""

    __slots__ = ("lines", "pairs")

    def __init__(self, pairs: Sequence[HeaderPair]) -> None:
        self.pairs = tuple(pairs)
        self.lines = b"".join(b"%s: %s\r\n" % pair for pair in pairs)


Rendered = tuple[int, HeaderBlock, bytes]

HTML: Final = "text/html; charset=utf-8"
TEXT: Final = "text/plain; charset=utf-8"
JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_LINE: Final = frozenset(map(chr, [0x09, *range(0x20, 0x7F), *range(0xA0, 0x100)]))
_URI_SAFE: Final = "%!#$&'()*+,/:;=?@[]~"  # what RFC 3986 knows; the rest is percent-encoded, line breaks included


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A JSON value with a status, headers or cookies of its own; `value` None sends no body (204 unless given)."""

    value: T
    status: int | None = None
    headers: Sequence[tuple[str, str]] = ()
    cookies: Sequence[Cookie] = ()
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the browser elsewhere. The target has been judged by the core's redirect validator."""

    location: str
    status: int = 302
    headers: Sequence[tuple[str, str]] = ()
    cookies: Sequence[Cookie] = ()


@dataclass(frozen=True, slots=True)
class Html:
    """A page."""

    text: str
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    cookies: Sequence[Cookie] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """JavaScript for a page to include."""

    text: str
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    cookies: Sequence[Cookie] = ()


@dataclass(frozen=True, slots=True)
class PlainText:
    """Bare text; an empty text sends no content type either."""

    text: str
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    cookies: Sequence[Cookie] = ()
    content_type: str = TEXT


@dataclass(frozen=True, slots=True)
class RawBody:
    """Bytes that were encoded earlier, such as a key set or an OpenAPI document."""

    content: bytes
    content_type: str
    status: int = 200
    headers: Sequence[tuple[str, str]] = field(default=())
    cookies: Sequence[Cookie] = ()


Reply = Answer[object] | Redirect | Html | Script | PlainText | RawBody
REPLY_TYPES: Final = (Answer, Redirect, Html, Script, PlainText, RawBody)


def render_reply(
    reply: Reply, encode: Encode, status: int, now: Callable[[], datetime]
) -> tuple[int, list[HeaderPair], bytes]:
    """Return status, its own headers (no content length) and body of `reply`. Raises: ValueError, as encode_headers."""
    match reply:
        case Answer(value=None):
            code, content_type, body = reply.status or 204, "", b""
        case Answer():
            code, content_type, body = reply.status or status, reply.content_type or JSON, encode(reply.value)
        case Redirect():
            code, content_type, body = reply.status, "", b""
        case Html():
            code, content_type, body = reply.status, HTML, reply.text.encode()
        case Script():
            code, content_type, body = reply.status, JAVASCRIPT, reply.text.encode()
        case PlainText():
            code, content_type, body = reply.status, reply.content_type if reply.text else "", reply.text.encode()
        case _:
            code, content_type, body = reply.status, reply.content_type, reply.content
    headers = [(b"content-type", content_type.encode("latin-1"))] if content_type else []
    if isinstance(reply, Redirect):
        headers.append((b"location", quote(reply.location, safe=_URI_SAFE).encode("latin-1")))
    headers += encode_headers(reply.headers)
    headers += encode_headers([("set-cookie", cookie.render(now())) for cookie in reply.cookies])
    return code, headers, body


def encode_headers(headers: Sequence[tuple[str, str]]) -> list[HeaderPair]:
    """Return the headers as ASGI wants them, names in lower case.

    Raises: ValueError for a value that could break out of its line.
    """
    if not all(name.isascii() and name.isprintable() and _LINE.issuperset(value) for name, value in headers):
        raise ValueError("a header has printable characters only")
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def merge_headers(base: Sequence[HeaderPair], own: Sequence[HeaderPair]) -> HeaderBlock:
    """Return `own` and those of `base` that `own` does not replace."""
    names = {name for name, _ in own}
    return HeaderBlock([*own, *(pair for pair in base if pair[0] not in names)])
