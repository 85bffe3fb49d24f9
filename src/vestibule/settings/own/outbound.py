"""Calls to other servers."""

from typing import Any, Final

from vestibule.settings.environ import Variable, names, text

OUTBOUND_ALLOW: Final = Variable[tuple[str, ...]](
    "VESTIBULE_OUTBOUND_ALLOW",
    names,
    (),
    "Networks, addresses and host names that this server may call although they are private, and without TLS.",
)
OUTBOUND_PROXY: Final = Variable[str | None](
    "VESTIBULE_OUTBOUND_PROXY",
    text,
    None,
    "HTTP proxy for what this server calls, except Hasura: `http://proxy.example:3128`."
    " It must keep private addresses out itself.",
    secret=True,
)
OUTBOUND_CA_FILE: Final = Variable[str | None](
    "VESTIBULE_OUTBOUND_CA_FILE",
    text,
    None,
    "Certificate authorities to trust for what this server calls, instead of the system's.",
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    OUTBOUND_ALLOW,
    OUTBOUND_PROXY,
    OUTBOUND_CA_FILE,
)
