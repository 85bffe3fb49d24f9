"""What goes wrong with a provider, or what a hostile one does. A fault spoils the journey it was chosen for."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Fault(StrEnum):
    """One way to fail; the value is its name in the page's form."""

    UNVERIFIED_EMAIL = "unverified-email"
    MISSING_EMAIL = "missing-email"
    ERROR_REDIRECT = "error-redirect"
    FOREIGN_STATE = "foreign-state"
    MIX_UP = "mix-up"
    SLOW = "slow"
    ERROR_PAGE = "error-page"
    HUGE_BODY = "huge-body"
    REDIRECT = "redirect"
    WRONG_NONCE = "wrong-nonce"
    WRONG_ISSUER = "wrong-issuer"
    WRONG_AUDIENCE = "wrong-audience"
    EXPIRED = "expired"
    FOREIGN_KEY = "foreign-key"
    UNKNOWN_KEY = "unknown-key"
    UNSIGNED = "unsigned"
    OTHER_SUBJECT = "other-subject"


FAULTS: Final[Mapping[str, Mapping[Fault, str]]] = MappingProxyType(
    {
        "What it knows": {
            Fault.UNVERIFIED_EMAIL: "Says that the email was never verified",
            Fault.MISSING_EMAIL: "Knows no email",
        },
        "On the way back": {
            Fault.ERROR_REDIRECT: "Sends the browser back with an error whose text is markup",
            Fault.FOREIGN_STATE: "Sends the browser back with a state of its own",
            Fault.MIX_UP: "Names another issuer in iss (RFC 9207)",
        },
        "At the token endpoint": {
            Fault.SLOW: "Answers when nobody waits any more",
            Fault.ERROR_PAGE: "Answers 500 with a page of HTML",
            Fault.HUGE_BODY: "Answers with megabytes",
            Fault.REDIRECT: "Redirects, and would answer there",
        },
        "In the ID token": {
            Fault.WRONG_NONCE: "Another nonce than was asked for",
            Fault.WRONG_ISSUER: "Another issuer",
            Fault.WRONG_AUDIENCE: "Made for another client",
            Fault.EXPIRED: "Expired an hour ago",
            Fault.FOREIGN_KEY: "Signed by a stranger under our key's name",
            Fault.UNKNOWN_KEY: "Signed with a key that is not in the key set",
            Fault.UNSIGNED: "Not signed at all (alg none)",
        },
        "At the userinfo endpoint": {
            Fault.OTHER_SUBJECT: "Speaks of somebody else than the ID token",
        },
    }
)
