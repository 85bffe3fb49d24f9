"""Reads a request's body: never more than the bound, never in another encoding or media type than declared."""

from collections.abc import Callable, Mapping
from typing import Final

from vestibule.kernel.errors import MalformedRequest, PayloadTooLarge, UnsupportedMediaType
from vestibule.wire.call import Call

MAX_BODY_BYTES: Final = 64 * 1024
_MOST_DIGITS: Final = len(str(MAX_BODY_BYTES))
_TEXT_ENCODINGS: Final = frozenset({"utf-8", "utf8", "us-ascii"})


class ClientGone(Exception):
    """The client hung up before its request was complete: nobody is left to answer."""


async def read_body(call: Call) -> bytes:
    """Return the whole body, reading it once. Raises: PayloadTooLarge, MalformedRequest, ClientGone."""
    if call.raw_body is not None:
        return call.raw_body
    length = call.raw_headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise MalformedRequest("Content-Length is not a number", where="header", path="content-length")
    if len(length) > _MOST_DIGITS or int(length) > MAX_BODY_BYTES:
        raise PayloadTooLarge
    body = b""
    more = True
    while more:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLarge
        more = message.get("more_body", False)
    call.raw_body = body
    return body


def media_type_reader(accepted: Mapping[str, Callable[[bytes], object]]) -> Callable[[Call], Callable[[bytes], object]]:
    """Return the function that picks the decoder for a call's Content-Type from `accepted`, by media type.

    It raises UnsupportedMediaType for anything else, also for compressed bodies and other text encodings.
    """
    usual = {media_type.encode(): decode for media_type, decode in accepted.items()}

    def pick(call: Call) -> Callable[[bytes], object]:
        if call.raw_headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedMediaType
        header = call.raw_headers.get(b"content-type", b"")
        decode = usual.get(header)
        if decode is not None:
            return decode
        media_type, _, parameters = header.decode("latin-1").lower().partition(";")
        decode = accepted.get(media_type.strip())
        if decode is None or _charset(parameters) not in _TEXT_ENCODINGS:
            raise UnsupportedMediaType
        return decode

    return pick


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return value.strip().strip('"')
    return "utf-8"
