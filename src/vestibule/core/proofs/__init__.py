"""Proofs of an address: what comes back from a mailbox, or what a provider vouches for, and what it ends.

Whoever registers an address that is not theirs can leave a password there and wait for its owner to come (security 2).
So the first proof of an address takes away everything that could sign in before it. A proof that belongs to the sign-up
itself, the letter that was sent then, is an exception: there the password was chosen a moment ago. A project may make
another one of letters, where users have long had addresses that nobody asked them to prove; never of providers, since
what they vouch for is linked, and would be shared.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.proofs import store
from vestibule.core.sessions import RevokeSessions
from vestibule.core.tickets import Purpose, Ticket, TicketDesk
from vestibule.core.users import CredentialRow, UserDirectory
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import InvalidTicket, UserNotFound
from vestibule.storage import Queries, Statement

__all__ = ["FirstProof", "ProveAddress"]

# What says the same about the same mailbox: one of them is enough, and the others are not left lying there.
_ONE_PROOF: Final = (Purpose.SIGN_IN_LINK, Purpose.EMAIL_CODE, Purpose.EMAIL_VERIFICATION)

_LEFT_BEHIND: Final[tuple[Statement[None], ...]] = (
    store.FORGET_PASSWORDS,
    store.DELETE_PASSKEYS,
    store.DELETE_TOTP,
    store.DELETE_RECOVERY_CODES,
    store.DELETE_ACCESS_TOKENS,
    store.DELETE_IDENTITIES,
)


@dataclass(frozen=True, slots=True)
class FirstProof:
    """Records that an address is its user's. The first such proof gives the user to whoever shows it, alone."""

    users: UserDirectory
    tickets: TicketDesk
    sessions: RevokeSessions
    audit: AuditLog
    clock: Clock

    async def __call__(
        self,
        tx: Queries,
        visit: Visit,
        proven: CredentialRow,
        credentials: list[CredentialRow],
        *,
        reclaims: bool = True,
    ) -> None:
        """Record it in the caller's transaction, which holds the user; `credentials` are all that the user has."""
        if proven.verified_at is not None:
            return
        if reclaims and all(row.verified_at is None for row in credentials):
            await self._reclaim(tx, visit, proven.user_id)
        await self.users.mark_verified(tx, visit.project.id, proven.id, proven.email_key)

    async def _reclaim(self, tx: Queries, visit: Visit, user_id: UUID) -> None:
        project_id = visit.project.id
        taken = await self.sessions.all_of(tx, project_id, user_id)
        for statement in _LEFT_BEHIND:
            taken += await tx.run(statement, project_id=project_id, user_id=user_id)
        await tx.run(store.FORGET_OWNER, project_id=project_id, user_id=user_id, now=self.clock.now())
        await self.tickets.withdraw_all(tx, project_id, user_id)
        if taken:
            entry = AuditEntry(
                project_id, "user.reclaimed", user_id, dialect=visit.dialect, request_id=visit.request_id
            )
            await self.audit.record(tx, entry)


@dataclass(frozen=True, slots=True)
class ProveAddress:
    """Takes a ticket that came back from a mailbox. Whatever signs in by one calls it before `FinishSignIn`."""

    users: UserDirectory
    tickets: TicketDesk
    first_proof: FirstProof

    async def __call__(self, tx: Queries, visit: Visit, ticket: Ticket) -> None:
        """Hold the user, spend the examined ticket, or guessed code, and record the proof in the caller's transaction.

        Raises: InvalidTicket, also when the address is no longer the one that the letter went to (security 14).
        """
        project = visit.project
        if ticket.user_id is None:
            raise InvalidTicket
        try:
            await self.users.held(tx, project.id, ticket.user_id)
        except UserNotFound as error:  # deleted this moment, and the ticket with them
            raise InvalidTicket from error
        await self.tickets.spend(tx, ticket)
        for purpose in _ONE_PROOF:
            await self.tickets.withdraw(tx, project.id, purpose, ticket.user_id)
        credentials = await self.users.credentials(tx, project.id, ticket.user_id)
        proven = next((row for row in credentials if row.id == ticket.credential_id), None)
        if proven is None or proven.email_key != ticket.address:
            raise InvalidTicket
        reclaims = project.policy.reclaim_on_first_proof and not _belongs_to_sign_up(ticket)
        await self.first_proof(tx, visit, proven, credentials, reclaims=reclaims)


def _belongs_to_sign_up(ticket: Ticket) -> bool:
    letter = (ticket.payload or {}).get("letter") if ticket.purpose == Purpose.EMAIL_CODE else ticket.purpose
    return letter == Purpose.EMAIL_VERIFICATION
