"""Where every registration passes: the switch, the user's row, the trail. What follows is up to the method."""

from dataclasses import dataclass, replace

from vestibule.core.accounts import AccountDirectory
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Policy, Visit
from vestibule.core.users import CreateUser, NewUser, Subject, UserDirectory
from vestibule.kernel.errors import SignUpDisabled, UserNotActive
from vestibule.storage import Queries

__all__ = ["RegisterUser", "refuse_if_disabled", "refuse_unless_open"]


@dataclass(frozen=True, slots=True)
class RegisterUser:
    """Creates a user by the project's rules on new ones."""

    users: UserDirectory
    create: CreateUser
    accounts: AccountDirectory
    audit: AuditLog

    async def __call__(self, tx: Queries, visit: Visit, new: NewUser, *, account_name: str | None = None) -> Subject:
        """Return the new user, written in the caller's transaction; `account_name` asks for an account of theirs.

        Where new users are disabled, the row is to stay and the caller to be refused: commit, then ask
        `refuse_if_disabled`. Raises: SignUpDisabled, EmailTaken, PhoneTaken, UsernameTaken, MetadataTooLarge.
        """
        project = visit.project
        refuse_unless_open(project.policy)
        if project.policy.new_users_disabled and not new.is_anonymous:
            new = replace(new, status="disabled")
        user_id = await self.create(tx, project.id, project.policy, new)
        entry = AuditEntry(project.id, "user.created", user_id, None, visit.dialect, request_id=visit.request_id)
        await self.audit.record(tx, entry)
        if account_name is not None:
            await self.accounts.open_with_owner(tx, project.id, user_id, account_name)
        return await self.users.subject(tx, project.id, user_id)


def refuse_unless_open(policy: Policy) -> None:
    """Raises: SignUpDisabled where the project takes no new users."""
    if not policy.sign_up_enabled:
        raise SignUpDisabled


def refuse_if_disabled(subject: Subject) -> None:
    """Say that the new user must be enabled first; ask it after the commit. Raises: UserNotActive."""
    if subject.status != "active":
        raise UserNotActive(subject.status)
