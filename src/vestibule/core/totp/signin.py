"""What the second factor opens: a sign-in that waits for it, and a fresh proof of somebody who is signed in."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.totp.proving import ActiveFactor, ProveSecondFactor, SecondFactorTries, refuse_if_switched_off
from vestibule.kernel.errors import InvalidTicket
from vestibule.kernel.secret import Secret
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A ticket that stands for the first factor, and what is shown as the second one.

    With `by_recovery_code` only a recovery code counts; without it a code of the application does as well.
    """

    ticket: bytes
    code: Secret
    by_recovery_code: bool = False


@dataclass(frozen=True, slots=True)
class SignInWithSecondFactor:
    """Ends a sign-in that waits. A wrong code costs one of the ticket's tries and one of the user's."""

    db: Database
    tickets: TicketDesk
    factor: ActiveFactor
    tries: SecondFactorTries
    prove: ProveSecondFactor
    finish: FinishSignIn

    async def __call__(self, visit: Visit, pending: PendingSignIn, terms: DoorTerms) -> SignedIn | SecondFactorRequired:
        """Raises: what `ActiveFactor.subject` raises, InvalidTicket, TooManyAttempts, InvalidTotp."""
        refuse_if_switched_off(visit)
        ticket = await self.tickets.examine(
            self.db, visit.project.id, Purpose.SECOND_FACTOR, visit.dialect, pending.ticket, visit.client_id
        )
        if ticket.user_id is None:
            raise InvalidTicket
        subject = await self.factor.subject(visit, ticket.user_id)
        await self.tickets.take_try(self.db, ticket)
        await self.tries.charge(visit, subject)
        async with self.db.write() as tx:
            held = await self.prove.held(tx, visit, ticket.user_id)
            await self.tickets.spend(tx, ticket)
            if pending.by_recovery_code:
                await self.prove.by_recovery_code(tx, visit, held, pending.code)
            else:
                await self.prove.by_either(tx, visit, held, pending.code)
            return await self.finish(tx, visit, Identified(held.id, Method.SECOND_FACTOR), terms)


@dataclass(frozen=True, slots=True)
class ElevateWithTotp:
    """Lets somebody who is signed in prove themselves again: the new session says so."""

    db: Database
    factor: ActiveFactor
    tries: SecondFactorTries
    prove: ProveSecondFactor
    finish: FinishSignIn

    async def __call__(
        self, visit: Visit, user_id: UUID, code: Secret, terms: DoorTerms
    ) -> SignedIn | SecondFactorRequired:
        """Recovery codes do not count here: they are for getting in.

        Raises: what `ActiveFactor.subject` raises, TooManyAttempts, InvalidTotp.
        """
        subject = await self.factor.subject(visit, user_id)
        await self.tries.charge(visit, subject)
        async with self.db.write() as tx:
            held = await self.prove.held(tx, visit, user_id)
            await self.prove.by_code(tx, visit, held, code)
            return await self.finish(tx, visit, Identified(held.id, Method.ELEVATION), terms)
