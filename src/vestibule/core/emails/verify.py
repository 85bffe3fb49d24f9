"""What a mailed link does when somebody follows it: it proves an address, or changes it, and may sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from vestibule.core.emails.change import ChangeAddress
from vestibule.core.letters import CHALLENGE
from vestibule.core.pkce import AuthorizationCode, IssueCode
from vestibule.core.projects import Visit
from vestibule.core.proofs import ProveAddress
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose, Ticket, TicketDesk
from vestibule.kernel.errors import InvalidAuthorizationCode, InvalidTicket
from vestibule.storage import Database, Queries

LinkOutcome: TypeAlias = SignedIn | SecondFactorRequired | AuthorizationCode

_MAILED: Final[Sequence[Purpose]] = (
    Purpose.EMAIL_VERIFICATION,
    Purpose.SIGN_IN_LINK,
    Purpose.EMAIL_CHANGE,
    Purpose.PASSWORD_RESET,
)


@dataclass(frozen=True, slots=True)
class TicketVisit:
    """A ticket that came back by a link, and the challenge that the link carried (RFC 7636), if any.

    With `needs_challenge` a link without one leads nowhere.
    """

    purpose: Purpose
    secret: bytes
    challenge: str | None = None
    needs_challenge: bool = False


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Takes a mailed ticket: the address is proven, and at doors that want it a session begins."""

    db: Database
    tickets: TicketDesk
    prove: ProveAddress
    change: ChangeAddress
    finish: FinishSignIn
    issue_code: IssueCode

    async def __call__(self, visit: Visit, came: TicketVisit) -> Ticket:
        """Prove the address and sign nobody in. Raises: InvalidTicket, ExpiredTicket, EmailTaken."""
        ticket = await self._examined(visit, came)
        async with self.db.write() as tx:
            await self._take(tx, visit, ticket)
        return ticket

    async def and_sign_in(self, visit: Visit, came: TicketVisit, terms: DoorTerms) -> LinkOutcome:
        """Prove the address and finish a sign-in, or leave it to whoever has the verifier of the challenge.

        A refused sign-in leaves the ticket unspent. Raises: InvalidTicket, ExpiredTicket, InvalidAuthorizationCode (the
        challenge is not the one that was asked with), EmailTaken, and what FinishSignIn raises.
        """
        ticket = await self._examined(visit, came)
        if ticket.user_id is None:
            raise InvalidTicket
        challenge = _challenge(ticket, came)
        who = Identified(ticket.user_id, Method.EMAIL_LINK)
        async with self.db.write() as tx:
            await self._take(tx, visit, ticket)
            if challenge is not None:
                return await self.issue_code(tx, visit, who, challenge)
            return await self.finish(tx, visit, who, terms)

    async def _examined(self, visit: Visit, came: TicketVisit) -> Ticket:
        if came.purpose not in _MAILED:
            raise InvalidTicket
        return await self.tickets.examine(
            self.db, visit.project.id, came.purpose, visit.dialect, came.secret, visit.client_id
        )

    async def _take(self, tx: Queries, visit: Visit, ticket: Ticket) -> None:
        if ticket.purpose == Purpose.EMAIL_CHANGE:
            await self.change(tx, visit, ticket)
        else:
            await self.prove(tx, visit, ticket)


def _challenge(ticket: Ticket, came: TicketVisit) -> str | None:
    """Return the challenge that counts: the one that was asked with, whatever became of the link since.

    Whoever intercepts the link can neither drop it nor put another in its place. One that only the link has was put
    there by an application that builds its links itself. Raises: InvalidAuthorizationCode.
    """
    asked: str | None = (ticket.payload or {}).get(CHALLENGE)
    if asked is not None and came.challenge not in {None, asked}:
        raise InvalidAuthorizationCode
    challenge = asked or came.challenge
    if challenge is None and came.needs_challenge:
        raise InvalidAuthorizationCode
    return challenge
