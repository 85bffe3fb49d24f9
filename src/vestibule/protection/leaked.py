"""Have I Been Pwned's list of leaked passwords, asked by range: the first five digits of a hash leave, no more.

It fails open: while the list is away passwords are not judged by it, and a meter and the log say so (security 97).
"""

import asyncio
import hashlib
import hmac
import re
from collections import OrderedDict
from datetime import timedelta
from typing import Final

import structlog

from vestibule.core.passwords import normalised
from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.meters import Meter, Meters
from vestibule.kernel.secret import Secret
from vestibule.outbound import Breaker, Garbled, OutboundClient, OutboundFailed, Unreachable

LOOKUPS: Final = Meter(
    "vestibule_leaked_password_lookups",
    "Passwords that were looked up in the list of leaked ones",
    "outcome",
    ("leaked", "unknown", "failed"),
)

_DEADLINE: Final = timedelta(seconds=2)
_MOST_AT_ONCE: Final = 16
_MAX_ANSWER_BYTES: Final = 262_144  # a padded range has some 40,000
_RANGES_KEPT: Final = 256  # of some 16 KiB each
_KEPT_SECONDS: Final = 3_600.0
_PREFIX: Final = 5
_PACKED: Final = 18  # bytes of the other 35 digits, filled up with one more
_LINE: Final = re.compile(rb"([0-9A-Fa-f]{35}):([0-9]{1,12})")

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.protection")


class LeakedPasswordList:
    """Asks the range API at `url`, which ends in a slash. Ranges are kept for an hour, a few of them."""

    def __init__(self, url: str, outbound: OutboundClient, meters: Meters) -> None:
        self._url = url
        self._outbound = outbound
        self._meters = meters
        meters.declare(LOOKUPS)
        self._breaker = Breaker()
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)
        self._ranges: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def contains(self, password: Secret) -> bool | None:
        """Tell whether the password is in the list; None when the list does not answer."""
        digest = hashlib.sha1(normalised(password), usedforsecurity=False).hexdigest().upper()
        try:
            packed = await self._range(digest[:_PREFIX])
        except OutboundFailed as error:
            self._meters.count(LOOKUPS, "failed")
            _log.warning("leaked_passwords.unavailable", reason=str(error))
            return None
        found = _holds(packed, _pack(digest[_PREFIX:]))
        self._meters.count(LOOKUPS, "leaked" if found else "unknown")
        return found

    async def _range(self, prefix: str) -> bytes:
        """Return the packed endings of the leaked hashes that begin so. Raises: OutboundFailed."""
        packed, until = self._ranges.get(prefix, (b"", 0.0))
        if monotonic_seconds() < until:
            self._ranges.move_to_end(prefix)
            return packed
        # The call has its own deadline, whose end counts for the breaker: only the wait in line is bounded here.
        try:
            async with asyncio.timeout(_DEADLINE.total_seconds()):
                await self._slots.acquire()
        except TimeoutError as error:
            raise Unreachable("too many passwords are being looked up") from error
        try:
            packed = await self._ask(prefix)
        finally:
            self._slots.release()
        self._ranges[prefix] = packed, monotonic_seconds() + _KEPT_SECONDS
        self._ranges.move_to_end(prefix)
        if len(self._ranges) > _RANGES_KEPT:
            self._ranges.popitem(last=False)
        return packed

    async def _ask(self, prefix: str) -> bytes:
        async with self._breaker:
            # With padding the length of the answer does not tell which range it was.
            reply = await self._outbound.get(
                self._url + prefix,
                headers={"Add-Padding": "true"},
                deadline=_DEADLINE,
                max_bytes=_MAX_ANSWER_BYTES,
            )
            if not reply.is_success:
                raise Unreachable(f"the list answers {reply.status}")
            return _packed(reply.body)


def _packed(body: bytes) -> bytes:
    """Return the endings in a row; those with a count of 0 are padding. Raises: Garbled."""
    endings = bytearray()
    for line in body.split(b"\n"):
        if not line.strip():
            continue
        parts = _LINE.fullmatch(line.strip())
        if parts is None:
            raise Garbled("the list is not written as it was")
        if int(parts[2]):
            endings += _pack(parts[1].decode())
    return bytes(endings)


def _pack(ending: str) -> bytes:
    return bytes.fromhex(ending + "0")


def _holds(packed: bytes, ending: bytes) -> bool:
    """Compare with all of them, each in constant time, so that the time tells nothing about the password."""
    found = False
    for start in range(0, len(packed), _PACKED):
        found |= hmac.compare_digest(packed[start : start + _PACKED], ending)
    return found
