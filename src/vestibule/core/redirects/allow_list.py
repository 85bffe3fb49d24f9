"""Which redirect targets a project allows: its client URL and its list, compared part by part with the parsed URL."""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vestibule.core.projects import Policy
from vestibule.core.redirects.glob import Glob, compile_glob, expand, literal
from vestibule.core.redirects.target import DEFAULT_PORTS, Target, parse_target, with_spaces_encoded
from vestibule.kernel.errors import RedirectNotAllowed

# A port is digits or a glob of them; what looks otherwise belongs to an IPv6 address.
_AUTHORITY: Final = re.compile(r"(?P<host>.*?)(:(?P<port>[0-9*?]+))?")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the list. A wildcard never reaches from one part of the URL into the next.

    Without a `port` it is the default one of the target's scheme.
    """

    scheme: Glob
    host: Glob | None
    port: Glob | None
    path: Glob

    def is_at(self, target: Target) -> bool:
        if not self.scheme.matches(target.scheme) or (self.host is None) != (target.host is None):
            return False
        if self.host is not None and target.host is not None and not self.host.matches(target.host):
            return False
        if self.port is None:
            return target.port == DEFAULT_PORTS.get(target.scheme, "")
        return self.port.matches(target.port)

    def allows(self, target: Target) -> bool:
        return self.is_at(target) and (self.path.matches(target.path) or self.path.matches(f"{target.path}/"))


@dataclass(frozen=True, slots=True)
class AllowList:
    """The compiled patterns of one project."""

    entries: tuple[_Entry, ...]

    @classmethod
    def of(cls, patterns: Sequence[str]) -> "AllowList":
        """Compile `patterns`; empty ones are dropped. Raises: ValueError, naming a pattern that makes no sense."""
        return cls(tuple(entry for pattern in patterns if pattern for entry in _entries(pattern)))

    def allows(self, text: str) -> bool:
        """Tell whether `text` is a proper URL that an entry covers."""
        target = parse_target(text)
        return target is not None and any(entry.allows(target) for entry in self.entries)

    def covers_origin(self, origin: str) -> bool:
        """Tell whether some page of `origin` (RFC 6454: scheme, host, port) could be a target."""
        target = parse_target(origin)
        return (
            target is not None
            and target.scheme in DEFAULT_PORTS
            and target.path == ""
            and any(entry.is_at(target) for entry in self.entries)
        )


def _entries(pattern: str) -> Iterator[_Entry]:
    for plain in expand(with_spaces_encoded(pattern)):
        scheme, colon, rest = plain.partition(":")
        is_web = scheme in DEFAULT_PORTS
        if not colon or rest.partition("/")[0].isdigit() or (is_web and not rest.startswith("//")):
            raise ValueError(f"the redirect URL {pattern!r} has no scheme such as https://")
        if not rest.startswith("//"):
            yield _Entry(compile_glob(scheme), None, None, compile_glob(_with_subpaths(rest)))
            continue
        authority, slash, path = rest[2:].partition("/")
        match = _AUTHORITY.fullmatch(authority)
        host, port = (match["host"], match["port"]) if match else (authority, None)
        yield _Entry(
            compile_glob(scheme),
            _host_glob(host.lower() if is_web else host),
            compile_glob(port) if port else None,
            compile_glob(_with_subpaths(f"{slash}{path}")),
        )


def _host_glob(host: str) -> Glob:
    return literal(host) if ":" in host else compile_glob(host)  # the brackets of an IPv6 address are no class


def _with_subpaths(path: str) -> str:
    """Return the pattern for a path and everything below it, on a `/` boundary."""
    if path.endswith("/**"):
        return path
    if path.endswith("/*"):
        return f"{path}*"
    return f"{path}**" if path.endswith("/") else f"{path}/**"


@functools.lru_cache(maxsize=1024)
def _compiled(client_url: str, allowed: tuple[str, ...]) -> AllowList:
    return AllowList.of((client_url, *allowed))


def allow_list_of(policy: Policy) -> AllowList:
    """Return the project's list, its client URL first. Raises: ValueError, naming a pattern that makes no sense."""
    return _compiled(policy.client_url, policy.allowed_redirect_urls)


def allowed_target(policy: Policy, wanted: str | None) -> str:
    """Return where to send somebody: `wanted` if the project allows it, its client URL if nothing is wanted.

    Spaces behind its authority are encoded. Raises: RedirectNotAllowed.
    """
    if wanted is None:
        return policy.client_url
    target = with_spaces_encoded(wanted)
    if not allow_list_of(policy).allows(target):
        raise RedirectNotAllowed
    return target
