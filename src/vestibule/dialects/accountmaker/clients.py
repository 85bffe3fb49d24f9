"""Which client is calling, and so which application: by name, by a token it made, or by the host it is bound to.

What a client is called by never decides what its caller may do: keys, secrets and lists do.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from vestibule.core.facade import Core
from vestibule.core.projects import Client, Visit
from vestibule.dialects.accountmaker.client_settings import LoginMethod, settings_of
from vestibule.dialects.accountmaker.dialect import (
    CLIENT_NAMED,
    CLIENT_OF_ACCESS_TOKEN,
    CLIENT_OF_REFRESH_TOKEN,
    CLIENT_OF_TICKET,
    NAME,
    accountmaker,
)
from vestibule.dialects.accountmaker.presented import access_token, one_time_token, refresh_token
from vestibule.dialects.accountmaker.tokens import ClientSecret, parse_refresh, parse_ticket, unverified_client_id
from vestibule.kernel.errors import (
    ClientMismatch,
    ClientNotFound,
    ClientRequired,
    EndpointDisabled,
    InvalidRefreshToken,
    MalformedRequest,
)
from vestibule.wire import Call

_MOST_CHARACTERS: Final = 128
_HOST_SYMBOLS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


def refuse_unless_enabled(client: Client, method: LoginMethod) -> None:
    """Refuse a method that the client has switched off. Raises: EndpointDisabled."""
    if method not in settings_of(client).enabled:
        raise EndpointDisabled


def visit_of(call: Call) -> Visit:
    """Return the visit that the call was found to be. Raises: ClientRequired."""
    if call.project is None:
        raise ClientRequired
    visit: Visit = call.project
    return visit


def client_of(visit: Visit) -> Client:
    """Return the client of a visit through this door. Raises: ClientRequired."""
    if visit.client is None:
        raise ClientRequired
    return visit.client


@accountmaker.project
async def visit(call: Call, core: Core) -> Visit | None:
    """Find client and application; None where nothing tells and nothing needs to.

    Raises: ClientRequired, ClientMismatch, ClientNotFound, InvalidRefreshToken, MalformedRequest.
    """
    marks = call.endpoint.marks if call.endpoint else frozenset()
    named = await _named(call, core)
    bound = None if named else await _bound(call, core)
    by_token = next((_BY_TOKEN[mark] for mark in _BY_TOKEN if mark in marks), None)
    maker = await by_token(call, core, named or bound) if by_token else None
    client = maker or named or bound
    if client is None:
        if CLIENT_NAMED in marks:
            raise ClientRequired
        return None
    others = [other for other in (named, bound) if other is not None]
    if any(other.project_id != client.project_id for other in others):
        raise ClientMismatch
    if CLIENT_OF_REFRESH_TOKEN in marks and named is not None and named.id != client.id:
        raise InvalidRefreshToken  # security 27: the client that got it is the one that may use it
    project = await core.catalog.project_by_id(client.project_id)
    if NAME not in project.dialects:
        raise ClientNotFound
    return Visit(
        project.for_client(client), NAME, call.client_network, call.request_id, client, call.claimed_network is not None
    )


async def _named(call: Call, core: Core) -> Client | None:
    names = {name for name in (call.header("x-client-id"), _body_name(call), _query_name(call)) if name is not None}
    if len(names) > 1:
        raise ClientMismatch
    return await _client(core, names.pop()) if names else None


def _body_name(call: Call) -> str | None:
    name = call.body_members.get("client_id")
    if name is not None and not isinstance(name, str):
        raise MalformedRequest("client_id is a string", path="client_id", problem="type")
    return name


def _query_name(call: Call) -> str | None:
    pairs = parse_qsl(call.query_text, keep_blank_values=True) if call.query_text else []
    names = [value for name, value in pairs if name == "client_id"]
    if len(names) > 1:
        raise MalformedRequest("client_id is repeated", where="query", path="client_id", problem="repeated")
    return names[0] if names else None


async def _client(core: Core, public_id: str) -> Client:
    if not public_id.isascii() or not public_id.isprintable() or len(public_id) > _MOST_CHARACTERS:
        raise ClientNotFound
    return await core.catalog.client(public_id)


async def _bound(call: Call, core: Core) -> Client | None:
    found = await core.catalog.by_host(call.host) if _HOST_SYMBOLS.issuperset(call.host) else None
    return found[1] if found else None


Finder = Callable[[Call, Core, Client | None], Awaitable[Client | None]]


async def _by_access_token(call: Call, core: Core, known: Client | None) -> Client | None:
    token = access_token(call, known)
    public_id = unverified_client_id(token) if token else None
    try:
        return await _client(core, public_id) if public_id else None
    except ClientNotFound:
        return None  # whose token it is not is for authentication to say


async def _by_refresh_token(call: Call, core: Core, known: Client | None) -> Client | None:
    presented = refresh_token(call, known)
    return await _maker(core, parse_refresh(presented.text) if presented else None)


async def _by_one_time_token(call: Call, core: Core, known: Client | None) -> Client | None:  # noqa: ARG001 - a Finder
    text = one_time_token(call)
    return await _maker(core, parse_ticket(text) if text else None)


async def _maker(core: Core, parsed: ClientSecret | None) -> Client | None:
    try:
        return await core.catalog.client_by_id(parsed.client_id) if parsed else None
    except ClientNotFound:
        return None


_BY_TOKEN: Final[Mapping[str, Finder]] = {
    CLIENT_OF_ACCESS_TOKEN: _by_access_token,
    CLIENT_OF_REFRESH_TOKEN: _by_refresh_token,
    CLIENT_OF_TICKET: _by_one_time_token,
}
