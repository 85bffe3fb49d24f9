"""HTTP that this server sends: one guarded client, for addresses that an operator or a user has chosen (security 101).

Nothing else may import an HTTP library. A caller writes

    reply = await outbound.post(url, form={"To": phone}, basic=(user, password))
    answer = reply.read(ProviderAnswer)

and catches `OutboundFailed`. What is not an answer is one of its kinds; a status that is no success is an answer.
"""

from vestibule.outbound.breaker import Breaker
from vestibule.outbound.client import OutboundClient
from vestibule.outbound.reply import Garbled, OutboundFailed, Refused, Reply, TimedOut, TooLarge, Unreachable
from vestibule.outbound.settings import OutboundSettings

__all__ = [
    "Breaker",
    "Garbled",
    "OutboundClient",
    "OutboundFailed",
    "OutboundSettings",
    "Refused",
    "Reply",
    "TimedOut",
    "TooLarge",
    "Unreachable",
]
