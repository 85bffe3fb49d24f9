"""The variables of a message as templates may show them: single lines of bounded length, and nothing that acts.

Escaping in HTML comes on top of it, where the HTML is made.
"""

import re
from typing import Final

import msgspec

from vestibule.core.outbox import Claimed, MailVariables, one_line

_WEB_LINK: Final = re.compile(r"https?://", re.IGNORECASE)
_ACTS: Final = re.compile(r"(?:javascript|data|vbscript|file|blob):", re.IGNORECASE)
# Mail programs turn these into links, so that a display name could send people anywhere.
_LINK_LIKE: Final = re.compile(r"[/\\@:]|\w\.\w\w|www\.", re.IGNORECASE)

_MAX_LINK: Final = 8192
_MAX_NAME: Final = 64
_MAX_ADDRESS: Final = 320
_MAX_VALUE: Final = 2048
_LIMITS: Final = {
    "product": _MAX_NAME,
    "link": _MAX_LINK,
    "redirect_to": _MAX_LINK,
    "email": _MAX_ADDRESS,
    "new_email": _MAX_ADDRESS,
}


def shown_values(claimed: Claimed, variables: MailVariables) -> dict[str, str]:
    """Return what templates may show of `variables`, and the `recipient`."""
    shown = {
        name: one_line(value, _LIMITS.get(name, _MAX_VALUE))
        for name, value in msgspec.structs.asdict(variables).items()
    }
    shown["recipient"] = one_line(claimed.recipient, _MAX_ADDRESS)
    if not _WEB_LINK.match(shown["link"]):  # escaping alone would let javascript: through
        shown["link"] = ""
    if _ACTS.match(shown["redirect_to"]):  # applications have schemes of their own: any other one may stand
        shown["redirect_to"] = ""
    shown["display_name"] = "" if _LINK_LIKE.search(shown["display_name"]) else shown["display_name"][:_MAX_NAME]
    if not (shown["code"] or shown["link"]):
        shown["code"] = shown["ticket"]  # without a link, it is the ticket that people type
    return shown
