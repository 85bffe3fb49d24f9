"""Builds the second factor's use-cases: what proves it, and what it opens."""

from vestibule.core.attempts import AttemptBudget
from vestibule.core.audit import AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.sessions import RevokeSessions
from vestibule.core.signin import FinishSignIn
from vestibule.core.tickets import TicketDesk
from vestibule.core.totp import (
    ActivateTotp,
    ActiveFactor,
    CountRecoveryCodes,
    DeactivateTotp,
    ElevateWithTotp,
    FactorChange,
    GenerateTotp,
    MakeRecoveryCodes,
    ProveSecondFactor,
    RemoveSecondFactor,
    SecondFactor,
    SecondFactorTries,
    SignInWithSecondFactor,
    TotpSecrets,
)
from vestibule.core.users import UserDirectory
from vestibule.storage import Database


def build_second_factor(
    db: Database,
    tickets: TicketDesk,
    users: UserDirectory,
    attempts: AttemptBudget,
    audit: AuditLog,
    notice: SendNotice,
    revoke: RevokeSessions,
    finish: FinishSignIn,
) -> SecondFactor:
    """Return the use-cases; clock, chance and keys are those of the ticket desk."""
    clock, entropy = tickets.clock, tickets.entropy
    secrets = TotpSecrets(tickets.keyring)
    tries = SecondFactorTries(db, attempts, audit, notice)
    factor = ActiveFactor(db, users, secrets)
    prove = ProveSecondFactor(users, clock, secrets, tries, audit, notice)
    change = FactorChange(clock, revoke, tickets, audit, notice)
    return SecondFactor(
        secrets=secrets,
        generate=GenerateTotp(db, clock, entropy, users, secrets, audit),
        activate=ActivateTotp(db, clock, users, secrets, tries, change),
        deactivate=DeactivateTotp(db, factor, tries, prove, change),
        remove=RemoveSecondFactor(db, users, change),
        sign_in=SignInWithSecondFactor(db, tickets, factor, tries, prove, finish),
        elevate=ElevateWithTotp(db, factor, tries, prove, finish),
        make_recovery_codes=MakeRecoveryCodes(db, clock, entropy, factor, tries, prove, audit, notice),
        count_recovery_codes=CountRecoveryCodes(db, factor),
    )
