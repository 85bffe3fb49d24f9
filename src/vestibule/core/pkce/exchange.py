"""Issues a code to somebody who is identified, and exchanges it for the session against the verifier (S256 only)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import NewTicket, Purpose, Ticket, TicketDesk
from vestibule.core.users import Subject
from vestibule.kernel.errors import InvalidAuthorizationCode, InvalidTicket, UserNotFound
from vestibule.storage import Database, Queries

_CODE_BYTES: Final = 32
_CODE_LIFE: Final = timedelta(minutes=5)
_CODE_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """Stands for a sign-in until somebody shows the verifier; `code` has 32 bytes."""

    subject: Subject
    code: bytes


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class IssueCode:
    """Ends a sign-in whose session goes to the browser that asked, not to the one that came back (security 99)."""

    tickets: TicketDesk
    finish: FinishSignIn

    async def __call__(self, tx: Queries, visit: Visit, who: Identified, challenge: str) -> AuthorizationCode:
        """Write a code for `who` in the caller's transaction. Raises: what FinishSignIn raises.

        The second factor, if one is due, is asked for at the exchange. Codes of other devices stay good.
        """
        subject = await self.finish.identified(tx, visit, who)
        ticket = NewTicket(
            project_id=visit.project.id,
            purpose=Purpose.AUTHORIZATION_CODE,
            dialect=visit.dialect,
            life=_CODE_LIFE,
            user_id=subject.id,
            client_id=visit.client_id,
            tries=_CODE_TRIES,
            payload={"challenge": challenge, "method": who.method.value},
        )
        return AuthorizationCode(subject, await self.tickets.issue(tx, ticket, replace=False, size=_CODE_BYTES))


@dataclass(frozen=True, slots=True)
class ExchangeCode:
    """Signs in with a code and the verifier of its challenge; of many who come with both, one wins."""

    db: Database
    tickets: TicketDesk
    finish: FinishSignIn

    async def __call__(
        self, visit: Visit, code: bytes, verifier: str, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Raises: InvalidAuthorizationCode, and what FinishSignIn raises.

        A wrong verifier costs a try and nothing else: whoever only saw the code cannot take it from its owner.
        """
        try:
            ticket = await self._tried(visit, code)
        except InvalidTicket as error:
            raise InvalidAuthorizationCode from error
        payload = ticket.payload or {}
        if ticket.user_id is None or not hmac.compare_digest(challenge_of(verifier), payload["challenge"]):
            raise InvalidAuthorizationCode  # RFC 7636 section 4.6
        who = Identified(ticket.user_id, Method(payload["method"]))
        try:
            async with self.db.write() as tx:
                finished = await self.finish(tx, visit, who, terms)  # holds the user
                await self.tickets.spend(tx, ticket)
                return finished
        except (UserNotFound, InvalidTicket) as error:  # deleted, or spent by somebody else, this moment
            raise InvalidAuthorizationCode from error

    async def _tried(self, visit: Visit, code: bytes) -> Ticket:
        ticket = await self.tickets.examine(
            self.db, visit.project.id, Purpose.AUTHORIZATION_CODE, visit.dialect, code, visit.client_id
        )
        await self.tickets.take_try(self.db, ticket)
        return ticket
