"""Ids of the core (UUIDs), and the two faces they show on the wire."""

import uuid
from typing import Final, NewType

ProjectId = NewType("ProjectId", uuid.UUID)
UserId = NewType("UserId", uuid.UUID)
CredentialId = NewType("CredentialId", uuid.UUID)
SessionId = NewType("SessionId", uuid.UUID)
TicketId = NewType("TicketId", uuid.UUID)
AccountId = NewType("AccountId", uuid.UUID)
MembershipId = NewType("MembershipId", uuid.UUID)
ClientId = NewType("ClientId", uuid.UUID)
KeyId = NewType("KeyId", uuid.UUID)
ServiceKeyId = NewType("ServiceKeyId", uuid.UUID)
MessageId = NewType("MessageId", uuid.UUID)
AuditId = NewType("AuditId", uuid.UUID)

_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES: Final = {symbol: value for value, symbol in enumerate(_BASE62)}
_BODY_LENGTH: Final = 22  # 62 ** 22 is the first power above 2 ** 128
_TOO_LARGE: Final = 1 << 128


def prefixed(prefix: str, value: uuid.UUID) -> str:
    """Return `prefix_` and the 128 bits as 22 base62 symbols, e.g. `uid_0Qz...`; sorts as the UUID does."""
    rest = value.int
    symbols = []
    for _ in range(_BODY_LENGTH):
        rest, digit = divmod(rest, 62)
        symbols.append(_BASE62[digit])
    return f"{prefix}_{''.join(reversed(symbols))}"


def unprefixed(prefix: str, text: str) -> uuid.UUID | None:
    """Return the UUID that `prefixed` would show as `text`; None for anything else."""
    head, _, body = text.partition("_")
    if head != prefix or len(body) != _BODY_LENGTH:
        return None
    value = 0
    for symbol in body:
        digit = _VALUES.get(symbol)
        if digit is None:
            return None
        value = value * 62 + digit
    return uuid.UUID(int=value) if value < _TOO_LARGE else None


def parse_uuid(text: str) -> uuid.UUID | None:
    """Return the UUID in its canonical lower-case form with hyphens; None for any other spelling."""
    try:
        value = uuid.UUID(text)
    except ValueError:
        return None
    return value if str(value) == text else None
