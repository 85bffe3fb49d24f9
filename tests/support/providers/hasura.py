"""Hasura on loopback: one GraphQL endpoint that reads the query it is sent, with the errors of the real one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.providers.standing_in import Answer, Seen, StandIn

PATH: Final = "/v1/graphql"
ADMIN_SECRET: Final = "an admin secret"
_QUERY: Final = re.compile(r"query GetClaims\(\$id: uuid!\) \{ user\(id:\$id\) (\{.*\}) \}")
_TOKEN: Final = re.compile(r"[{}]|[_A-Za-z][_0-9A-Za-z]*")


def problem(code: str, message: str) -> Answer:
    """Return an error as Hasura writes it, with status 200."""
    return Answer(200, {"errors": [{"message": message, "extensions": {"path": "$", "code": code}}]})


@dataclass
class Hasura(StandIn):
    """`users` are what it knows, by id; a `metadata` is one JSON value, lists and objects have members to select."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def graphql(self) -> str:
        """The URL of its API."""
        return self.url + PATH

    def answer(self, request: Seen) -> Answer:
        """Answer a query with exactly what it selects."""
        if request.path != PATH or request.method != "POST":
            return Answer(404, {"error": "resource does not exist"})
        if request.headers.get("x-hasura-admin-secret") != ADMIN_SECRET:
            return problem("access-denied", 'invalid "x-hasura-admin-secret"/"x-hasura-access-key"')
        asked = _QUERY.fullmatch(request.json["query"])
        if asked is None or request.json["operationName"] != "GetClaims":
            return problem("validation-failed", "not a valid graphql query")
        user = self.users.get(request.json["variables"]["id"])
        try:
            selection = _selection(iter(_TOKEN.findall(asked[1])[1:]))
            return Answer(200, {"data": {"user": None if user is None else _selected(user, selection)}})
        except LookupError as error:
            return problem("validation-failed", f"field {error} not found in type: 'users'")


def _selection(tokens: Iterator[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    name = ""
    for token in tokens:
        if token == "}":
            return found
        if token == "{":
            found[name] = _selection(tokens)
        else:
            name = token
            found[name] = {}
    return found


def _selected(value: Any, selection: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_selected(item, selection) for item in value]
    if not selection or value is None:
        return value
    return {name: _selected(value[name], below) for name, below in selection.items()}
