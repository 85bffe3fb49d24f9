"""Rows out of configuration: any OpenID Connect issuer, and OAuth 2 servers with a profile of their own."""

from collections.abc import Mapping
from typing import Final

from vestibule.providers.row import ClientAuthentication, Discovery, Endpoints, IdTokens, Row
from vestibule.providers.standard import by_members, from_openid

_OPERATOR_SAYS: Final = "the operator says whether its word on addresses is taken"


def discovered_row(
    *,
    name: str,
    issuer: str,
    discovery_url: str,
    has_nonce: bool,
    algorithm: str,
    vouches: bool,
    authentication: ClientAuthentication,
) -> Row:
    """Return the row of an OpenID Connect provider."""
    return Row(
        name=name,
        issuer=issuer,
        endpoints=Discovery(discovery_url),
        scopes=(),
        read=from_openid,
        vouches=vouches,
        because=_OPERATOR_SAYS,
        id_tokens=IdTokens(issuer=issuer, algorithm=algorithm, has_nonce=has_nonce),
        authentication=authentication,
    )


def plain_row(
    *,
    name: str,
    issuer: str,
    authorize: str,
    token: str,
    profile: str,
    members: Mapping[str, str],
    vouches: bool,
    authentication: ClientAuthentication,
) -> Row:
    """Return the row of a server without ID tokens.

    Without an `issuer` the name stands for it: addresses change, and its people are the same ones afterwards.
    """
    return Row(
        name=name,
        issuer=issuer or name,
        has_known_iss=bool(issuer),
        endpoints=Endpoints(authorize=authorize, token=token, profile=profile),
        scopes=(),
        read=by_members(members),
        vouches=vouches,
        because=_OPERATOR_SAYS,
        authentication=authentication,
    )
