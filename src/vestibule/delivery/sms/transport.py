"""The transports of text messages, and the ways in which they fail."""

from collections.abc import Awaitable
from typing import Final, Protocol

from vestibule.delivery.texts import Text
from vestibule.delivery.undelivered import Undelivered
from vestibule.outbound import OutboundFailed, Reply

# About us, or about now: the credentials, the account, the load. Everything else below 500 is about this message.
_NOT_THE_MESSAGE: Final = frozenset({401, 402, 403, 404, 407, 408, 425, 429})
_CLIENT_ERRORS: Final = range(400, 500)


class TextRefused(Undelivered):
    """This message will never be taken: the number, or what it says."""


class TextDelayed(Undelivered):
    """Not now: the provider is away, busy, or does not let us in. Try again soon."""


class TextTransport(Protocol):
    """Takes text messages off our hands."""

    async def send(self, text: Text) -> None:
        """Return when the provider is responsible for the text. Raises: TextRefused, TextDelayed."""
        ...


async def handed_over(provider: str, call: Awaitable[Reply], *, code: str = "") -> Reply:
    """Return the answer of a provider that took the message; `code` names the member that tells why one did not.

    Raises: TextRefused, TextDelayed; their words go into the delivery log and repeat neither number nor message.
    """
    try:
        reply = await call
    except OutboundFailed as error:
        raise TextDelayed(f"{provider}: {error}") from error
    if reply.is_success:
        return reply
    reason = f"{provider} says {reply.status}{_told(reply, code)}"
    if reply.status in _CLIENT_ERRORS and reply.status not in _NOT_THE_MESSAGE:
        raise TextRefused(reason)
    raise TextDelayed(reason)


def _told(reply: Reply, code: str) -> str:
    try:
        told = reply.read(dict[str, object]).get(code)
    except OutboundFailed:
        return ""
    return f" ({told})" if isinstance(told, int) or (isinstance(told, str) and told.isidentifier()) else ""
