"""The server about itself: alive, its version, its keys."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vestibule import __version__
from vestibule.core.facade import Core
from vestibule.core.projects import Project
from vestibule.core.signing import KeyOwner, KeySet
from vestibule.dialects.nhost import shapes
from vestibule.dialects.nhost.dialect import FOR_ANYBODY, nhost
from vestibule.kernel.errors import ClientNotFound
from vestibule.wire import Answer, AnyOrigin, Call, RawBody

_VERSION: Final = shapes.VersionInfo(__version__)
_HEALTHY: Final = shapes.Health()
_NOT_MODIFIED: Final = 304
_MOST_REMEMBERED: Final = 1000


@nhost.get("/healthz", head=True, standalone=True, tags=("system",), operation="healthCheck")
def health_check(call: Call) -> Answer[shapes.Health] | str:
    """Answer that the server runs; without a prefix as an object, under one as "OK"."""
    return Answer(_HEALTHY, content_type="application/json; charset=utf-8") if call.base == "" else "OK"


@nhost.get("/version", standalone=True, tags=("system",), operation="getVersion")
def get_version() -> shapes.VersionInfo:
    """Answer the version of the server."""
    return _VERSION


@dataclass(frozen=True, slots=True)
class PublishedKeySet:
    """A key set as it is sent: always the same object, so that its headers are made once too."""

    keys: KeySet
    etag: str
    document: RawBody
    not_modified: Answer[None]


@dataclass(slots=True)
class PublishedKeys:
    """Key sets as they are sent, made once per set: a set that changes is a new object."""

    core: Core
    _sent: dict[KeyOwner, PublishedKeySet] = field(default_factory=dict)

    async def of(self, owner: KeyOwner) -> PublishedKeySet:
        """Return the owner's key set."""
        keys = await self.core.key_sets.of(owner)
        sent = self._sent.get(owner)
        if sent is None or sent.keys is not keys:
            if len(self._sent) >= _MOST_REMEMBERED:
                self._sent.clear()
            sent = self._sent[owner] = _published(keys)
        return sent


def _published(keys: KeySet) -> PublishedKeySet:
    body = shapes.encode(shapes.JwkSet([_jwk(jwk) for jwk in keys.jwks()]))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = (("etag", etag),)
    document = RawBody(body, "application/json", headers=headers)
    return PublishedKeySet(keys, etag, document, Answer(None, status=_NOT_MODIFIED, headers=headers))


def _jwk(jwk: Mapping[str, Any]) -> shapes.Jwk:
    return msgspec.convert(jwk, shapes.Jwk)


@nhost.get(
    "/.well-known/jwks.json",
    marks=(FOR_ANYBODY,),
    cors=AnyOrigin(methods=("GET",)),
    cache="public, max-age=3600",
    answers={200: shapes.JwkSet, _NOT_MODIFIED: None},
    raises=(ClientNotFound,),
    tags=("system",),
    operation="getJWKs",
)
async def get_jwks(
    query: shapes.JwksQuery, call: Call, project: Project, core: Core, published: PublishedKeys
) -> RawBody | Answer[None]:
    """Answer the public keys that access tokens are signed with.

    Those of the client that `client_id` names or the host is bound to, else those of the project.
    """
    key_set = await published.of(await _owner(query.client_id, call, project, core))
    return key_set.not_modified if _matches(call.header("if-none-match"), key_set.etag) else key_set.document


async def _owner(client_id: str | None, call: Call, project: Project, core: Core) -> KeyOwner:
    if client_id is not None:
        client = await core.catalog.client(client_id)
        return KeyOwner(client.project_id, client.id)
    bound = await core.catalog.by_host(call.host)
    if bound is not None and bound[1] is not None:
        return KeyOwner(project.id, bound[1].id)
    return KeyOwner(project.id)


def _matches(if_none_match: str | None, etag: str) -> bool:
    # RFC 9110 section 13.1.2: a list, or `*`; weak validators compare as strong ones do.
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
