"""Turning the second factor on and off: a secret is offered, counts once a code of it was shown, and goes by a code.

The secret that is in use and the one that is offered are kept apart, so that asking for another one breaks nothing.
"""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.outbox import SecurityEvent
from vestibule.core.projects import Project, Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.totp import store
from vestibule.core.totp.codes import SECRET_BYTES, matching_step
from vestibule.core.totp.enrolling import TotpOffer, offer_of
from vestibule.core.totp.proving import (
    ActiveFactor,
    ProveSecondFactor,
    SecondFactorTries,
    audited,
    refuse_if_switched_off,
)
from vestibule.core.totp.secrets import TotpSecrets
from vestibule.core.totp.store import TotpRow
from vestibule.core.users import TOTP, Subject, UserDirectory, refuse_unless_welcome
from vestibule.kernel.clock import Clock
from vestibule.kernel.entropy import Entropy
from vestibule.kernel.errors import InvalidTotp, NoTotpSecret, SecondFactorNotActive, TotpAlreadyActive
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True)
class GenerateTotp:
    """Makes a secret for an authenticator application. Nothing asks for its codes before one was shown."""

    db: Database
    clock: Clock
    entropy: Entropy
    users: UserDirectory
    secrets: TotpSecrets
    audit: AuditLog

    async def __call__(self, visit: Visit, user_id: UUID) -> TotpOffer:
        """Return a new secret; an older one that was offered and not confirmed is forgotten.

        Raises: EndpointDisabled, UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed.
        """
        refuse_if_switched_off(visit)
        project = visit.project
        secret = self.entropy.bytes(SECRET_BYTES)
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, subject)
            await tx.run(
                store.OFFER,
                project_id=project.id,
                user_id=user_id,
                offered=self.secrets.seal(project.id, user_id, secret),
                now=self.clock.now(),
            )
            await self.audit.record(tx, audited(visit, subject, "totp.offered"))
        account = subject.email or subject.display_name or str(subject.id)
        return offer_of(secret, issuer=project.policy.totp_issuer, account=account)


@dataclass(frozen=True, slots=True)
class FactorChange:
    """Writes that a user has a second factor, or none, and what follows from it."""

    clock: Clock
    sessions: RevokeSessions
    tickets: TicketDesk
    audit: AuditLog
    notice: SendNotice

    async def __call__(
        self, tx: Queries, visit: Visit, subject: Subject, event: SecurityEvent, *, kept: UUID | None
    ) -> None:
        """Switch it on (`totp-added`) or off, end the other sessions where the project says so (security 29, 31), and
        sign-ins that were half done. The caller holds the user.
        """
        project, is_on = visit.project, event == "totp-added"
        await tx.run(
            store.SET_MFA_TYPE,
            project_id=project.id,
            user_id=subject.id,
            mfa_type=TOTP if is_on else None,
            now=self.clock.now(),
        )
        await self.tickets.withdraw(tx, project.id, Purpose.SECOND_FACTOR, subject.id)
        if project.policy.mfa_change_ends_other_sessions:
            await self.sessions.all_of(tx, project.id, subject.id, but=kept)
        await self.notice(tx, visit, subject, "security-changed", event=event)
        await self.audit.record(tx, audited(visit, subject, "totp.activated" if is_on else "totp.deactivated"))


@dataclass(frozen=True, slots=True)
class ActivateTotp:
    """Turns the second factor on, for a user who shows a code of the secret that they were offered."""

    db: Database
    clock: Clock
    users: UserDirectory
    secrets: TotpSecrets
    tries: SecondFactorTries
    change: FactorChange

    async def __call__(self, visit: Visit, user_id: UUID, code: Secret, *, kept_session: UUID | None) -> None:
        """The secret is the one made last, else the one that was in use before.

        Raises: EndpointDisabled, UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed,
        TotpAlreadyActive, NoTotpSecret, TooManyAttempts, InvalidTotp.
        """
        refuse_if_switched_off(visit)
        project = visit.project
        subject = await self.users.welcome(self.db, project.id, project.policy, user_id)
        if subject.has_totp:
            raise TotpAlreadyActive
        await self._row(self.db, visit, user_id)
        await self.tries.charge(visit, subject)
        async with self.db.write() as tx:
            held = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, held)
            if held.has_totp:
                raise TotpAlreadyActive
            await self._confirm(tx, visit, await self._row(tx, visit, user_id), code)
            await self.tries.refund(tx, visit, held)
            await self.change(tx, visit, held, "totp-added", kept=kept_session)

    async def _confirm(self, tx: Queries, visit: Visit, row: TotpRow, code: Secret) -> None:
        sealed = row.offered or row.secret or b""
        secret = self.secrets.open(row.project_id, row.user_id, sealed)
        step = matching_step(secret, code.reveal(), self.clock.now())
        # A secret that was in use before keeps its last step: the code that turned it off does not turn it on.
        if step is None or (row.offered is None and step <= row.last_step):
            raise InvalidTotp
        await tx.run(
            store.CONFIRM,
            project_id=visit.project.id,
            user_id=row.user_id,
            secret=self.secrets.resealed(row.project_id, row.user_id, sealed),
            step=step,
            now=self.clock.now(),
        )

    async def _row(self, db: Queries, visit: Visit, user_id: UUID) -> TotpRow:
        row = await self.secrets.of_user(db, visit.project.id, user_id)
        if row is None or (row.offered is None and row.secret is None):
            raise NoTotpSecret
        return row


@dataclass(frozen=True, slots=True)
class DeactivateTotp:
    """Turns the second factor off, for a user who shows it once more."""

    db: Database
    factor: ActiveFactor
    tries: SecondFactorTries
    prove: ProveSecondFactor
    change: FactorChange

    async def __call__(self, visit: Visit, user_id: UUID, code: Secret, *, kept_session: UUID | None) -> None:
        """A recovery code does as well: whoever lost the application must be able to set up another one.

        The recovery codes go too. Raises: what `ActiveFactor.subject` raises, TooManyAttempts, InvalidTotp.
        """
        subject = await self.factor.subject(visit, user_id)
        await self.tries.charge(visit, subject)
        async with self.db.write() as tx:
            held = await self.prove.held(tx, visit, user_id)
            await self.prove.by_either(tx, visit, held, code)
            await tx.run(store.DELETE_RECOVERY_CODES, project_id=visit.project.id, user_id=user_id)
            await self.change(tx, visit, held, "totp-removed", kept=kept_session)


@dataclass(frozen=True, slots=True)
class RemoveSecondFactor:
    """Takes the second factor from a user who lost it, on an operator's word instead of a code."""

    db: Database
    users: UserDirectory
    change: FactorChange

    async def __call__(self, project: Project, user_id: UUID, *, actor: str) -> None:
        """Remove the secret and the recovery codes, whoever holds them now; the user is told.

        Raises: UserNotFound, SecondFactorNotActive.
        """
        visit = Visit(project, actor, network="", request_id="")
        async with self.db.write() as tx:
            held = await self.users.held(tx, project.id, user_id)
            if not held.has_totp:
                raise SecondFactorNotActive
            await tx.run(store.FORGET, project_id=project.id, user_id=user_id)
            await tx.run(store.DELETE_RECOVERY_CODES, project_id=project.id, user_id=user_id)
            await self.change(tx, visit, held, "totp-removed", kept=None)
            entry = AuditEntry(project.id, "second_factor.removed", user_id, actor=actor)
            await self.change.audit.record(tx, entry)
