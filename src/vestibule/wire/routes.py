"""Which responder takes a path and method: literal paths by a dictionary, templates by Falcon's compiled router.

Also who answers when nobody does: the dialect with the longest prefix of the path, else the fallback.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from falcon.routing import CompiledRouter

from vestibule.wire.cors import CorsPolicy
from vestibule.wire.declaration import Endpoint
from vestibule.wire.dialect import Dialect, MountError
from vestibule.wire.endpoint import Responder

_NO_PARAMS: Final[Mapping[str, str]] = {}
_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")  # declared templates only, never a request's path


@dataclass(slots=True)
class Route:
    """One path: its responders by method, and who declared each."""

    dialect: Dialect
    cors: CorsPolicy | None
    methods: dict[str, Responder] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    names: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def allowed(self) -> tuple[str, ...]:
        """The methods that are served here."""
        return tuple(sorted({*self.methods, "OPTIONS"}))


Found = tuple[Route, Mapping[str, str]]


class Routes:
    """The table of paths. Filled at mount, only read afterwards."""

    def __init__(self) -> None:
        self._exact: dict[str, Route] = {}
        self._templates: dict[str, Route] = {}
        self._router = CompiledRouter()
        self._prefixes: dict[str, Dialect] = {}

    def add(self, dialect: Dialect, endpoint: Endpoint, base: str, responder: Responder) -> None:
        """Add an endpoint under a base. Raises: MountError when its path and method are taken."""
        owner, template = f"{dialect.name}.{endpoint.operation}", f"{base}{endpoint.path}"
        if not template.startswith("/"):
            raise MountError(f"{owner}: a path starts with a slash, not {template!r}")
        table, key = (self._templates, _numbered(template)) if "{" in template else (self._exact, template)
        route = table.get(key)
        if route is None:
            route = table[key] = Route(dialect, endpoint.cors or dialect.cors)
            if table is self._templates:
                self._router.add_route(key, route)
        for method in ("GET", "HEAD") if endpoint.head else (endpoint.method,):
            if method in route.methods:
                raise MountError(f"{route.owners[method]} and {owner} both answer {method} {template}")
            route.methods[method] = responder
            route.owners[method] = owner
            route.names[method] = _names(template)

    def complete(self, preflight: Callable[[Route], Responder]) -> None:
        """Give every path its OPTIONS responder, now that all its methods are known."""
        for route in (*self._exact.values(), *self._templates.values()):
            route.methods.setdefault("OPTIONS", preflight(route))
            # a preflight knows the path's parameters by the names of the endpoint that it asks about, or of any other
            route.names.setdefault("OPTIONS", next(iter(route.names.values())))

    def claim(self, dialect: Dialect, prefixes: Iterable[str]) -> None:
        """Let `dialect` answer where nothing is found. Raises: MountError when another one does already."""
        for prefix in prefixes:
            other = self._prefixes.setdefault(prefix.rstrip("/"), dialect)
            if other is not dialect:
                raise MountError(f"{other.name} and {dialect.name} both answer for {prefix or '/'}")

    def find(self, path: str, method: str) -> Found | None:
        """Return the route for `path` and the path's parameters, named as the endpoint for `method` has it."""
        route = self._exact.get(path)
        if route is not None:
            return route, _NO_PARAMS
        if path[:1] != "/":
            return None
        found = self._router.find(path)
        if found is None:
            return None
        template_route, _, values, _ = found
        if not isinstance(template_route, Route) or "" in values.values():
            return None
        names = template_route.names.get(method)
        return template_route, {name: values[key] for key, name in names} if names else values

    def owner(self, path: str, fallback: Dialect) -> Dialect:
        """Return the dialect that says there is nothing at `path`."""
        while path:
            owner = self._prefixes.get(path)
            if owner is not None:
                return owner
            path = path.rpartition("/")[0]
        return fallback


def _numbered(template: str) -> str:
    """Return the template with its parameters named by place, so that two names for one place do not clash."""
    parts = template.split("/")
    return "/".join(f"{{p{place}}}" if part.startswith("{") else part for place, part in enumerate(parts))


def _names(template: str) -> tuple[tuple[str, str], ...]:
    parts = enumerate(template.split("/"))
    found = ((place, _PARAMETER.fullmatch(part)) for place, part in parts if "{" in part)
    pairs = [(f"p{place}", match.group(1)) if match else None for place, match in found]
    if None in pairs:
        raise MountError(f"{template}: a parameter is a whole segment in lower case, such as {{user_id}}")
    return tuple(pair for pair in pairs if pair is not None)
