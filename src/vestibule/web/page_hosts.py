"""Under which names the pages for developers may be opened."""

from dataclasses import dataclass
from typing import Final

from vestibule.kernel.errors import NotPermitted
from vestibule.wire import Call

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True, slots=True)
class PageHosts:
    """The Host headers under which the pages may be opened; None means any (the operator has exposed them)."""

    names: frozenset[str] | None = _LOOPBACK


async def only_known_hosts(call: Call, hosts: PageHosts) -> None:
    """Refuse any other Host: a site whose name was rebound to 127.0.0.1 could otherwise read and press everything."""
    if hosts.names is not None and call.host not in hosts.names:
        raise NotPermitted
