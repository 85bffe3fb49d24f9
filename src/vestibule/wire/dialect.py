"""Declarations: what a dialect says about itself and its endpoints, before anything is mounted.

Declaring only collects. `endpoint.py` compiles the declarations, `openapi.py` describes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Unpack

import msgspec

from vestibule.kernel import errors as kernel_errors
from vestibule.kernel.errors import Refusal
from vestibule.wire.answers import Encode, Reply
from vestibule.wire.call import Call
from vestibule.wire.cors import CorsPolicy
from vestibule.wire.declaration import (
    CREDENTIAL_REFUSALS,
    JSON,
    AuthScheme,
    Declared,
    Endpoint,
    F,
    Function,
    Method,
    Unknown,
    declared_endpoint,
)
from vestibule.wire.decode import Shape
from vestibule.wire.failures import InternalError
from vestibule.wire.limits import Limit

Failure = Refusal | InternalError
Render = Callable[[Call, Failure], Reply]

# What wire itself may refuse with, at any endpoint or before one is found.
WIRE_REFUSALS: Final[tuple[type[Failure], ...]] = (
    kernel_errors.MalformedRequest,
    kernel_errors.PayloadTooLarge,
    kernel_errors.UnsupportedMediaType,
    kernel_errors.RouteNotFound,
    kernel_errors.MethodNotAllowed,
    kernel_errors.TooManyRequests,
    kernel_errors.Overloaded,
    kernel_errors.StorageUnavailable,
    InternalError,
)


class MountError(Exception):
    """The declarations contradict each other: the server must not start."""


@dataclass(frozen=True, slots=True)
class WireError:
    """How a dialect shows one kind of refusal. `schema` and `media_type` default to the dialect's own."""

    status: int
    code: str = ""
    message: str = ""
    schema: Shape = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """A check on the endpoints with `mark`, on all without one. `raises` is what it refuses with.

    `limit` bounds how often it is made; it is charged before the check.
    """

    function: Function
    mark: str | None
    raises: tuple[type[Refusal], ...]
    before_limits: bool
    limit: Limit | None = None

    def covers(self, endpoint: Endpoint) -> bool:
        """Return whether it checks calls to `endpoint`."""
        return self.mark is None or self.mark in endpoint.marks


