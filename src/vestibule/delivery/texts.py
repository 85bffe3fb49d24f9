"""A rendered text message, and how much of it a phone network carries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vestibule.core.outbox import TemplateName

TEXT_TEMPLATES: Final[frozenset[TemplateName]] = frozenset({"signin-passwordless-sms"})  # all others are mails

# 3GPP TS 23.038 section 6.2.1. What stands in the second table costs two septets; any other symbol moves the whole
# message to UTF-16.
_SEPTET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_SEPTETS: Final = frozenset("\f^{}\\[~]|€")
_MAX_SEGMENTS: Final = 3
_SEPTETS: Final = (160, 153)  # alone, and as one part of several
_UTF16_UNITS: Final = (70, 67)
_ASTRAL: Final = 0x10000


@dataclass(frozen=True, slots=True)
class Text:
    """One text message as it leaves: at most three segments, without control characters but for line breaks."""

    id: UUID
    template: str
    recipient: str
    body: str
    created_at: datetime


def segments(body: str) -> int:
    """Return how many messages a phone network makes of `body`, and charges for."""
    units, (alone, part) = _units(body)
    return 1 if units <= alone else -(-units // part)


def text_body(body: str) -> str:
    """Return `body` without control characters, blank ends and whatever goes beyond three segments."""
    lines = ("".join(sign if sign.isprintable() else " " for sign in line).rstrip() for line in body.splitlines())
    kept = "\n".join(lines).strip()
    while segments(kept) > _MAX_SEGMENTS:
        units, (_, part) = _units(kept)
        excess = units - _MAX_SEGMENTS * part
        kept = kept[: -max(1, excess // 2)].rstrip()  # no sign has more than two units
    return kept


def _units(body: str) -> tuple[int, tuple[int, int]]:
    if all(sign in _SEPTET or sign in _TWO_SEPTETS for sign in body):
        return sum(2 if sign in _TWO_SEPTETS else 1 for sign in body), _SEPTETS
    return sum(2 if ord(sign) >= _ASTRAL else 1 for sign in body), _UTF16_UNITS
