"""The only place that draws randomness, so that tests can foresee it."""

import secrets
import uuid
from typing import Protocol


class Entropy(Protocol):
    """Draws unpredictable bytes."""

    def bytes(self, size: int) -> bytes:
        """Return `size` unpredictable bytes, fit for keys and tokens."""
        ...


class SystemEntropy:
    """The operating system's generator."""

    def bytes(self, size: int) -> bytes:
        """Return `size` unpredictable bytes, fit for keys and tokens."""
        return secrets.token_bytes(size)


_UUID_BYTES = 16


def new_uuid7(entropy: Entropy, now_micros: int) -> uuid.UUID:
    """Return a version 7 UUID: 48 bits of milliseconds, then chance (RFC 9562 section 5.7)."""
    raw = (now_micros // 1000).to_bytes(6, "big") + entropy.bytes(_UUID_BYTES - 6)
    value = int.from_bytes(raw, "big")
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0x3 << 62) | (2 << 62)
    return uuid.UUID(int=value)


def new_uuid4(entropy: Entropy) -> uuid.UUID:
    """Return a random version 4 UUID (RFC 9562 section 5.4)."""
    return uuid.UUID(bytes=entropy.bytes(_UUID_BYTES), version=4)


def random_text(entropy: Entropy, alphabet: str, length: int) -> str:
    """Return `length` symbols, each equally likely; for codes that people type.

    `alphabet` holds at most 256 symbols; bytes that would bias the choice are drawn again.
    """
    ceiling = 256 - 256 % len(alphabet)
    symbols: list[str] = []
    while len(symbols) < length:
        symbols += [alphabet[byte % len(alphabet)] for byte in entropy.bytes(length) if byte < ceiling]
    return "".join(symbols[:length])
