"""Takes a redirect target apart as strictly as browsers are lenient: what two parsers could read differently is no URL.

Security 105: backslashes, control characters, userinfo, other spellings of a host, dots that climb.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

_MAX_CHARACTERS: Final = 4096
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*")
_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_OPAQUE_HOST: Final = re.compile(r"[A-Za-z0-9._~-]*")
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AFTER_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*)?")
_ENDS_IN_NUMBER: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
_HIGHEST_PORT: Final = 65535

DEFAULT_PORTS: Final = {"http": "80", "ws": "80", "https": "443", "wss": "443"}
# These run or read something in the browser instead of going anywhere.
_NEVER: Final = frozenset({"about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"})
_DOTS: Final = frozenset({".", ".."})


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in parts. `host` is None for `scheme:path`; `port` is filled in for the web's own schemes."""

    scheme: str
    host: str | None
    port: str
    path: str


def is_url(text: str) -> bool:
    """Tell whether `text` could be a URL at all: of bearable length, without control characters and broken escapes."""
    return len(text) <= _MAX_CHARACTERS and text.isprintable() and not _BAD_ESCAPE.search(text)


def with_spaces_encoded(text: str) -> str:
    """Return a URL with the spaces in its path, query and fragment as browsers send them: `%20`."""
    start = _AFTER_AUTHORITY.match(text)
    return text if start is None else start[0] + text[start.end() :].replace(" ", "%20")


def parse_target(text: str) -> Target | None:
    """Return the parts of an absolute URL in its one canonical spelling; None for anything else."""
    if not is_url(text) or "\\" in text or " " in text:
        return None
    scheme, colon, rest = text.partition(":")
    if not colon or not _SCHEME.fullmatch(scheme) or scheme in _NEVER:
        return None
    rest = rest.partition("#")[0].partition("?")[0]
    if not rest.startswith("//"):
        return None if scheme in DEFAULT_PORTS or _climbs(rest) else Target(scheme, None, "", rest)
    authority, slash, path = rest[2:].partition("/")
    address = _address(scheme, authority)
    if address is None or _climbs(path):
        return None
    host, port = address
    return Target(scheme, host, port, f"{slash}{path}")


def _address(scheme: str, authority: str) -> tuple[str, str] | None:
    """Return host and port; None for userinfo, an empty host or one that is spelled in another way than browsers do."""
    if "@" in authority:
        return None
    host, colon, port = authority, "", ""
    if not authority.endswith("]"):
        host, colon, port = authority.rpartition(":") if ":" in authority else (authority, "", "")
    if colon and not (_PORT.fullmatch(port) and int(port) <= _HIGHEST_PORT):
        return None
    default = DEFAULT_PORTS.get(scheme)
    if default is None:
        return (host, port) if _OPAQUE_HOST.fullmatch(host) else None
    return (host, port or default) if _is_canonical(host) else None


def _is_canonical(host: str) -> bool:
    if host.startswith("["):
        try:
            return host == f"[{ipaddress.IPv6Address(host[1:-1])}]" and host.endswith("]")
        except ValueError:
            return False
    if not _HOST.fullmatch(host):
        return False
    if not _ENDS_IN_NUMBER.fullmatch(host):
        return True
    # WHATWG URL, "ends in a number": browsers take 2130706433 and 0x7f.1 for IPv4 addresses.
    try:
        return host == str(ipaddress.IPv4Address(host))
    except ValueError:
        return False


def _climbs(path: str) -> bool:
    """Tell whether a segment is `.` or `..`, encoded or not: browsers resolve it after we have looked."""
    if "." not in path and "%2" not in path:
        return False
    return not _DOTS.isdisjoint(path.replace("%2e", ".").replace("%2E", ".").split("/"))
