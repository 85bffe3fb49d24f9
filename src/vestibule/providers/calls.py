"""Requests to one provider: short, with nothing followed, and none for a while to what stops answering."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import structlog

from vestibule.kernel.secret import Secret
from vestibule.outbound import Breaker, OutboundClient, Reply

log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.providers")

# RFC 6749 appendix A: codes and tokens are made of these. Anything else would not fit into a header or the database.
_VISIBLE: Final = re.compile(r"[\x21-\x7e]{1,16384}")
_MOST_BYTES: Final = 262_144


def visible(value: object) -> str | None:
    """Return a code or token; None for what cannot be one."""
    return value if isinstance(value, str) and _VISIBLE.fullmatch(value) else None


class Calls:
    """Sends requests to one provider, each within the client's deadline. Redirects are answers too (security 49).

    Each of its few addresses is left alone by itself: that codes are exchanged says nothing about who hands out
    profiles (security 97). Raises of every method: OutboundFailed.
    """

    def __init__(self, outbound: OutboundClient) -> None:
        self._outbound = outbound
        self._breakers: defaultdict[str, Breaker] = defaultdict(Breaker)

    async def post(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, Secret] | None = None,
    ) -> Reply:
        """Send a form."""
        async with self._breakers[url]:
            return await self._outbound.post(
                url,
                form=form,
                headers={"Accept": "application/json", **(headers or {})},
                basic=basic,
                max_bytes=_MOST_BYTES,
            )

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for a document."""
        async with self._breakers[url]:
            return await self._outbound.get(
                url,
                headers={"Accept": "application/json", **(headers or {})},
                max_bytes=_MOST_BYTES,
            )
