"""What an operator says about outbound HTTP. The environment is read elsewhere."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from vestibule.kernel.secret import Secret
from vestibule.outbound.reach import Reach


@dataclass(frozen=True, slots=True)
class OutboundSettings:
    """How requests leave.

    `allow` lists networks, addresses and host names that may be called although they are private, and by plain HTTP.
    `proxy` is the URL of an HTTP proxy: it then resolves names, so it has to keep private addresses out itself.
    `ca_file` names certificate authorities to trust instead of the system's.
    `deadline` is for everything together, from the name to the last byte.
    `itself` is the origin of this server where it may call itself, which is while developing only; empty where not.

    Raises: ValueError, saying what to change.
    """

    allow: tuple[str, ...] = ()
    proxy: Secret | None = None
    ca_file: str | None = None
    connect: timedelta = timedelta(seconds=5)
    deadline: timedelta = timedelta(seconds=10)
    max_bytes: int = 1_048_576
    itself: str = ""

    def __post_init__(self) -> None:
        Reach(self.allow)
        if self.itself:
            Reach([urlsplit(self.itself).hostname or ""])
        if self.proxy is not None:
            parts = urlsplit(self.proxy.reveal())
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
                raise ValueError("the proxy is a URL like http://proxy.example:3128")
