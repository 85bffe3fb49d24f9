"""URLs that secrets are sent to."""

from urllib.parse import urlsplit

from vestibule.settings.process import is_loopback


def is_safe_url(url: str) -> bool:
    """Tell whether secrets may be sent there: by TLS, or to this machine."""
    try:
        parts = urlsplit(url)
        is_formed = bool(parts.hostname) and parts.port != 0 and not parts.fragment and parts.username is None
    except ValueError:
        return False
    return is_formed and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")))
