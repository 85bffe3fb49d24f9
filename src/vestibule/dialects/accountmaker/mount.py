"""Puts the door together: its declarations, its settings, and what its handlers ask for."""

import copy
import functools
from collections.abc import Mapping

from vestibule.core.facade import Core
from vestibule.dialects.accountmaker import csrf, me, refresh, signin, signup, verify
from vestibule.dialects.accountmaker.csrf import CsrfTokens
from vestibule.dialects.accountmaker.dialect import accountmaker
from vestibule.dialects.accountmaker.errors import problem
from vestibule.dialects.accountmaker.results import Results
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.dialects.accountmaker.tokens import AccessTokens
from vestibule.wire import Mount

# Imported for what they declare; their documentation follows this order.
HANDLERS = (signup, signin, refresh, me, verify, csrf)


def accountmaker_mount(core: Core, settings: AccountMakerSettings) -> tuple[Mount, Mapping[type, object]]:
    """Return the door and what its handlers ask for by type."""
    door = copy.copy(accountmaker)  # its problems name this server; another one in the process has its own
    door.render = functools.partial(problem, settings.base)
    tokens = AccessTokens(core, settings)
    dependencies: dict[type, object] = {
        Core: core,
        AccountMakerSettings: settings,
        AccessTokens: tokens,
        CsrfTokens: CsrfTokens(core),
        Results: Results(core, tokens, settings),
    }
    return Mount(door, handlers=HANDLERS), dependencies
