"""Guesses at codes that were sent to an address: counted before anything is compared, refused alike whoever exists.

Each code has five tries, which the desk counts. Here is what goes on over all codes of an address: asking again makes
another code, and must not make guessing at it endless (security 73).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

from vestibule.core.attempts import AttemptBudget, Budget
from vestibule.core.letters import CODE_LIFE, CODE_TRIES
from vestibule.core.projects import Visit
from vestibule.core.tickets import Purpose, Ticket, TicketDesk
from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.errors import InvalidCode, InvalidTicket, TooManyAttempts
from vestibule.storage import Database, Queries

__all__ = ["GUESS_BUDGET", "WRONG_AFTER_SECONDS", "CodesOfOurs", "Comparison", "Guess", "GuessCode", "RightGuess"]

GUESS_BUDGET: Final = Budget(tries=20, window=timedelta(hours=1))
_TRIES_BUDGET: Final = Budget(tries=CODE_TRIES - 1, window=CODE_LIFE)

# A try at a live code is written, one at nobody's is not: 4 against 2 ms. Both are refused this late.
WRONG_AFTER_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A code as somebody typed it, said to have come to `address`: an email key, or a number in E.164.

    `user_id` is whose code it would be; None when nobody has the address.
    """

    purpose: Purpose
    address: str
    code: str
    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class RightGuess:
    """Whose code it was, and its ticket, for the caller to spend."""

    user_id: UUID
    ticket: Ticket


class Comparison(Protocol):
    """Compares a guess with the code, which costs one of that code's tries."""

    async def __call__(self, visit: Visit, guess: Guess) -> Ticket:
        """Return the ticket of the code if the guess is right. Raises: InvalidTicket."""
        ...


@dataclass(frozen=True, slots=True)
class CodesOfOurs:
    """Compares with the hash that stands in the ticket."""

    db: Database
    tickets: TicketDesk

    async def __call__(self, visit: Visit, guess: Guess) -> Ticket:
        """Return the ticket of the code if the guess is right. Raises: InvalidTicket."""
        if guess.user_id is None:
            raise InvalidTicket
        return await self.tickets.guess(
            self.db, visit.project.id, guess.purpose, visit.dialect, guess.user_id, guess.code.encode()
        )


@dataclass(frozen=True, slots=True)
class GuessCode:
    """Charges a guess and has it compared. `wrong` and `burnt` are how the channel of the code says no."""

    db: Database
    attempts: AttemptBudget
    compare: Comparison
    wrong: type[InvalidCode]
    burnt: type[InvalidCode]

    async def __call__(self, visit: Visit, guess: Guess) -> RightGuess:
        """Take a try; call it outside transactions.

        Raises: TooManyAttempts, `wrong`, and from the fifth wrong guess on `burnt`. All of them depend on the address
        and what was typed, and none on whether anybody has it (security 82).
        """
        refused_at_seconds = monotonic_seconds() + WRONG_AFTER_SECONDS
        await self.attempts.charge(self.db, visit.project.id, _over_all(visit, guess.address), GUESS_BUDGET)
        refusal = await self._refusal(visit, guess)
        try:
            return _right(visit, guess, await self.compare(visit, guess))
        except InvalidTicket as error:
            await self.attempts.clock.wait_until(refused_at_seconds)
            raise refusal from error

    async def begin_anew(self, visit: Visit, purpose: Purpose, address: str) -> None:
        """Note that another code was asked for: it has tries of its own. Call it outside transactions."""
        await self.attempts.clear(self.db, visit.project.id, _since_asked(purpose, address))

    async def forget(self, tx: Queries, visit: Visit, guess: Guess) -> None:
        """Forget the guesses before the right one, in the transaction of what it allowed."""
        await self.attempts.clear(tx, visit.project.id, _over_all(visit, guess.address))
        await self.attempts.clear(tx, visit.project.id, _since_asked(guess.purpose, guess.address))

    async def _refusal(self, visit: Visit, guess: Guess) -> type[InvalidCode]:
        # The desk knows when a code is burnt, but only of codes that there are.
        subject = _since_asked(guess.purpose, guess.address)
        try:
            await self.attempts.charge(self.db, visit.project.id, subject, _TRIES_BUDGET)
        except TooManyAttempts:
            return self.burnt
        return self.wrong


def _right(visit: Visit, guess: Guess, ticket: Ticket) -> RightGuess:
    # A code proves the address that it went to, which the user may have given up since (security 14).
    if guess.user_id is None or ticket.address != guess.address or ticket.client_id != visit.client_id:
        raise InvalidTicket
    return RightGuess(guess.user_id, ticket)


def _over_all(visit: Visit, address: str) -> str:
    return f"code:{address}:{visit.network}"


def _since_asked(purpose: Purpose, address: str) -> str:
    return f"code:{purpose.value}:{address}"
