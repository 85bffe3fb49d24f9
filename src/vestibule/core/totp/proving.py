"""Showing the second factor: who has one, how often it may be tried, and that each code works once.

Order matters: the try is charged and committed before anything is compared; then the user is held, and the code is
compared and used up in the transaction of what it allows.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vestibule.core.attempts import AttemptBudget, Budget
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.projects import Visit
from vestibule.core.totp import store
from vestibule.core.totp.codes import matching_step
from vestibule.core.totp.recovery_codes import normalised, recovery_code_hash
from vestibule.core.totp.secrets import TotpSecrets
from vestibule.core.users import Subject, UserDirectory, refuse_unless_welcome
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import EndpointDisabled, InvalidTotp, NoTotpSecret, SecondFactorNotActive, TooManyAttempts
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Queries

WRONG_CODES: Final = Budget(tries=10, window=timedelta(minutes=15))
_TOLD: Final = Budget(tries=1, window=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class SecondFactorTries:
    """Counts wrong codes per user, over all tickets, sessions and networks: there are only a million codes.

    Whoever tries has shown the first factor, so a stranger cannot use the count to keep somebody out; and it ends by
    itself.
    """

    db: Database
    attempts: AttemptBudget
    audit: AuditLog
    notice: SendNotice

    async def charge(self, visit: Visit, subject: Subject) -> None:
        """Count one try; call it outside a transaction, before comparing. The user is told when the tries run out.

        Raises: TooManyAttempts.
        """
        counted = _budget(subject)
        try:
            await self.attempts.charge(self.db, visit.project.id, counted, WRONG_CODES)
        except TooManyAttempts:
            with suppress(TooManyAttempts):  # told once
                await self.attempts.charge(self.db, visit.project.id, f"{counted} told", _TOLD)
                await self._tell(visit, subject)
            raise

    async def refund(self, tx: Queries, visit: Visit, subject: Subject) -> None:
        """Count the try that was right no longer; the wrong ones before it stay counted."""
        await self.attempts.refund(tx, visit.project.id, _budget(subject))

    async def _tell(self, visit: Visit, subject: Subject) -> None:
        async with self.db.write() as tx:
            await self.notice(tx, visit, subject, "security-changed", event="second-factor-locked")
            await self.audit.record(tx, audited(visit, subject, "second_factor.locked"))


@dataclass(frozen=True, slots=True)
class ActiveFactor:
    """Finds users whose second factor is on."""

    db: Database
    users: UserDirectory
    secrets: TotpSecrets

    async def subject(self, visit: Visit, user_id: UUID) -> Subject:
        """Return the user, who may come in and has a second factor to show.

        Raises: EndpointDisabled, UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed,
        SecondFactorNotActive, NoTotpSecret.
        """
        project = visit.project
        refuse_if_switched_off(visit)
        subject = await self.users.welcome(self.db, project.id, project.policy, user_id)
        if not subject.has_totp:
            raise SecondFactorNotActive
        row = await self.secrets.of_user(self.db, project.id, user_id)
        if row is None or row.secret is None:
            raise NoTotpSecret
        return subject


@dataclass(frozen=True, slots=True)
class ProveSecondFactor:
    """Compares a code and uses it up, in the caller's transaction; the try was charged before."""

    users: UserDirectory
    clock: Clock
    secrets: TotpSecrets
    tries: SecondFactorTries
    audit: AuditLog
    notice: SendNotice

    async def held(self, tx: Queries, visit: Visit, user_id: UUID) -> Subject:
        """Hold and return the user, who may have been shut out or switched the factor off since they were found.

        Raises: what `ActiveFactor.subject` raises.
        """
        subject = await self.users.held(tx, visit.project.id, user_id)
        refuse_unless_welcome(visit.project.policy, subject)
        if not subject.has_totp:
            raise SecondFactorNotActive
        return subject

    async def by_either(self, tx: Queries, visit: Visit, subject: Subject, code: Secret) -> None:
        """Take a code of the application, or a recovery code. Raises: NoTotpSecret, InvalidTotp."""
        if normalised(code.reveal()) is None:
            await self.by_code(tx, visit, subject, code)
        else:
            await self.by_recovery_code(tx, visit, subject, code)

    async def by_code(self, tx: Queries, visit: Visit, subject: Subject, code: Secret) -> bytes:
        """Take a code of the user's authenticator application, and return its secret. The caller holds the user.

        Raises: NoTotpSecret, InvalidTotp.
        """
        sealed, secret = await self._secret(tx, visit, subject)
        step = matching_step(secret, code.reveal(), self.clock.now())
        taken = step is not None and await tx.run(
            store.TAKE_STEP,
            project_id=visit.project.id,
            user_id=subject.id,
            secret=sealed,
            resealed=self.secrets.resealed(visit.project.id, subject.id, sealed),
            step=step,
        )
        if not taken:  # wrong, or taken before (RFC 6238 section 5.2)
            raise InvalidTotp
        await self.tries.refund(tx, visit, subject)
        return secret

    async def by_recovery_code(self, tx: Queries, visit: Visit, subject: Subject, code: Secret) -> None:
        """Take a recovery code, which is gone then; the second factor stays on. The caller holds the user.

        Raises: NoTotpSecret, InvalidTotp.
        """
        project_id, text = visit.project.id, normalised(code.reveal())
        _, secret = await self._secret(tx, visit, subject)
        taken = text is not None and await tx.run(
            store.TAKE_RECOVERY_CODE,
            project_id=project_id,
            user_id=subject.id,
            code_hash=recovery_code_hash(secret, text),
        )
        if not taken:
            raise InvalidTotp
        await self.tries.refund(tx, visit, subject)
        left = await tx.one(store.COUNT_RECOVERY_CODES, project_id=project_id, user_id=subject.id)
        await self.notice(tx, visit, subject, "security-changed", event="recovery-code-used")
        await self.audit.record(tx, audited(visit, subject, "recovery_code.used", left=left))

    async def _secret(self, tx: Queries, visit: Visit, subject: Subject) -> tuple[bytes, bytes]:
        """Return the confirmed secret, as it is stored and opened. Raises: NoTotpSecret."""
        row = await self.secrets.of_user(tx, visit.project.id, subject.id)
        if row is None or row.secret is None:
            raise NoTotpSecret
        return row.secret, self.secrets.open(visit.project.id, subject.id, row.secret)


def refuse_if_switched_off(visit: Visit) -> None:
    """Refuse where the project has second factors switched off. Raises: EndpointDisabled.

    Whoever turned one on before is still asked for it: switching off must not open accounts.
    """
    if not visit.project.policy.mfa_enabled:
        raise EndpointDisabled


def audited(visit: Visit, subject: Subject, event: str, **detail: int | None) -> AuditEntry:
    """Return what the audit trail says about a second factor."""
    return AuditEntry(
        visit.project.id, event, subject.id, dialect=visit.dialect, request_id=visit.request_id, detail=detail
    )


def _budget(subject: Subject) -> str:
    return f"second factor:{subject.id}"
