"""One endpoint and one way to authenticate, as declared. `dialect.py` collects them, `endpoint.py` compiles them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import getdoc
from typing import Final, Literal, TypedDict, TypeVar

from vestibule.kernel.errors import InvalidAccessToken, InvalidServiceKey, Refusal, Unauthenticated
from vestibule.wire.cors import CorsPolicy
from vestibule.wire.decode import Shape
from vestibule.wire.limits import Limit

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Unknown = Literal["refuse", "ignore"]
Function = Callable[..., Awaitable[object] | object]
F = TypeVar("F", bound=Function)

CREDENTIAL_REFUSALS: Final[tuple[type[Refusal], ...]] = (Unauthenticated, InvalidAccessToken, InvalidServiceKey)


@dataclass(frozen=True, slots=True)
class AuthScheme:
    """A way to authenticate: `check` returns the caller or raises one of `raises`.

    `scheme` is the OpenAPI security scheme. `header` names the one header that can carry the credential, in lower case;
    where authentication is optional and it is missing, `check` is not asked.
    """

    name: str
    scheme: Mapping[str, object]
    check: Function
    raises: tuple[type[Refusal], ...]
    is_optional: bool = False
    header: bytes | None = None

    @property
    def optional(self) -> "AuthScheme":
        """The same scheme, where an absent or unusable credential makes the caller None."""
        return replace(self, is_optional=True)


class Declared(TypedDict, total=False):
    """What an endpoint may say about itself; see Endpoint for the meaning of each."""

    auth: AuthScheme | None
    limit: Limit | Sequence[Limit] | None
    raises: Sequence[type[Refusal]]
    status: int
    answers: Mapping[int, Shape]
    media_types: Sequence[str]
    unknown_members: Unknown
    bases: Sequence[str]
    head: bool
    cache: str
    cors: CorsPolicy
    tags: Sequence[str]
    marks: Sequence[str]
    operation: str
    summary: str
    description: str
    hidden: bool
    standalone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One declared endpoint.

    `answers` documents further successful statuses and their shapes (None: no body); `media_types` are those of the
    body; `bases` replaces the dialect's; `head` serves HEAD too; `cache` is the Cache-Control of successful answers;
    `marks` are words for the dialect's guards; `hidden` keeps it out of the OpenAPI document. A `standalone` endpoint
    needs neither a project nor the database and is never limited: it answers while everything else is away.
    """

    method: Method
    path: str
    function: Function
    auth: AuthScheme | None = None
    limits: tuple[Limit, ...] = ()
    raises: tuple[type[Refusal], ...] = ()
    status: int = 200
    answers: Mapping[int, Shape] = field(default_factory=dict)
    media_types: tuple[str, ...] = (JSON,)
    unknown_members: Unknown | None = None
    bases: tuple[str, ...] | None = None
    head: bool = False
    cache: str | None = None
    cors: CorsPolicy | None = None
    tags: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    operation: str
    summary: str
    description: str
    hidden: bool = False
    standalone: bool = False


def declared_endpoint(method: Method, path: str, function: Function, declared: Declared) -> Endpoint:
    """Return the endpoint; name, summary and description come from the function unless declared."""
    summary, _, description = (getdoc(function) or _name(function).replace("_", " ")).partition("\n")
    limit = declared.get("limit") or ()
    bases = declared.get("bases")
    return Endpoint(
        method=method,
        path=path,
        function=function,
        auth=declared.get("auth"),
        limits=(limit,) if isinstance(limit, Limit) else tuple(limit),
        raises=tuple(declared.get("raises", ())),
        status=declared.get("status", 200),
        answers=declared.get("answers", {}),
        media_types=tuple(declared.get("media_types", (JSON,))),
        unknown_members=declared.get("unknown_members"),
        bases=None if bases is None else tuple(bases),
        head=declared.get("head", False),
        cache=declared.get("cache"),
        cors=declared.get("cors"),
        tags=tuple(declared.get("tags", ())),
        marks=frozenset(declared.get("marks", ())),
        operation=declared.get("operation", _name(function)),
        summary=declared.get("summary", summary.strip()),
        description=declared.get("description", description.strip()),
        hidden=declared.get("hidden", False),
        standalone=declared.get("standalone", False),
    )


def _name(function: Function) -> str:
    return getattr(function, "__name__", type(function).__name__)
