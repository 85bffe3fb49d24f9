"""The variables of our own, VESTIBULE_*, a module for each thing that they are about.

Their order in `SECTIONS` is the order of the documentation.
"""

from typing import Any, Final

from vestibule.settings.environ import Variable
from vestibule.settings.own import (
    claims,
    database,
    dialects,
    files,
    hashing,
    keys,
    limits,
    mail,
    outbound,
    protection,
    retention,
    serving,
    sessions,
)

__all__ = [
    "PREFIX",
    "SECTIONS",
    "claims",
    "database",
    "dialects",
    "files",
    "hashing",
    "keys",
    "limits",
    "mail",
    "outbound",
    "protection",
    "retention",
    "serving",
    "sessions",
]

PREFIX: Final = "VESTIBULE_"

SECTIONS: Final[dict[str, tuple[Variable[Any], ...]]] = {  # Any: variables of every type
    "Files": files.ALL,
    "Serving": serving.ALL,
    "Database": database.ALL,
    "Keys, sessions and passwords": (*keys.ALL, *sessions.ALL, *hashing.ALL),
    "Dialects": dialects.ALL,
    "Calls to other servers": outbound.ALL,
    "Protection": protection.ALL,
    "Custom claims": claims.ALL,
    "Limits, mail and retention": (*limits.ALL, *mail.ALL, *retention.ALL),
}
