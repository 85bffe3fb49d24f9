"""Changes the password of somebody who is signed in, or who holds a reset ticket at a door that says so."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.passwords import store
from vestibule.core.passwords.guessing import GuardGuesses
from vestibule.core.passwords.hashing import Hashing
from vestibule.core.passwords.leaks import VetPassword
from vestibule.core.passwords.rules import NewPassword
from vestibule.core.passwords.store import PasswordCredential
from vestibule.core.projects import Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import UserDirectory, refuse_unless_active
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import NoPassword, PasswordUnchanged, UserNotFound, WrongPassword
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChange:
    """A new password for `user_id`.

    `current` is the password to prove first, where the door asks for one. `kept_session` is spared when the
    others end; None ends them all.
    """

    user_id: UUID
    new: NewPassword
    current: Secret | None = None
    kept_session: UUID | None = None
    must_differ: bool = False


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Writes a hash and what follows from it; the part that change and reset share."""

    users: UserDirectory
    sessions: RevokeSessions
    tickets: TicketDesk
    notice: SendNotice
    audit: AuditLog
    clock: Clock
    guesses: GuardGuesses

    async def __call__(
        self, tx: Queries, visit: Visit, credential: PasswordCredential, password_hash: str, *, kept: UUID | None
    ) -> None:
        """Set the hash, end other sessions where the project says so, and tell the user (security 29).

        The caller holds the user. Whatever is under way and could sign in, or turn the account over, dies as well:
        reset and sign-in links, codes, a pending second factor, a change of address (security 14, 98). The letter that
        proves the address of a sign-up stays good: it is no way around a password.
        """
        project = visit.project
        user_id = credential.user_id
        await tx.run(store.SET_HASH, project_id=project.id, credential_id=credential.id, password_hash=password_hash)
        await tx.run(store.PASSWORD_CHANGED, project_id=project.id, user_id=user_id, now=self.clock.now())
        await self.tickets.withdraw_all(tx, project.id, user_id, but=Purpose.EMAIL_VERIFICATION)
        if project.policy.password_change_ends_other_sessions:
            await self.sessions.all_of(tx, project.id, user_id, but=kept)
        entry = AuditEntry(project.id, "password.changed", user_id, kept, visit.dialect, request_id=visit.request_id)
        await self.audit.record(tx, entry)
        await self.guesses.succeeded(tx, visit, credential.email_key)
        await self.notice(tx, visit, await self.users.subject(tx, project.id, user_id), "password-changed")


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Changes the password of a user who is signed in."""

    db: Database
    users: UserDirectory
    guesses: GuardGuesses
    hashing: Hashing
    vet: VetPassword
    set_password: SetPassword

    async def __call__(self, visit: Visit, change: PasswordChange) -> None:
        """Raises: UserNotFound, UserNotActive, NoPassword, WrongPassword, PasswordUnchanged, TooManyAttempts.

        And what the rules on new passwords and the hashing pool raise.
        """
        project = visit.project
        subject = await self.users.subject(self.db, project.id, change.user_id)
        refuse_unless_active(project.policy, subject)
        credential = await self.db.one(store.PRIMARY_OF_USER, project_id=project.id, user_id=change.user_id)
        if credential is None:
            raise UserNotFound
        if change.current is not None:
            await self._prove(visit, credential, change.current)
        await self.vet(project.policy, change.new, email=credential.email)
        if change.must_differ and change.current is not None and change.new.secret == change.current:
            raise PasswordUnchanged
        password_hash = await self.hashing.hash(change.new.secret)
        async with self.db.write() as tx:
            held = await self.users.held(tx, project.id, change.user_id)
            refuse_unless_active(project.policy, held)
            if change.current is not None and held.password_changed_at != credential.changed_at:
                raise WrongPassword  # right when it was compared, changed by somebody else since
            await self.set_password(tx, visit, credential, password_hash, kept=change.kept_session)

    async def _prove(self, visit: Visit, credential: PasswordCredential, current: Secret) -> None:
        if credential.password_hash is None:
            raise NoPassword
        made = await self.guesses.charge(visit, credential.email_key)
        if not await self.hashing.matches(credential.password_hash if made.may_enter else None, current):
            await self.guesses.failed(made)
            raise WrongPassword
