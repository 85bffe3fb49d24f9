"""Changes a user as an operator does: roles that no sign-up may ask for, and whatever else needs no proof.

No session ends with a role. Whoever refreshes is read anew, so a role that was taken away is gone from the next access
token, and the one that is out has it for as long as it lives.
"""

import re
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Policy, Project
from vestibule.core.users import store
from vestibule.core.users.directory import UserDirectory
from vestibule.core.users.rules import metadata_within
from vestibule.core.users.store import Subject
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    LocaleNotAllowed,
    RoleNotAllowed,
    UnknownRole,
    UserNotFound,
)
from vestibule.storage import Database, Json

_NEW_ROLE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What is to be different; None, and UNSET for metadata, leave it as it is. Metadata are replaced as a whole.

    There is no member for what only a proof may write, verified addresses say (security 11). A role must be one that
    the project's users have or may ask for; with `may_name_new_roles`, those that are added may be anything.
    """

    display_name: str | None = None
    avatar_url: str | None = None
    locale: str | None = None
    metadata: dict[str, Any] | UnsetType | None = UNSET
    default_role: str | None = None
    added_roles: tuple[str, ...] = ()
    removed_roles: tuple[str, ...] = ()
    may_name_new_roles: bool = False


@dataclass(frozen=True, slots=True)
class UserChanged:
    """The user as they are now, and the names of what is different, in alphabetical order."""

    subject: Subject
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changeable:
    """What may be changed of a user, as it is stored."""

    display_name: str
    avatar_url: str
    locale: str
    default_role: str
    roles: list[str]
    metadata: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """Writes what is different, and in the audit trail which fields that were; nothing when nothing is."""

    db: Database
    users: UserDirectory
    audit: AuditLog
    clock: Clock

    async def __call__(self, project: Project, user_id: UUID, change: UserChange, *, actor: str) -> UserChanged:
        """Raises: UserNotFound, UnknownRole, and what `changed` raises."""
        await self._refuse_unknown_roles(project, change)
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            if subject.status == "deleted":
                raise UserNotFound
            before = changeable(subject)
            after = changed(project.policy, subject, change)
            fields = differing(before, after)
            if not fields:
                return UserChanged(subject, ())
            await tx.run(
                store.CHANGE,
                project_id=project.id,
                user_id=user_id,
                now=self.clock.now(),
                display_name=after.display_name,
                avatar_url=after.avatar_url,
                locale=after.locale,
                default_role=after.default_role,
                roles=Json(after.roles),
                metadata=None if after.metadata is None else Json(after.metadata),
            )
            entry = AuditEntry(project.id, "user.changed", user_id, actor=actor, detail={"fields": list(fields)})
            await self.audit.record(tx, entry)
            return UserChanged(await self.users.subject(tx, project.id, user_id), fields)

    async def _refuse_unknown_roles(self, project: Project, change: UserChange) -> None:
        sought = change.removed_roles if change.may_name_new_roles else (*change.added_roles, *change.removed_roles)
        if not set(sought) <= set(project.policy.allowed_roles):
            known = await self.known_roles(project)
            for role in sought:
                if role not in known:
                    raise UnknownRole(role)

    async def known_roles(self, project: Project) -> set[str]:
        """Return the roles that users of the project have or may ask for; reads all users."""
        return {*project.policy.allowed_roles, *await self.db.all(store.ROLES, project_id=project.id)}


def changeable(subject: Subject) -> Changeable:
    """Return of a user what may be changed."""
    return Changeable(
        subject.display_name,
        subject.avatar_url,
        subject.locale,
        subject.default_role,
        subject.roles,
        subject.metadata,
    )


def changed(policy: Policy, subject: Subject, change: UserChange) -> Changeable:
    """Return what the user will be.

    Raises: LocaleNotAllowed, MetadataTooLarge, RoleNotAllowed for a name that no role has, DefaultRoleNotAllowed when
    the default role would be none of the user's, AnonymousNotAllowed for roles of somebody who has no name yet.
    """
    after = changeable(subject)
    if change.display_name is not None:
        after = replace(after, display_name=change.display_name)
    if change.avatar_url is not None:
        after = replace(after, avatar_url=change.avatar_url)
    if change.locale is not None:
        if change.locale not in (*policy.allowed_locales, policy.default_locale):
            raise LocaleNotAllowed
        after = replace(after, locale=change.locale)
    if change.metadata is not UNSET:
        metadata_within(policy, change.metadata)
        after = replace(after, metadata=change.metadata)
    if change.default_role is None and not change.added_roles and not change.removed_roles:
        return after
    if subject.is_anonymous:
        raise AnonymousNotAllowed
    return _with_roles(policy, after, change)


def _with_roles(policy: Policy, after: Changeable, change: UserChange) -> Changeable:
    new = {*change.added_roles} - {*after.roles, *policy.allowed_roles} if change.may_name_new_roles else set()
    if not all(_NEW_ROLE.fullmatch(role) for role in new):
        raise RoleNotAllowed
    kept = dict.fromkeys((*after.roles, *change.added_roles))
    roles = [role for role in kept if role not in change.removed_roles]
    default_role = after.default_role if change.default_role is None else change.default_role
    if default_role not in roles:
        raise DefaultRoleNotAllowed
    return replace(after, roles=roles, default_role=default_role)


def differing(before: Changeable, after: Changeable) -> tuple[str, ...]:
    """Return the names of the fields that differ, as JSON does: 1 and true are two things there, and one in Python."""
    was, is_now = asdict(before), asdict(after)
    return tuple(sorted(name for name in was if msgspec.json.encode(was[name]) != msgspec.json.encode(is_now[name])))
