"""Cookies in and out: a strict reader that never raises, a writer that spells as an Express server does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Final, Literal

_MAX_COOKIES: Final = 200
_TOKEN: Final = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
# RFC 6265 section 4.1.1, cookie-octet
_OCTETS: Final = frozenset(chr(code) for code in range(0x21, 0x7F)) - frozenset('",;\\')
_ATTRIBUTE: Final = frozenset(chr(code) for code in range(0x20, 0x7F)) - frozenset(";")

SameSite = Literal["Lax", "Strict", "None"]


def parse_cookies(header: str) -> dict[str, tuple[str, ...]]:
    """Return every well-formed cookie with all its values, the browser's first one first; the rest is ignored.

    Two cookies of one name happen when the cookie's domain or path has changed (security 35).
    """
    found: dict[str, tuple[str, ...]] = {}
    for pair in header.split(";", _MAX_COOKIES)[:_MAX_COOKIES]:
        name, equals, value = pair.strip(" \t").partition("=")
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if equals and name and _TOKEN.issuperset(name) and _OCTETS.issuperset(value):
            found[name] = (*found.get(name, ()), value)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """A cookie to set. `max_age` None means until the browser closes.

    Raises: ValueError for a name, value, path or domain that could break out of the header.
    """

    name: str
    value: str
    max_age: timedelta | None = None
    path: str = "/"
    domain: str | None = None
    secure: bool = True
    http_only: bool = True
    same_site: SameSite | None = "Lax"

    def __post_init__(self) -> None:
        if not self.name or not _TOKEN.issuperset(self.name):
            raise ValueError("a cookie's name is a token")
        if not _OCTETS.issuperset(self.value):
            raise ValueError("a cookie's value is made of cookie octets")
        if not _ATTRIBUTE.issuperset(self.path + (self.domain or "")):
            raise ValueError("a cookie's path and domain hold no semicolons or control characters")

    @classmethod
    def clearing(
        cls,
        name: str,
        *,
        path: str = "/",
        domain: str | None = None,
        secure: bool = True,
        http_only: bool = True,
        same_site: SameSite | None = "Lax",
    ) -> "Cookie":
        """Return the cookie that makes the browser forget `name`; path and domain are those it was set with."""
        return _Clearing(
            name=name, value="", path=path, domain=domain, secure=secure, http_only=http_only, same_site=same_site
        )

    def render(self, now: datetime) -> str:
        """Return the Set-Cookie header's value."""
        parts = [f"{self.name}={self.value}"]
        if self.max_age is not None:
            parts.append(f"Max-Age={max(0, int(self.max_age.total_seconds()))}")
        if self.domain is not None:
            parts.append(f"Domain={self.domain}")
        parts.append(f"Path={self.path}")
        expires = self._expires(now)
        if expires is not None:
            parts.append(f"Expires={expires}")
        if self.http_only:
            parts.append("HttpOnly")
        if self.secure:
            parts.append("Secure")
        if self.same_site is not None:
            parts.append(f"SameSite={self.same_site}")
        return "; ".join(parts)

    def _expires(self, now: datetime) -> str | None:
        return None if self.max_age is None else format_datetime(now + self.max_age, usegmt=True)


class _Clearing(Cookie):
    """A cookie that is over already."""

    __slots__ = ()

    def _expires(self, now: datetime) -> str | None:  # noqa: ARG002 - the moment does not matter here
        return "Thu, 01 Jan 1970 00:00:00 GMT"
