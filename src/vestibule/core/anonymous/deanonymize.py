"""An anonymous user becomes a named one and keeps id and metadata: where every way to do so passes.

What an access token says about its user is old news, so the row is read, and held and read again in the transaction.
"""

from dataclasses import dataclass, field, replace
from uuid import UUID

from vestibule.core.anonymous import store
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import LetterForm
from vestibule.core.projects import Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.signin import Method
from vestibule.core.users import (
    ChosenOptions,
    CreateUser,
    EmailAddress,
    Subject,
    UserDirectory,
    UserOptions,
    chosen_options,
    refuse_address_outside_lists,
)
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import UserNotActive, UserNotAnonymous
from vestibule.storage import Database, Json, Queries


@dataclass(frozen=True, slots=True, kw_only=True)
class Deanonymization:
    """What an anonymous user wants to be known by. `letter` is the one that proves the address."""

    user_id: UUID
    email: str
    letter: LetterForm
    options: UserOptions = field(default_factory=UserOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewName:
    """Who an anonymous user turns out to be, already checked; `method` is how they will sign in.

    They have an address, or a number (E.164) that they have proven. With `ends_sessions` they come in again by proving
    the address, or with the code; without it their session goes on.
    """

    method: Method
    options: ChosenOptions
    address: EmailAddress | None = None
    phone_number: str | None = None
    password_hash: str | None = None
    ends_sessions: bool = False


@dataclass(frozen=True, slots=True)
class Deanonymize:
    """Gives an anonymous user the address or number that they will sign in with, if nobody has it."""

    db: Database
    users: UserDirectory
    create: CreateUser
    sessions: RevokeSessions
    audit: AuditLog
    clock: Clock

    async def candidate(self, visit: Visit, user_id: UUID) -> Subject:
        """Return the user who may become a named one. Raises: UserNotFound, UserNotAnonymous, UserNotActive."""
        return _refuse_unless_anonymous(await self.users.subject(self.db, visit.project.id, user_id))

    async def __call__(self, tx: Queries, visit: Visit, user_id: UUID, new: NewName) -> Subject:
        """Return the user with the name, written in the caller's transaction.

        Where new users are disabled, so is this one, and the caller to be refused: commit, then ask
        `refuse_if_disabled`. Raises: UserNotFound, UserNotAnonymous, UserNotActive, EmailTaken, PhoneTaken.
        """
        project = visit.project
        _refuse_unless_anonymous(await self.users.held(tx, project.id, user_id))
        disabled = project.policy.new_users_disabled
        await tx.one(
            store.GIVE_NAME,
            project_id=project.id,
            user_id=user_id,
            status="disabled" if disabled else "active",
            display_name=new.options.display_name,
            locale=new.options.locale,
            default_role=new.options.default_role,
            roles=Json(list(new.options.roles)),
            metadata=None if new.options.metadata is None else Json(new.options.metadata),
            now=self.clock.now(),
        )
        if new.address is not None:
            await self.create.add_address(tx, project.id, user_id, new.address, password_hash=new.password_hash)
        if new.phone_number is not None:
            await self.create.move_phone(tx, project.id, user_id, new.phone_number)
        if new.ends_sessions or disabled:
            await self.sessions.all_of(tx, project.id, user_id)
        entry = AuditEntry(
            project.id,
            "user.deanonymized",
            user_id,
            dialect=visit.dialect,
            request_id=visit.request_id,
            detail={"method": new.method.value},
        )
        await self.audit.record(tx, entry)
        return await self.users.subject(tx, project.id, user_id)


def named_options(visit: Visit, subject: Subject, options: UserOptions, address: EmailAddress) -> ChosenOptions:
    """Apply the rules on new users to what an anonymous one asks for; locale and metadata stay unless new ones come.

    Raises: RoleNotAllowed, DefaultRoleNotAllowed, MetadataTooLarge, EmailRefused.
    """
    policy = visit.project.policy
    chosen = chosen_options(policy, replace(options, locale=options.locale or subject.locale), address.text)
    refuse_address_outside_lists(policy, address)
    return chosen if options.metadata is not None else replace(chosen, metadata=subject.metadata)


def _refuse_unless_anonymous(subject: Subject) -> Subject:
    if not subject.is_anonymous:
        raise UserNotAnonymous
    if subject.status != "active":
        raise UserNotActive(subject.status)
    return subject
