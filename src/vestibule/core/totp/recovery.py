"""Recovery codes: what gets a user in whose authenticator application is lost. Each works once (security 91).

They come and go with the second factor: switching it off removes them, and each new set replaces the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.audit import AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.projects import Visit
from vestibule.core.totp import store
from vestibule.core.totp.proving import ActiveFactor, ProveSecondFactor, SecondFactorTries, audited
from vestibule.core.totp.recovery_codes import RECOVERY_CODES, new_recovery_code, normalised, recovery_code_hash
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.secret import Secret
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class MakeRecoveryCodes:
    """Makes a set of recovery codes for a user who shows the second factor; the older set is void."""

    db: Database
    clock: Clock
    entropy: Entropy
    factor: ActiveFactor
    tries: SecondFactorTries
    prove: ProveSecondFactor
    audit: AuditLog
    notice: SendNotice

    async def __call__(self, visit: Visit, user_id: UUID, code: Secret) -> Sequence[Secret]:
        """Return the codes, which can never be read again. Only the application's own code counts as proof.

        Raises: what `ActiveFactor.subject` raises, TooManyAttempts, InvalidTotp.
        """
        project_id = visit.project.id
        subject = await self.factor.subject(visit, user_id)
        await self.tries.charge(visit, subject)
        codes = [new_recovery_code(self.entropy) for _ in range(RECOVERY_CODES)]
        now = self.clock.now()
        async with self.db.write() as tx:
            held = await self.prove.held(tx, visit, user_id)
            secret = await self.prove.by_code(tx, visit, held, code)
            await tx.run(store.DELETE_RECOVERY_CODES, project_id=project_id, user_id=user_id)
            for made in codes:
                await tx.run(
                    store.ADD_RECOVERY_CODE,
                    project_id=project_id,
                    id=new_uuid7(self.entropy, to_micros(now)),
                    user_id=user_id,
                    code_hash=recovery_code_hash(secret, normalised(made.reveal()) or ""),
                    now=now,
                )
            await self.notice(tx, visit, held, "security-changed", event="recovery-codes-made")
            await self.audit.record(tx, audited(visit, held, "recovery_codes.made"))
        return codes


@dataclass(frozen=True, slots=True)
class CountRecoveryCodes:
    """Tells a user how many codes are left, so that they make new ones in time."""

    db: Database
    factor: ActiveFactor

    async def __call__(self, visit: Visit, user_id: UUID) -> int:
        """Raises: what `ActiveFactor.subject` raises."""
        await self.factor.subject(visit, user_id)
        left = await self.db.one(store.COUNT_RECOVERY_CODES, project_id=visit.project.id, user_id=user_id)
        return left or 0