class Dialect:
    """One wire API: its endpoints, its errors, its manners.

    `bases` are path templates under which every endpoint is served; `prefixes` are the literal path prefixes whose
    404 and 405 this dialect renders (default: the bases up to their first parameter); `common_raises` is what the
    project function, the guards and the CORS policy may refuse with; `tags` orders the document by tag first.
    """

    def __init__(
        self,
        name: str,
        *,
        title: str,
        version: str,
        render: Render,
        errors: Mapping[type[Failure], WireError],
        error_schema: Shape,
        error_media_type: str = JSON,
        bases: tuple[str, ...] = ("",),
        prefixes: tuple[str, ...] | None = None,
        description: str = "",
        unknown_members: Unknown = "ignore",
        cors: CorsPolicy | None = None,
        encode: Encode = msgspec.json.encode,
        body_first: bool = False,
        redirect_slashes: bool = False,
        common_raises: tuple[type[Refusal], ...] = (),
        limits: tuple[Limit, ...] = (),
        limit_scope: Callable[[Call], str] | None = None,
        limit_headers: bool = False,
        tags: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.title = title
        self.version = version
        self.description = description
        self.bases = bases
        self.prefixes = prefixes if prefixes is not None else tuple(base.partition("/{")[0] for base in bases)
        self.render = render
        self.errors = errors
        self.error_schema = error_schema
        self.error_media_type = error_media_type
        self.unknown_members = unknown_members
        self.cors = cors
        self.encode = encode
        self.body_first = body_first
        self.redirect_slashes = redirect_slashes
        self.common_raises = common_raises
        self.limits = limits
        self.limit_scope = limit_scope
        self.limit_headers = limit_headers
        self.tags = tags
        self.endpoints: list[Endpoint] = []
        self.guards: list[Guard] = []
        self.project_function: Function | None = None
        self._known: dict[type[Failure], WireError] = {}

    def project(self, function: F) -> F:
        """Decorate the function that finds the call's project; it runs before limits and authentication."""
        self.project_function = function
        return function

    def guard(
        self,
        *,
        mark: str | None = None,
        raises: tuple[type[Refusal], ...] = (),
        before_limits: bool = False,
        limit: Limit | None = None,
    ) -> Callable[[F], F]:
        """Decorate a check (CSRF, captcha) that runs after the limits and before authentication.

        It raises to refuse. With a `mark` it runs on the endpoints that bear it only, without one on every endpoint;
        `call.endpoint.marks` then tells it which are exempt. `limit` bounds how often it is made, for checks that
        ask somebody else.
        """

        def declare(function: F) -> F:
            self.guards.append(Guard(function, mark, raises, before_limits, limit))
            return function

        return declare

    def guards_of(self, endpoint: Endpoint) -> list[Guard]:
        """Return the checks that calls to `endpoint` pass, in their order."""
        return [guard for guard in self.guards if guard.covers(endpoint)]

    def auth(
        self,
        name: str,
        *,
        scheme: Mapping[str, object],
        raises: Sequence[type[Refusal]] = (),
        header: bytes | None = None,
    ) -> Callable[[Function], AuthScheme]:
        """Decorate the function that authenticates; the name then stands for the scheme (`auth=bearer`)."""

        def declare(function: Function) -> AuthScheme:
            return AuthScheme(name, scheme, function, tuple(raises) or CREDENTIAL_REFUSALS, header=header)

        return declare

    def endpoint(self, method: Method, path: str, **declared: Unpack[Declared]) -> Callable[[F], F]:
        """Decorate a handler; it may be declared at several paths and in several dialects."""

        def declare(function: F) -> F:
            self.endpoints.append(declared_endpoint(method, path, function, declared))
            return function

        return declare

    def get(self, path: str, **declared: Unpack[Declared]) -> Callable[[F], F]:
        """Decorate the handler of GET `path`; `head=True` serves HEAD as well."""
        return self.endpoint("GET", path, **declared)

    def post(self, path: str, **declared: Unpack[Declared]) -> Callable[[F], F]:
        """Decorate the handler of POST `path`."""
        return self.endpoint("POST", path, **declared)

    def put(self, path: str, **declared: Unpack[Declared]) -> Callable[[F], F]:
        """Decorate the handler of PUT `path`."""
        return self.endpoint("PUT", path, **declared)

    def patch(self, path: str, **declared: Unpack[Declared]) -> Callable[[F], F]:
        """Decorate the handler of PATCH `path`."""
        return self.endpoint("PATCH", path, **declared)

    def delete(self, path: str, **declared: Unpack[Declared]) -> Callable[[F], F]:
        """Decorate the handler of DELETE `path`."""
        return self.endpoint("DELETE", path, **declared)

    def wire_error(self, failure: Failure | type[Failure]) -> WireError:
        """Return how this dialect shows `failure`: its own line in `errors`, else that of the nearest base.

        Raises: KeyError when no line covers it; the completeness test and mounting find that first.
        """
        kind = failure if isinstance(failure, type) else type(failure)
        known = self._known.get(kind)
        if known is None:
            nearest = next((base for base in kind.__mro__ if base in self.errors), None)
            if nearest is None:
                raise KeyError(f"{self.name} does not say how it shows {kind.__name__}")
            known = self._known[kind] = self.errors[nearest]
        return known

    def missing_errors(self, kinds: Sequence[type[Failure]]) -> list[type[Failure]]:
        """Return those of `kinds` that this dialect cannot show."""
        return [kind for kind in kinds if not any(base in self.errors for base in kind.__mro__)]
