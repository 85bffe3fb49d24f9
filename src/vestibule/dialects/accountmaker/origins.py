"""Whose scripts may call: the client's listed origins, and our own; and what a browser says about itself."""

from collections.abc import Container
from typing import Final

from vestibule.core.facade import Core
from vestibule.core.projects import Visit
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.kernel.errors import OriginNotAllowed
from vestibule.wire import Call

CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_SAME: Final = frozenset({"same-origin", "same-site"})


async def listed_origins(call: Call, core: Core, settings: AccountMakerSettings) -> Container[str]:
    """Return the origins of the client, with ours; where no client is known yet, the asking one if any client lists it.

    A preflight is such a case: it can name its client neither in a header nor in a body.
    """
    visit: Visit | None = call.project
    if visit is not None and visit.client is not None:
        return visit.client.allowed_origins | {settings.origin}
    if call.origin is not None and await core.catalog.lists_origin(call.origin):
        return {settings.origin, call.origin}
    return {settings.origin}


def refuse_foreign_browser(call: Call, *, origin_required: bool) -> None:
    """Refuse a change that another site's page asks for without saying who it is (security 106).

    A page that names its origin has been judged by the list already. Raises: OriginNotAllowed.
    """
    if call.method not in CHANGING or call.origin is not None:
        return
    if call.header("sec-fetch-site") == "cross-site":
        raise OriginNotAllowed
    if origin_required and "authorization" not in call.headers:
        raise OriginNotAllowed


def is_from_our_pages(call: Call) -> bool:
    """Tell whether the browser vouches that no foreign page is behind the call.

    An Origin that came this far is a listed one. Pages cannot forge either header.
    """
    return call.origin is not None or call.header("sec-fetch-site") in _SAME
