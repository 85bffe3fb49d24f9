"""Who may ask the provider: only who is registered, and only with the redirect URIs that were registered."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from vestibule.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A registered application. `needs_pkce`: without a challenge it gets no code (RFC 9700 section 2.1.1)."""

    id: str
    name: str
    secret: Secret
    redirect_uris: frozenset[str]
    needs_pkce: bool = True

    def accepts(self, secret: str) -> bool:
        """Tell whether `secret` proves that this client is calling."""
        return hmac.compare_digest(secret.encode(), self.secret.reveal().encode())


class Clients:
    """The registered applications."""

    def __init__(self, clients: Sequence[Client]) -> None:
        self._by_id = {client.id: client for client in clients}

    def find(self, client_id: str | None) -> Client | None:
        """Return the client; None when there is no such."""
        return self._by_id.get(client_id or "")
