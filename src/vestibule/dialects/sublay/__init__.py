"""Sublay's auth API, and Replyke's before it: v5, v6 and v7 from the same core."""

from collections.abc import Mapping

from vestibule.core.facade import Core
from vestibule.dialects.sublay import access, passwords, projects, refresh
from vestibule.dialects.sublay.dialect import sublay
from vestibule.dialects.sublay.settings import SublaySettings
from vestibule.dialects.sublay.tokens import Tokens
from vestibule.wire import Mount

__all__ = ["SublaySettings", "sublay", "sublay_mount"]

# Importing them is what declares their endpoints; their documentation follows this order.
HANDLERS = (access, refresh, passwords, projects)


def sublay_mount(core: Core, settings: SublaySettings) -> tuple[Mount, Mapping[type, object]]:
    """Return the dialect to mount and what its handlers ask for."""
    tokens = Tokens(core.keyring, core.key_sets, core.clock, settings)
    return Mount(sublay, handlers=HANDLERS), {Core: core, Tokens: tokens}
