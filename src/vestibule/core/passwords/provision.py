"""An operator makes a user: the project's rules on sign-up are for strangers, those on passwords for everybody."""

from dataclasses import dataclass, field
from datetime import datetime

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.passwords.hashing import Hashing
from vestibule.core.passwords.leaks import VetPassword
from vestibule.core.passwords.rules import NewPassword
from vestibule.core.projects import Project
from vestibule.core.users import CreateUser, NewUser, Subject, UserDirectory, UserOptions, chosen_options, parse_email
from vestibule.storage import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedUser:
    """A user to be made; without a password they come in by resetting it."""

    email: str
    password: NewPassword | None = None
    options: UserOptions = field(default_factory=UserOptions)
    verified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProvisionUser:
    """Creates a user without a session and without a letter."""

    db: Database
    users: UserDirectory
    create: CreateUser
    hashing: Hashing
    vet: VetPassword
    audit: AuditLog

    async def __call__(self, project: Project, new: ProvisionedUser, *, actor: str) -> Subject:
        """Raises: InvalidEmail, EmailTaken, Overloaded, and what the rules on passwords and roles raise."""
        address = parse_email(new.email)
        password_hash = None
        if new.password is not None:
            await self.vet(project.policy, new.password, email=address.key)
            password_hash = await self.hashing.hash(new.password.secret)
        options = chosen_options(project.policy, new.options, address.text)
        user = NewUser(address=address, options=options, password_hash=password_hash, verified_at=new.verified_at)
        async with self.db.write() as tx:
            user_id = await self.create(tx, project.id, project.policy, user)
            await self.audit.record(tx, AuditEntry(project.id, "user.created", user_id, actor=actor))
            return await self.users.subject(tx, project.id, user_id)
