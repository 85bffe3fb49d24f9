"""The server about itself."""

from collections.abc import Mapping
from typing import Final

from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage
from vestibule.kernel.errors import ClientNotFound


def _get(path: str) -> Case:
    async def begin(stage: Stage) -> Ask:
        return Ask(stage, "GET", path)

    return Case(begin, ())


async def _keys(stage: Stage) -> Ask:
    return Ask(stage, "GET", "/.well-known/jwks.json")


def _of_nobody(ask: Ask) -> None:
    ask.query["client_id"] = "nobody"


SYSTEM: Final[Mapping[str, Case]] = {
    "healthCheck": _get("/healthz"),
    "getVersion": _get("/version"),
    "getJWKs": Case(
        _keys, (Fault("client", ClientNotFound, "client not found", _of_nobody, frozenset({"query.client_id"})),)
    ),
}
