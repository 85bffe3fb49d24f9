"""One-time secrets: mailed links, codes, pending second factors. Purpose and subject are columns, never text."""

from vestibule.core.tickets.desk import NewTicket, Purpose, TicketDesk
from vestibule.core.tickets.store import Ticket

__all__ = ["NewTicket", "Purpose", "Ticket", "TicketDesk"]
