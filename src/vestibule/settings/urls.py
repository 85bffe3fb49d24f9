"""URLs that secrets are sent to, and URLs that hold some."""

import re
from typing import Final
from urllib.parse import urlsplit

from vestibule.settings.process import is_loopback

_USUAL_PORTS: Final = {"https": ":443", "http": ":80"}
MASK: Final = "***"
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.-]*://"
_URL: Final = re.compile(rf"{_SCHEME}(?:(?!,{_SCHEME})\S)*")  # lists have a comma between


def origin(url: str) -> str:
    """Return scheme, host and port in their one spelling; empty for what is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(_USUAL_PORTS.get(parts.scheme, ''))}"


def is_safe_url(url: str) -> bool:
    """Tell whether secrets may be sent there: by TLS, or to this machine."""
    try:
        parts = urlsplit(url)
        is_formed = bool(parts.hostname) and parts.port != 0 and not parts.fragment and parts.username is None
    except ValueError:
        return False
    return is_formed and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")))


def without_secrets(text: str) -> str:
    """Return the text for display: of the URLs in it, who is named before the host, query and fragment are masked."""
    return _URL.sub(lambda found: _bare(found[0]), text)


def _bare(url: str) -> str:
    scheme, _, rest = url.partition("://")
    head, *hidden = re.split("(?=[?#])", rest, maxsplit=1)
    authority, slash, path = head.partition("/")
    _, has_port, port = authority.rpartition(":")
    user, at, host = authority.rpartition("@")
    if not at and "@" in rest and has_port and not port.isdecimal():
        return f"{scheme}://{MASK}"  # a password with signs that end an authority
    shown = f"{MASK if user else ''}{at}{host}{slash}{path}"
    return f"{scheme}://{shown}" + (f"{hidden[0][0]}{MASK}" if hidden else "")
