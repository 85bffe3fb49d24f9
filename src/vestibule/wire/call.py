"""One request as handlers see it. Parsed lazily: what an endpoint does not ask for costs nothing."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from vestibule.kernel.errors import MalformedRequest
from vestibule.wire.address import TrustedProxies, network_of
from vestibule.wire.cookies import parse_cookies

if TYPE_CHECKING:
    from vestibule.wire.declaration import Endpoint
    from vestibule.wire.dialect import Dialect

Scope = MutableMapping[str, Any]  # Any: ASGI defines scopes so
Message = MutableMapping[str, Any]  # Any: as above
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
HeaderPair = tuple[bytes, bytes]

# A second one of these would let two readers of one request believe different things.
_SINGLE: Final = frozenset(
    {b"authorization", b"content-type", b"content-length", b"content-encoding", b"host", b"origin"}
)
_NOTHING: Final[Mapping[bytes, bytes]] = {}
_NO_MEMBERS: Final[Mapping[str, object]] = {}


class Headers:
    """The request's headers by lower-case name. Repeated ones are joined, as RFC 9110 section 5.3 has it."""

    __slots__ = ("_raw",)

    def __init__(self, raw: Mapping[bytes, bytes]) -> None:
        self._raw = raw

    def get(self, name: str) -> str | None:
        """Return the value of the header called `name` (lower case), or None."""
        value = self._raw.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def __contains__(self, name: str) -> bool:
        return name.encode("latin-1") in self._raw


def header_map(pairs: list[HeaderPair]) -> dict[bytes, bytes]:
    """Return the headers by name. Raises: MalformedRequest when one that must be single is repeated."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    joined: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name not in joined:
            joined[name] = value
        elif name in _SINGLE:
            header = name.decode("latin-1")
            raise MalformedRequest(f"The header {header} is repeated", where="header", path=header, problem="repeated")
        else:
            joined[name] += (b"; " if name == b"cookie" else b", ") + value
    return joined


class Call:
    """One request. `caller` and `project` are filled in by the dialect's own functions before the handler runs.

    `response_headers` are added to whatever answer leaves, refusals included. `delivery` is what the dialect's handlers
    tell its renderer of failures.
    """

    __slots__ = (
        "_address",
        "_cookies",
        "_proxies",
        "base",
        "body",
        "body_members",
        "caller",
        "delivery",
        "dialect",
        "endpoint",
        "params",
        "project",
        "query",
        "raw_body",
        "raw_headers",
        "receive",
        "request_id",
        "response_headers",
        "scope",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        *,
        request_id: str,
        dialect: "Dialect",
        proxies: TrustedProxies,
        params: Mapping[str, str],
        endpoint: "Endpoint | None" = None,
        base: str = "",
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.request_id = request_id
        self.dialect = dialect
        self.endpoint = endpoint
        self.base = base  # the base under which the endpoint was found, as declared: `/v7/{project}`
        self.params = params
        # Any: each dialect has its own types, which its handlers know by annotation
        self.project: Any = None
        self.caller: Any = None
        self.body: Any = None
        self.query: Any = None
        self.delivery: Any = None  # where a failure is to be told, once a handler of the dialect knows
        self.raw_headers: Mapping[bytes, bytes] = _NOTHING
        self.raw_body: bytes | None = None
        self.body_members: Mapping[str, object] = _NO_MEMBERS
        self.response_headers: list[tuple[str, str]] = []
        self._proxies = proxies
        self._address: str | None = None
        self._cookies: dict[str, tuple[str, ...]] | None = None

    @property
    def method(self) -> str:
        """The method, in capitals."""
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        """The path, percent-decoded. For show only: routing has happened, nothing may be decided by it."""
        return str(self.scope["path"])

    @property
    def headers(self) -> Headers:
        """The headers by lower-case name."""
        return Headers(self.raw_headers)

    def header(self, name: str) -> str | None:
        """Return the value of the header called `name` (lower case), or None."""
        value = self.raw_headers.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    @property
    def cookies(self) -> Mapping[str, str]:
        """Well-formed cookies; of two with one name the first."""
        return {name: values[0] for name, values in self._all_cookies().items()}

    def cookie_values(self, name: str) -> tuple[str, ...]:
        """Return every value that the browser sent for the cookie called `name`."""
        return self._all_cookies().get(name, ())

    @property
    def query_text(self) -> str:
        """The query string as it came, not decoded; never log it."""
        return bytes(self.scope["query_string"]).decode("latin-1")

    @property
    def origin(self) -> str | None:
        """The Origin header: which site's script is calling; None for anything but a browser."""
        return self.header("origin")

    @property
    def host(self) -> str:
        """The Host header without its port, lower case. It may select a project, never build a link."""
        host = (self.header("host") or "").lower()
        name, colon, port = host.rpartition(":")
        return name if colon and port.isdigit() else host

    @property
    def client_address(self) -> str:
        """The caller's canonical address (`unknown` without one); forwarded headers count from trusted proxies."""
        if self._address is None:
            peer = self.scope.get("client")
            self._address = self._proxies.client(peer[0] if peer else None, self.header("x-forwarded-for"))
        return self._address

    @property
    def client_network(self) -> str:
        """The network that one caller is taken to own: the IPv4 address, of IPv6 the /64."""
        return network_of(self.client_address)

    @property
    def claimed_network(self) -> str | None:
        """The network that an unlisted private proxy says it forwards for; None for everybody else."""
        peer = self.scope.get("client")
        return self._proxies.claimed(peer[0] if peer else None, self.header("x-forwarded-for"))

    @property
    def limit_network(self) -> str:
        """What rate limits count one caller by: the network, and behind an unlisted proxy the claimed one too."""
        claimed = self.claimed_network
        return self.client_network if claimed is None else f"{self.client_network} for {claimed}"

    def _all_cookies(self) -> dict[str, tuple[str, ...]]:
        if self._cookies is None:
            self._cookies = parse_cookies(self.header("cookie") or "")
        return self._cookies
