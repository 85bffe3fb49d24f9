"""URLs that secrets are sent to."""

from typing import Final
from urllib.parse import urlsplit

from vestibule.settings.process import is_loopback

_USUAL_PORTS: Final = {"https": ":443", "http": ":80"}


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
