"""Email addresses: asking for proof, taking it, and changing an address for another."""

from vestibule.core.emails.change import ChangeAddress, EmailChange, RequestEmailChange
from vestibule.core.emails.verification import RequestVerification
from vestibule.core.emails.verify import LinkOutcome, TicketVisit, VerifyEmail

__all__ = [
    "ChangeAddress",
    "EmailChange",
    "LinkOutcome",
    "RequestEmailChange",
    "RequestVerification",
    "TicketVisit",
    "VerifyEmail",
]
