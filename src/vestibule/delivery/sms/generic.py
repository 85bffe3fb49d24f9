"""Any provider that takes a text with one POST: an operator says where to, and how the body looks.

The template is taken apart once, by its content type. Values are put into the parts and all of it is encoded again:
nothing in a number or a text can become part of the form (security 114).
"""

import html
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from vestibule.delivery.sms.settings import GenericTexts
from vestibule.delivery.sms.transport import handed_over
from vestibule.delivery.texts import Text
from vestibule.outbound import OutboundClient

_TO: Final = "${to}"
_BODY: Final = "${body}"


class Body:
    """The body of the request, made from a template. Raises: ValueError, saying what to change."""

    def __init__(self, content_type: str, template: str) -> None:
        kind = content_type.partition(";")[0].strip().lower()
        self._encode = _encoder(kind, template)
        tried = self.filled("recipient", "message")
        if b"recipient" not in tried or b"message" not in tried:
            raise ValueError(f"the body template has no value with {_TO} or none with {_BODY}")

    def filled(self, to: str, body: str) -> bytes:
        """Return the body with the values in their places."""
        return self._encode({_TO: to, _BODY: body})


class GenericTransport:
    """Sends as an operator described."""

    def __init__(self, settings: GenericTexts, outbound: OutboundClient) -> None:
        self._settings = settings
        self._outbound = outbound
        self._body = Body(settings.content_type, settings.template)

    async def send(self, text: Text) -> None:
        """Hand the text over; any status from 200 to 299 means that it was taken. Raises: TextRefused, TextDelayed."""
        settings = self._settings
        headers = {name: value.reveal() for name, value in settings.headers.items()}
        call = self._outbound.send(
            "POST",
            settings.url,
            body=self._body.filled(text.recipient, text.body),
            headers={**headers, "Content-Type": settings.content_type},
            deadline=settings.timeout,
        )
        await handed_over("the provider", call)


def _encoder(kind: str, template: str) -> Callable[[dict[str, str]], bytes]:
    if kind == "application/json" or kind.endswith("+json"):
        try:
            decoded = msgspec.json.decode(template)
        except msgspec.DecodeError as error:
            raise ValueError('the body template is no JSON; write it like {"to":"${to}","text":"${body}"}') from error
        return lambda values: msgspec.json.encode(_filled(decoded, values))
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(template, keep_blank_values=True)
        return lambda values: urlencode([(name, _replaced(value, values)) for name, value in pairs]).encode()
    if kind in {"application/xml", "text/xml"} or kind.endswith("+xml"):
        return lambda values: _replaced(template, {name: html.escape(value) for name, value in values.items()}).encode()
    if kind == "text/plain":
        return lambda values: _replaced(template, values).encode()
    raise ValueError("the content type is JSON, a form, XML or text/plain: no other one can be filled safely")


def _filled(part: object, values: dict[str, str]) -> object:
    match part:
        case str():
            return _replaced(part, values)
        case dict():
            return {name: _filled(member, values) for name, member in part.items()}
        case list():
            return [_filled(member, values) for member in part]
        case _:
            return part


def _replaced(template: str, values: dict[str, str]) -> str:
    # In one pass: a value that reads ${body} is no place for another.
    pieces = []
    rest = template
    while rest:
        place, name = min(((rest.find(name), name) for name in values if name in rest), default=(-1, ""))
        if place < 0:
            break
        pieces += [rest[:place], values[name]]
        rest = rest[place + len(name) :]
    return "".join([*pieces, rest])
