"""Whose page pressed the button: a foreign one must not sign a browser in as somebody else (security 106)."""

from typing import Final
from urllib.parse import urlsplit

from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.kernel.errors import OriginNotAllowed
from vestibule.wire import Call

_OUR_OWN: Final = "same-origin"


def refuse_foreign_page(call: Call, settings: NhostSettings) -> None:
    """Let pass what our own page has sent, as the browser says. Raises: OriginNotAllowed.

    The page keeps its address to itself, so browsers name its origin as `null`: what counts is Sec-Fetch-Site. Those
    that do not send it must name the origin.
    """
    site = call.header("sec-fetch-site")
    parts = urlsplit(settings.server_url)
    if site != _OUR_OWN and (site is not None or call.origin != f"{parts.scheme}://{parts.netloc}"):
        raise OriginNotAllowed
