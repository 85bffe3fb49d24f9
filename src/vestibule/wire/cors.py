"""Which browsers' scripts may read our answers: one small policy object per manner (security 107).

Only listed origins may ever be combined with credentials; `*` and an echo of everybody never are.
"""

from collections.abc import Awaitable, Callable, Container, Sequence
from typing import Final, Protocol, TypedDict, Unpack

from vestibule.kernel.errors import OriginNotAllowed
from vestibule.wire.call import Call

Pairs = list[tuple[str, str]]
OriginList = Callable[..., Awaitable[Container[str]] | Container[str]]

_ORIGIN: Final = frozenset(map(chr, range(0x21, 0x7F)))
_MAX_ECHO: Final = 1024
_ECHO: Final = frozenset("!#$%&'*+-.^_`|~ ,0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class CorsPolicy(Protocol):
    """Decides about one Origin. `origins` lists those that are known and is injected like a handler; often unneeded."""

    origins: OriginList | None
    vary: str | None

    def allow(self, origin: str, listed: Container[str]) -> Pairs:
        """Return the headers for an answer to `origin`; none when it may not read. Raises: OriginNotAllowed."""
        ...

    def preflight(self, call: Call, origin: str, listed: Container[str]) -> Pairs:
        """Return the headers for the answer to OPTIONS."""
        ...


class Manners(TypedDict, total=False):
    """What a preflight grants; `headers` None echoes those that are asked for."""

    methods: Sequence[str]
    headers: Sequence[str] | None
    expose: Sequence[str]
    max_age_seconds: int


class _Policy:
    def __init__(self, **manners: Unpack[Manners]) -> None:
        headers, expose = manners.get("headers"), manners.get("expose", ())
        self._methods = ", ".join(manners.get("methods", ("GET", "POST", "PUT", "PATCH", "DELETE")))
        self._headers = None if headers is None else ", ".join(headers)
        self._expose: Pairs = [("access-control-expose-headers", ", ".join(expose))] if expose else []
        self._max_age = str(manners.get("max_age_seconds", 86_400))

    def _granted(self, call: Call) -> Pairs:
        granted = [
            ("access-control-allow-methods", self._methods),
            ("access-control-max-age", self._max_age),
        ]
        headers = _echoed(call) if self._headers is None else self._headers
        return [*granted, ("access-control-allow-headers", headers)] if headers else granted


def _echoed(call: Call) -> str:
    asked = call.header("access-control-request-headers") or ""
    return asked if len(asked) <= _MAX_ECHO and _ECHO.issuperset(asked) else ""


class AnyOrigin(_Policy):
    """`*`, for public documents: key sets and discovery."""

    origins: OriginList | None = None
    vary: str | None = None

    def allow(self, origin: str, listed: Container[str]) -> Pairs:  # noqa: ARG002 - the Protocol's signature
        """Return `*` for everybody."""
        return [("access-control-allow-origin", "*"), *self._expose]

    def preflight(self, call: Call, origin: str, listed: Container[str]) -> Pairs:
        """Grant it to everybody."""
        return [*self.allow(origin, listed), *self._granted(call)]


class EchoOrigin(_Policy):
    """Every origin is echoed, without credentials: bearer tokens are all that counts."""

    origins: OriginList | None = None
    vary: str | None = "Origin, Access-Control-Request-Method"

    def allow(self, origin: str, listed: Container[str]) -> Pairs:  # noqa: ARG002 - the Protocol's signature
        """Return the origin itself, when it looks like one."""
        return [("access-control-allow-origin", origin), *self._expose] if _ORIGIN.issuperset(origin) else []

    def preflight(self, call: Call, origin: str, listed: Container[str]) -> Pairs:
        """Grant it to everybody that looks like an origin."""
        allowed = self.allow(origin, listed)
        return [*allowed, *self._granted(call)] if allowed else []


class ListedOrigins(_Policy):
    """Only origins that the project or client lists, compared exactly.

    `origins` is injected like a handler (`call`, `project`, dependencies) and returns the list; it is asked only when
    a browser calls. With `refuse` an unlisted origin is OriginNotAllowed, else it merely gets no headers.
    """

    vary: str | None = "Origin"

    def __init__(
        self, origins: OriginList, *, credentials: bool = False, refuse: bool = False, **manners: Unpack[Manners]
    ) -> None:
        super().__init__(**manners)
        self.origins: OriginList | None = origins
        self._credentials: Pairs = [("access-control-allow-credentials", "true")] if credentials else []
        self._refuse = refuse

    def allow(self, origin: str, listed: Container[str]) -> Pairs:
        """Return the origin when it is listed; `null` never is. Raises: OriginNotAllowed."""
        if origin != "null" and origin in listed:
            return [("access-control-allow-origin", origin), *self._credentials, *self._expose]
        if self._refuse:
            raise OriginNotAllowed
        return []

    def preflight(self, call: Call, origin: str, listed: Container[str]) -> Pairs:
        """Grant it to listed origins; others get an answer without grants."""
        if origin == "null" or origin not in listed:
            return []
        return [
            ("access-control-allow-origin", origin),
            *self._credentials,
            *self._granted(call),
        ]
