"""What the dialects declare, as one list: each endpoint under each of its bases, ready to be called."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from tests.support.serving import CLIENT_ID, Running
from vestibule.dialects.accountmaker.dialect import accountmaker
from vestibule.dialects.accountmaker.mount import HANDLERS as ACCOUNTMAKER_HANDLERS
from vestibule.dialects.nhost import nhost
from vestibule.dialects.sublay import sublay
from vestibule.kernel.errors import Refusal
from vestibule.wire import Dialect
from vestibule.wire.declaration import Endpoint

# Imported so that they have declared their endpoints.
HANDLERS: Final = ACCOUNTMAKER_HANDLERS
DIALECTS: Final[dict[str, Dialect]] = {dialect.name: dialect for dialect in (nhost, sublay, accountmaker)}


@dataclass(frozen=True)
class Operation:
    """One endpoint under one base."""

    dialect: Dialect
    endpoint: Endpoint
    template: str

    def __str__(self) -> str:
        return f"{self.endpoint.method} {self.template}"

    @property
    def method(self) -> str:
        """The method."""
        return self.endpoint.method

    def path(self, project: str = "default") -> str:
        """Return a path that leads to it."""
        return self.template.replace("{project}", project)

    @property
    def headers(self) -> dict[str, str]:
        """What names project and client where the path does not."""
        return {"x-client-id": CLIENT_ID, "x-sublay-project-id": "default"}

    @property
    def raises(self) -> Sequence[type[Refusal]]:
        """Everything that it declares to refuse with."""
        scheme = self.endpoint.auth
        auth = scheme.raises if scheme and not scheme.is_optional else ()
        return (*self.dialect.common_raises, *auth, *self.endpoint.raises)

    async def call(self, running: Running, body: Any = b"{}", **headers: str) -> httpx2.Response:
        """Call it, with an empty JSON object where it takes a body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if self.method == "GET" else body
        kind = {} if content is None else {"content-type": "application/json"}
        running.client.cookies.clear()
        return await running.client.request(
            self.method, self.path(), content=content, headers={**kind, **self.headers, **named}
        )


def operations(*names: str) -> list[Operation]:
    """Return all operations, or those of the dialects named."""
    return [
        Operation(dialect, endpoint, f"{base}{endpoint.path}")
        for dialect in DIALECTS.values()
        if not names or dialect.name in names
        for endpoint in dialect.endpoints
        for base in endpoint.bases or dialect.bases
    ]
