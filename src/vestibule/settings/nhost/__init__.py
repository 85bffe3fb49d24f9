"""The variables of Nhost Auth, by their own names, so that an existing compose file configures this server.

A module for each thing that they are about. Their order in `SECTIONS` is the order of the documentation.
"""

from typing import Any, Final

from vestibule.settings.environ import Variable
from vestibule.settings.nhost import later, limits, mail, protection, providers, server, texts, tokens, users, ways_in

__all__ = [
    "SECTIONS",
    "later",
    "limits",
    "mail",
    "protection",
    "providers",
    "server",
    "texts",
    "tokens",
    "users",
    "ways_in",
]

SECTIONS: Final[dict[str, tuple[Variable[Any], ...]]] = {  # Any: variables of every type
    "Server and database": server.ALL,
    "Keys and tokens": tokens.ALL,
    "Users": users.ALL,
    "Ways in": ways_in.ALL,
    "Mail": mail.ALL,
    "Text messages": texts.ALL,
    "Providers": providers.ALL,
    "Rate limits": limits.ALL,
    "Protection": protection.ALL,
    "OAuth 2 provider (not built yet)": later.ALL,
}
