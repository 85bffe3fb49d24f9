"""What the provider says, for whichever server carries it: ours while developing, a stand-in's in tests."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import msgspec

from vestibule.web.dev_provider.faults import Fault

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
HTML: Final = "text/html; charset=utf-8"

_HUGE_BYTES: Final = 4 * 1_048_576
_FOUND: Final = 302
_AGAIN_THERE: Final = 307  # a client that follows it sends everything once more, its secret included
_BROKEN: Final = 500

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. It is given `after` a while, which the server has to wait."""

    body: bytes = b""
    media_type: str = JSON
    status: int = 200
    headers: tuple[Header, ...] = ()
    after: timedelta = timedelta(0)


def in_json(value: object, status: int = 200, *headers: Header) -> Said:
    """Say `value` in JSON."""
    return Said(msgspec.json.encode(value), JSON, status, headers)


def in_form(values: Mapping[str, str]) -> Said:
    """Say `values` as OAuth 1.0a does (RFC 5849 section 2.1)."""
    return Said(urlencode(values).encode(), FORM)


def sent_to(url: str, parameters: Mapping[str, str], status: int = _FOUND) -> Said:
    """Send the browser to `url` with `parameters` added to its query."""
    mark = "&" if "?" in url else "?"
    return Said(media_type="", status=status, headers=(("Location", f"{url}{mark}{urlencode(parameters)}"),))


def oauth_error(code: str, description: str, status: int = 400, *headers: Header) -> Said:
    """Refuse as RFC 6749 section 5.2 has it."""
    return in_json({"error": code, "error_description": description}, status, *headers)


def spoiled(fault: Fault | None, here: str) -> Said | None:
    """Return what the endpoint at `here` says instead of an answer; None when it is to answer, or to answer late."""
    match fault:
        case Fault.ERROR_PAGE:
            return Said(b"<!DOCTYPE html><title>Oops</title><h1>Something broke</h1>", HTML, _BROKEN)
        case Fault.HUGE_BODY:
            return in_json({"access_token": "x" * _HUGE_BYTES, "token_type": "Bearer"})
        case Fault.REDIRECT:
            return sent_to(here, {"redirected": "true"}, _AGAIN_THERE)
        case _:
            return None


def delayed(said: Said, fault: Fault | None, slowness: timedelta) -> Said:
    """Return `said`, late when that is the fault."""
    return dataclasses.replace(said, after=slowness) if fault is Fault.SLOW else said
