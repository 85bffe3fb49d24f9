"""Custom claims out of Hasura: one GraphQL query for each token, made from the paths once."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from vestibule.claims.settings import HasuraSettings
from vestibule.core.claims import (
    Claimant,
    ClaimPath,
    Selection,
    SourceFailed,
    UserClaims,
    selection_of,
    unknown_field,
    values_at,
)
from vestibule.core.projects import DEFAULT_PROJECT
from vestibule.outbound import Breaker, OutboundClient, OutboundFailed

_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")  # GraphQL, section 2.1.9
_MOST_BYTES: Final = 256 * 1024


class _Data(msgspec.Struct, frozen=True):
    user: dict[str, Any] | None = None


class _Answer(msgspec.Struct, frozen=True):
    data: _Data | None = None
    errors: list[Any] | None = None


class HasuraClaims:
    """Asks Hasura about users of the default project, whose database it serves.

    Users of other projects are unknown there, or somebody else; their claims are read in the user at hand, and fail
    where one of them can only be had from Hasura: a default in its place could grant what the claim was to refuse.
    """

    def __init__(self, settings: HasuraSettings, claims: tuple[ClaimPath, ...], outbound: OutboundClient) -> None:
        self._settings = settings
        self._claims = claims
        self._outbound = outbound
        self._breaker = Breaker()
        self._elsewhere = UserClaims(claims)
        self._not_elsewhere = next((claim.name for claim in claims if unknown_field(claim.path) is not None), None)
        self.query = query_for(claims)

    async def values(self, claimant: Claimant) -> Mapping[str, object]:
        """Return the value of each path. Raises: SourceFailed."""
        if claimant.project.public_id != DEFAULT_PROJECT:
            if self._not_elsewhere is not None:
                raise SourceFailed(
                    f"only Hasura knows {self._not_elsewhere!r}, and it serves the default project alone"
                )
            return await self._elsewhere.values(claimant)
        return values_at(self._claims, await self._user(str(claimant.subject.id)))

    async def _user(self, user_id: str) -> dict[str, Any]:
        secret = self._settings.admin_secret
        try:
            async with self._breaker:
                reply = await self._outbound.post(
                    self._settings.url,
                    json={"query": self.query, "variables": {"id": user_id}, "operationName": "GetClaims"},
                    headers={} if secret is None else {"X-Hasura-Admin-Secret": secret.reveal()},
                    deadline=self._settings.deadline,
                    max_bytes=_MOST_BYTES,
                )
            if not reply.is_success:
                raise SourceFailed(f"Hasura answered {reply.status}")
            answer = reply.read(_Answer)
        except OutboundFailed as error:
            raise SourceFailed(f"Hasura: {error}") from error
        if answer.errors or answer.data is None:
            raise SourceFailed(
                "Hasura refused the query: do all fields of the paths exist, is `users` a table there and no view,"
                " and is the secret right?"
            )
        if answer.data.user is None:
            raise SourceFailed("Hasura does not know the user: does it serve the database of this server?")
        return answer.data.user


def query_for(claims: Iterable[ClaimPath]) -> str:
    """Return the query that fetches what the paths name, as Nhost Auth writes it."""
    selection = selection_of(claim.path for claim in claims)
    return f"query GetClaims($id: uuid!) {{ user(id:$id) {_written(selection)} }}"


def graphql_name_problem(claim: ClaimPath) -> str | None:
    """Return what in a path cannot be asked of GraphQL; None when all of it can."""
    wrong = next((name for name in _names(selection_of([claim.path])) if not _NAME.fullmatch(name)), None)
    return None if wrong is None else f"{wrong!r} is no field of GraphQL"


def _written(selection: Selection) -> str:
    parts = [f"{name}{_written(below)}" if below else f"{name} " for name, below in sorted(selection.items())]
    return "{" + "".join(parts) + "}"


def _names(selection: Selection) -> Iterable[str]:
    for name, below in selection.items():
        yield name
        yield from _names(below)
