"""Compares guesses where a provider makes the codes: it knows whether one is right, we know what it is good for."""

from dataclasses import dataclass

from vestibule.core.guesses import Guess
from vestibule.core.projects import Visit
from vestibule.core.texts import RemoteVerification
from vestibule.core.tickets import Ticket, TicketDesk
from vestibule.kernel.errors import InvalidTicket
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class CodesOfProvider:
    """Takes a try of our ticket, then asks the provider."""

    db: Database
    tickets: TicketDesk
    remote: RemoteVerification

    async def __call__(self, visit: Visit, guess: Guess) -> Ticket:
        """Return the ticket if the provider knows the code. Raises: InvalidTicket, CannotSendText when it is away."""
        ticket = await self._tried(visit, guess)
        # Asked about the numbers of nobody as well: an answer without a call would come sooner (security 82).
        is_right = await self.remote.check(guess.address, guess.code)
        if ticket is None or not is_right:
            raise InvalidTicket
        return ticket

    async def _tried(self, visit: Visit, guess: Guess) -> Ticket | None:
        if guess.user_id is None:
            return None
        try:
            return await self.tickets.tried(self.db, visit.project.id, guess.purpose, visit.dialect, guess.user_id)
        except InvalidTicket:
            return None
