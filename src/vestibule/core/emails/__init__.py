"""Email addresses: asking for proof, and taking it."""

from vestibule.core.emails.verification import RequestVerification, TicketVisit, VerifyEmail

__all__ = ["RequestVerification", "TicketVisit", "VerifyEmail"]
