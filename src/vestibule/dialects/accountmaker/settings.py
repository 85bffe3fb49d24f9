"""What only this dialect is told by the operator."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

CsrfMode = Literal["browser", "always", "off"]


@dataclass(frozen=True, slots=True)
class AccountMakerSettings:
    """The operator's word on this door.

    `public_url` is where clients reach it: links, issuers and problem types are built from it, never from a request.
    `csrf_mode` is `browser` (a token where a browser's cookies are involved), `always` or `off`. With
    `require_origin` a POST without credentials must name its Origin. `insecure_cookies` drops `Secure`, which is
    for plain HTTP on the loopback of a developer's machine only.
    """

    public_url: str
    csrf_mode: CsrfMode = "browser"
    require_origin: bool = False
    insecure_cookies: bool = False

    @property
    def base(self) -> str:
        """The public URL without a slash at its end."""
        return self.public_url.rstrip("/")

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public URL, spelled as a browser does in an Origin header."""
        parts = urlsplit(self.public_url.lower())
        usual = {"https": ":443", "http": ":80"}.get(parts.scheme, "")
        return f"{parts.scheme}://{parts.netloc.removesuffix(usual) if usual else parts.netloc}"
