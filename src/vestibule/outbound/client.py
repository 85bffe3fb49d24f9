"""The one client. What it does for every call: judge the address, connect to what was judged, keep time and size.

It follows no redirect, keeps no cookie, asks for no compression (a few bytes can unpack to gigabytes), and reads
neither the environment nor `.netrc`.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from vestibule.kernel.secret import Secret
from vestibule.outbound.reach import Reach
from vestibule.outbound.reply import Refused, Reply, TimedOut, TooLarge, Unreachable
from vestibule.outbound.settings import OutboundSettings

if TYPE_CHECKING:
    import httpcore2
    import httpx2

    from vestibule.outbound.network import Resolve

_AGENT: Final = "vestibule"
_PLAIN_ENCODINGS: Final = frozenset({"", "identity"})
_PORTS: Final = range(1, 65536)
_UNSENT: Final = object()


class OutboundClient:
    """Sends requests; used by many tasks at once. Close it when the process ends.

    `resolve` stands in for the system's resolver.
    """

    def __init__(self, settings: OutboundSettings, resolve: "Resolve | None" = None) -> None:
        self._settings = settings
        self._reach = Reach(settings.allow)
        self._resolve = resolve
        self._opening = asyncio.Lock()
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}
        self._to_itself = OutboundClient(_for_itself(settings), resolve) if settings.itself else None

    async def get(
        self,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, Secret] | None = None,
        deadline: timedelta | None = None,
        max_bytes: int | None = None,
    ) -> Reply:
        """Ask for `url`, with `query` added to it. Raises: as `send`."""
        if query:
            url += ("&" if "?" in url else "?") + urlencode(query)
        return await self.send("GET", url, headers=headers, basic=basic, deadline=deadline, max_bytes=max_bytes)

    async def post(
        self,
        url: str,
        *,
        json: object = _UNSENT,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, Secret] | None = None,
        deadline: timedelta | None = None,
        max_bytes: int | None = None,
    ) -> Reply:
        """Send `json` (anything that msgspec encodes) or `form`, encoded here and never put together from text.

        Raises: as `send`.
        """
        body, kind = b"", ""
        if json is not _UNSENT:
            body, kind = msgspec.json.encode(json), "application/json"
        elif form is not None:
            body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
        typed = {**({"Content-Type": kind} if kind else {}), **(headers or {})}
        return await self.send(
            "POST", url, body=body, headers=typed, basic=basic, deadline=deadline, max_bytes=max_bytes
        )

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, Secret] | None = None,
        deadline: timedelta | None = None,
        max_bytes: int | None = None,
    ) -> Reply:
        """Send one request and return the answer, whatever its status; at most `max_bytes` of it within `deadline`.

        Raises: Refused, Unreachable, TimedOut, TooLarge; all are OutboundFailed.
        """
        import httpcore2  # noqa: PLC0415 - loaded by the first request: most servers send none
        import httpx2  # noqa: PLC0415 - likewise

        try:
            target = httpx2.URL(url)
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise Refused("this is no URL") from error
        if self._to_itself is not None and _origin(target) == _origin(httpx2.URL(self._settings.itself)):
            return await self._to_itself.send(
                method, url, body=body, headers=headers, basic=basic, deadline=deadline, max_bytes=max_bytes
            )
        self._judge(target)
        sent = {"User-Agent": _AGENT, "Accept-Encoding": "identity", **(headers or {}), "Host": target.netloc.decode()}
        if basic is not None:
            sent["Authorization"] = "Basic " + b64encode(f"{basic[0]}:{basic[1].reveal()}".encode()).decode()
        seconds = (deadline or self._settings.deadline).total_seconds()
        limit = self._settings.max_bytes if max_bytes is None else max_bytes
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(method, target, sent, body, seconds, limit)
        except (TimeoutError, httpcore2.TimeoutException) as error:
            raise TimedOut(f"{_host(target)} did not answer in time") from error
        except (httpcore2.NetworkError, httpcore2.ProxyError, OSError) as error:
            raise Unreachable(f"{_host(target)} cannot be reached: {type(error).__name__}: {error}") from error
        except httpcore2.ProtocolError as error:  # its text quotes what was sent
            raise Unreachable(f"{_host(target)} and we cannot talk HTTP: {type(error).__name__}") from error

    async def close(self) -> None:
        """Let go of all connections."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()
        if self._to_itself is not None:
            await self._to_itself.close()

    def _judge(self, target: "httpx2.URL") -> None:
        if (
            target.scheme not in {"http", "https"}
            or not target.host
            or (target.port is not None and target.port not in _PORTS)
        ):
            raise Refused("this is no https URL")
        if target.userinfo:
            raise Refused("credentials do not belong into a URL")
        self._reach.require_host(
            _host(target), is_plain=target.scheme == "http", is_resolved_elsewhere=self._settings.proxy is not None
        )

    async def _exchange(
        self, method: str, target: "httpx2.URL", headers: Mapping[str, str], body: bytes, seconds: float, limit: int
    ) -> Reply:
        import httpcore2  # noqa: PLC0415 - as in `send`

        pool = await self._pool(target.scheme)
        step = {"read": seconds, "write": seconds, "pool": seconds}
        url = httpcore2.URL(
            scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path or b"/"
        )
        async with pool.stream(
            method,
            url,
            headers=list(headers.items()),
            content=body if body or method != "GET" else None,
            extensions={"timeout": {"connect": self._settings.connect.total_seconds(), **step}},
        ) as response:
            received = _readable(response.headers)
            if received.get("content-encoding", "").lower() not in _PLAIN_ENCODINGS:
                raise Unreachable(f"{_host(target)} answers in an encoding that was not asked for")
            return Reply(response.status, received, await _read(response, received, limit, _host(target)))

    async def _pool(self, scheme: str) -> "httpcore2.AsyncConnectionPool":
        async with self._opening:
            if scheme not in self._pools:
                from vestibule.outbound.network import direct_pool, proxied_pool, system_resolve  # noqa: PLC0415

                # Reading the authorities takes tens of milliseconds.
                trust = await asyncio.to_thread(ssl.create_default_context, cafile=self._settings.ca_file)
                self._pools[scheme] = (
                    direct_pool(self._reach, self._resolve or system_resolve, trust, is_plain=scheme == "http")
                    if self._settings.proxy is None
                    else proxied_pool(self._settings.proxy, trust)
                )
            return self._pools[scheme]


def _for_itself(settings: OutboundSettings) -> OutboundSettings:
    return replace(settings, allow=(urlsplit(settings.itself).hostname or "",), proxy=None, itself="")


def _origin(target: "httpx2.URL") -> tuple[str, str, int | None]:
    return target.scheme, _host(target), target.port


def _host(target: "httpx2.URL") -> str:
    return target.raw_host.decode()  # in ASCII, as it is looked up


def _readable(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        # RFC 9110 section 5.2
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _read(response: "httpcore2.Response", headers: Mapping[str, str], limit: int, host: str) -> bytes:
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise TooLarge(f"{host} announced more than {limit} bytes")
    read = bytearray()
    async for part in response.aiter_stream():
        read += part
        if len(read) > limit:
            raise TooLarge(f"{host} sent more than {limit} bytes")
    return bytes(read)
