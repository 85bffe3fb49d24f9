"""What an operator may call things, and which addresses of a client can work: refused when typed, not when used."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from vestibule.core.projects.overlay import InvalidSettings

# RFC 3986 section 2.3, unreserved: an id stands in paths, queries and configuration as it is.
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
# A browser runs or reads these instead of going there (security 70).
_NOT_A_PLACE: Final = frozenset({"javascript", "data", "vbscript", "blob", "about", "file", "view-source"})


def refuse_unusable_id(public_id: str) -> None:
    """Raises: InvalidSettings."""
    if _ID.fullmatch(public_id) is None:
        raise InvalidSettings(f"{public_id!r} cannot be an id: letters, digits and . _ ~ - only, at most 64")


def refuse_unusable_origin(origin: str) -> None:
    """Refuse what no browser would send as Origin (RFC 6454 section 6.2). Raises: InvalidSettings."""
    parts = _split(origin)
    canonical = f"{parts.scheme}://{parts.netloc.lower()}"
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or origin != canonical:
        raise InvalidSettings(f"{origin!r} is not an origin: write it as https://app.example.com, without a path")


def refuse_unusable_redirect(uri: str) -> None:
    """Refuse what must not be a redirect URI (RFC 6749 section 3.1.2, RFC 8252 section 7). Raises: InvalidSettings."""
    parts = _split(uri)
    is_web = parts.scheme in {"http", "https"}
    unfit = (
        not parts.scheme
        or parts.scheme in _NOT_A_PLACE
        or "#" in uri
        or "\\" in uri
        or not uri.isprintable()
        or parts.username is not None
        or (is_web and not parts.hostname)
        or (parts.scheme == "http" and parts.hostname not in _LOOPBACK)
    )
    if unfit:
        raise InvalidSettings(f"{uri!r} cannot be a redirect URI: https, or http on loopback, without a fragment")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError as error:
        raise InvalidSettings(f"{text!r} is not a URL") from error
    return parts
