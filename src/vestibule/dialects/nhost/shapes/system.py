"""Keys, version and health."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType


class JwksQuery(msgspec.Struct, frozen=True):
    """Whose keys; without it those of the client or project that the host is bound to."""

    client_id: str | None = None


class VersionInfo(msgspec.Struct, frozen=True):
    """Which version answers."""

    version: str


class Health(msgspec.Struct, frozen=True):
    """What the path without a prefix answers."""

    status: Literal["ok"] = "ok"


class Jwk(msgspec.Struct, frozen=True, kw_only=True):
    """A public key (RFC 7517); `n` and `e` of RSA, the others of elliptic curves."""

    alg: str
    crv: str | UnsetType = UNSET
    e: str | UnsetType = UNSET
    kid: str | UnsetType = UNSET
    kty: str
    n: str | UnsetType = UNSET
    use: str
    x: str | UnsetType = UNSET
    y: str | UnsetType = UNSET


class JwkSet(msgspec.Struct, frozen=True):
    """The keys that sign access tokens; empty for shared secrets."""

    keys: list[Jwk]
