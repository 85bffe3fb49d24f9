"""Why a database does not answer, in words that an operator may read and that hold no secret."""

import sqlite3
from typing import Final

from vestibule.kernel.errors import StorageUnavailable

_SHUT_CLASS: Final = "28"  # authorisation: a password, a role, or an address that the server does not take
_NO_SUCH_DATABASE: Final = "3D000"


def unavailable(error: BaseException) -> StorageUnavailable:
    """Return the refusal that `error`, of a driver or of the network, stands for."""
    state: str = getattr(error, "sqlstate", None) or ""  # asyncpg's; a server on SQLite never imports it
    is_shut = state == _NO_SUCH_DATABASE or state.startswith(_SHUT_CLASS)
    return StorageUnavailable(reason=_reason(error, state), is_shut=is_shut)


def _reason(error: BaseException, state: str) -> str:
    name = type(error).__name__
    said = str(error).partition("\n")[0]  # the lines below the first may quote values
    if state:
        return f"{said} ({name}, {state})"
    if isinstance(error, sqlite3.Error):
        return f"{said} ({error.sqlite_errorname})"
    if isinstance(error, OSError) and said:
        return f"{said} ({name})"
    return "no answer within the deadline" if isinstance(error, TimeoutError) else name
