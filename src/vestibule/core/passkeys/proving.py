"""Checks that a passkey answered a challenge, and enters the user who owns it: signing in and elevating share it."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.passkeys import store
from vestibule.core.passkeys.answers import Assertion, PresentedAssertion, is_handle_of
from vestibule.core.passkeys.challenges import Answered, Challenges, relying_party
from vestibule.core.passkeys.store import PasskeyRow
from vestibule.core.passkeys.verify import Proof, verified_assertion
from vestibule.core.projects import Visit
from vestibule.core.signin import DoorTerms, FinishSignIn, Identified, Method, SecondFactorRequired, SignedIn
from vestibule.core.tickets import Purpose
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import PasskeyRefused
from vestibule.storage import Database, Queries


class _CounterStoodStill(Exception):
    """The authenticator's counter did not go up: somebody may have copied the key. Or the passkey is gone by now."""


@dataclass(frozen=True, slots=True)
class EnterWithPasskey:
    """Turns a right answer into a session."""

    db: Database
    challenges: Challenges
    finish: FinishSignIn
    audit: AuditLog
    clock: Clock

    async def __call__(
        self,
        visit: Visit,
        purpose: Purpose,
        method: Method,
        presented: PresentedAssertion,
        terms: DoorTerms,
        *,
        user_id: UUID | None = None,
    ) -> SignedIn | SecondFactorRequired:
        """Raises: EndpointDisabled, PasskeyRefused, and what FinishSignIn raises.

        With `user_id` nobody else's challenge and nobody else's passkey counts.
        """
        party = relying_party(visit)
        assertion = presented.read()
        answered = await self.challenges.take(visit, purpose, assertion, user_id)
        passkey = await self.db.one(
            store.BY_CREDENTIAL_ID, project_id=visit.project.id, credential_id=assertion.credential_id
        )
        if passkey is None or not _may_answer(passkey, answered, assertion):
            raise PasskeyRefused
        # In a thread: it may load a library, and parses what strangers wrote.
        proof = await asyncio.to_thread(verified_assertion, assertion, answered.expected(party), passkey.public_key)
        try:
            async with self.db.write() as tx:
                finished = await self.finish(tx, visit, Identified(passkey.user_id, method), terms)
                await self._use(tx, visit, passkey, proof)
                return finished
        except _CounterStoodStill as error:
            await self._report(visit, passkey, proof)
            raise PasskeyRefused from error

    async def _use(self, tx: Queries, visit: Visit, passkey: PasskeyRow, proof: Proof) -> None:
        used = await tx.run(
            store.USE,
            project_id=visit.project.id,
            id=passkey.id,
            sign_count=proof.sign_count,
            is_backup_eligible=proof.is_backup_eligible,
            is_backed_up=proof.is_backed_up,
            now=self.clock.now(),
        )
        if used != 1:
            raise _CounterStoodStill

    async def _report(self, visit: Visit, passkey: PasskeyRow, proof: Proof) -> None:
        project_id, credential_id = visit.project.id, passkey.credential_id
        if await self.db.one(store.BY_CREDENTIAL_ID, project_id=project_id, credential_id=credential_id) is None:
            return  # its owner has removed it this moment
        entry = AuditEntry(
            visit.project.id,
            "passkey.counter_regressed",
            passkey.user_id,
            None,
            visit.dialect,
            request_id=visit.request_id,
            detail={"passkey": str(passkey.id), "stored": passkey.sign_count, "shown": proof.sign_count},
        )
        await self.audit.record(self.db, entry)


def _may_answer(passkey: PasskeyRow, answered: Answered, assertion: Assertion) -> bool:
    """Tell whether the challenge was for this passkey and its owner (W3C WebAuthn section 7.2, steps 5 and 6)."""
    if answered.user_id not in {None, passkey.user_id} or not answered.asked.allows(passkey.credential_id):
        return False
    if assertion.user_handle is None:
        return answered.user_id is not None  # who was not named before must be named by the authenticator
    return is_handle_of(assertion.user_handle, passkey.user_id)
